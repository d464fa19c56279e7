//! Folders in memory that only this run can see.

use std::env;
use std::io;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};

/// How large a folder in memory may grow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limit {
    /// In bytes; the kernel counts whole pages.
    pub bytes: u64,
}

/// Covers a folder with one in memory that holds no more than the limit.
pub fn mount_limited(folder: &Path, limit: Limit) -> io::Result<()> {
    let options = format!("size={},mode=0755", limit.bytes);
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(
        Some("nightlatch"),
        folder,
        Some("tmpfs"),
        flags,
        Some(options.as_str()),
    )?;
    Ok(())
}

/// Makes a folder read-only by binding it over itself.
pub fn mount_read_only(folder: &Path) -> io::Result<()> {
    let no_text: Option<&str> = None;
    mount(Some(folder), folder, no_text, MsFlags::MS_BIND, no_text)?;
    // The kernel lets users change a mount only when the flags it had stay as they were.
    let kept = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY | kept;
    mount(no_text, folder, no_text, flags, no_text)?;
    Ok(())
}

/// Puts a file in the place of another one, for this run alone.
pub fn mount_over(file: &Path, covered: &Path) -> io::Result<()> {
    let no_text: Option<&str> = None;
    mount(Some(file), covered, no_text, MsFlags::MS_BIND, no_text)?;
    Ok(())
}

/// Cuts our mounts off from everybody else's and covers one folder that the run does not need.
pub(crate) fn private_folder() -> io::Result<PathBuf> {
    let no_text: Option<&str> = None;
    mount(
        no_text,
        "/",
        no_text,
        MsFlags::MS_REC | MsFlags::MS_PRIVATE,
        no_text,
    )?;
    let folder = coverable().ok_or(io::ErrorKind::NotFound)?;
    mount_limited(folder, ENOUGH)?;
    Ok(folder.to_owned())
}

/// Where neither the program nor the place that it was called from lies.
fn coverable() -> Option<&'static Path> {
    let program = env::current_exe().unwrap_or_default();
    let here = env::current_dir().unwrap_or_default();
    ["/run", "/mnt", "/media", "/tmp"]
        .into_iter()
        .map(Path::new)
        .find(|folder| folder.is_dir() && !program.starts_with(folder) && !here.starts_with(folder))
}

/// For configurations, keys, logs and state of a day's stories.
const ENOUGH: Limit = Limit { bytes: 64 << 20 };
