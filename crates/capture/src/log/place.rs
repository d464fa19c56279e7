//! Where a log stands.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why a log cannot be followed.
#[derive(Debug, Error)]
pub enum FollowError {
    /// A folder, a pipe or a device.
    #[error("{} is no file\n  name the file that the syslog daemon writes", .0.display())]
    NotAFile(PathBuf),
    /// The path ends in no name.
    #[error("{} names no file", .0.display())]
    NoName(PathBuf),
    /// The file is closed to us.
    #[error("the log {} cannot be read\n  the listener reads it by the group that it has, which must not be root's: chgrp adm and chmod 640", .0.display())]
    Closed(PathBuf, #[source] io::Error),
    /// Its folder cannot be watched.
    #[error("the folder of the log {} cannot be watched", .0.display())]
    Folder(PathBuf, #[source] io::Error),
}

/// The folder in which rotation happens, and the name in it; links are followed once, at the start.
pub(super) fn place_of(path: &Path) -> Result<(PathBuf, OsString), FollowError> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = real
        .file_name()
        .ok_or_else(|| FollowError::NoName(path.to_owned()))?;
    let folder = match real.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    Ok((folder.to_owned(), name.to_owned()))
}
