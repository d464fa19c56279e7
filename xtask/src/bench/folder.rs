//! The run's own folder: made empty, taken away at the end.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A folder that is gone when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    only: Option<File>,
}

impl Folder {
    /// Makes it for the one run that may use it at a time.
    ///
    /// Two runs would take each other's files away, and what either measured would be the other.
    pub(super) fn only(path: PathBuf) -> Result<Self> {
        let lock = path.with_extension("lock");
        let file = File::create(&lock).with_context(|| lock.display().to_string())?;
        if file.try_lock().is_err() {
            bail!(
                "another bench is running here\n  let it end first: beside it nothing can be measured"
            );
        }
        let mut folder = Self::new(path)?;
        folder.only = Some(file);
        Ok(folder)
    }

    /// Makes it, empty; what an earlier run left there goes first.
    pub(super) fn new(path: PathBuf) -> Result<Self> {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| path.display().to_string());
            }
            _ => {}
        }
        let mut builder = fs::DirBuilder::new();
        // The daemon refuses a configuration in a folder that others can write.
        builder.recursive(true).mode(0o755);
        builder
            .create(&path)
            .with_context(|| format!("{} cannot be made", path.display()))?;
        Ok(Self { path, only: None })
    }

    /// One inside it.
    pub(super) fn inside(&self, name: &str) -> Result<Self> {
        Self::new(self.path.join(name))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
        if self.only.is_some() {
            let _ = fs::remove_file(self.path.with_extension("lock"));
        }
    }
}
