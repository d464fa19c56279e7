//! `nightlatchd import`: knockd's configuration as ours, for people to read and to keep.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nightlatch_config::{ConfigError, import_knockd};
use thiserror::Error;

use crate::exit::Exit;
use crate::options::Import;
use crate::voice::complain;

/// Why there is no translation.
#[derive(Debug, Error)]
pub(crate) enum ImportError {
    /// knockd would not take the file either, or it cannot be read.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Something lies where it was to be written.
    #[error("{}: it exists already\n  name another file, or move this one away", .0.display())]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("{}: it cannot be written\n  check the folder and the disk", .0.display())]
    Unwritten(PathBuf, #[source] io::Error),
}

impl ImportError {
    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::Config,
            Self::Unwritten(_, cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
                Exit::Permission
            }
            Self::Exists(_) | Self::Unwritten(..) => Exit::System,
        }
    }
}

/// Translates a file of knockd's; what may hurt is said aloud.
pub(crate) fn import(order: &Import) -> Result<(), ImportError> {
    let converted = import_knockd(&order.file, order.commands())?;
    for warning in &converted.warnings {
        complain(&format!("{warning}\n"));
    }
    match &order.output {
        Some(path) => write(path, &converted.text),
        None => print(&converted.text),
    }
}

fn write(path: &Path, text: &str) -> Result<(), ImportError> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        // Whoever knows a sequence opens its door.
        .mode(0o600)
        .open(path);
    let written = file.and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|cause| match cause.kind() {
        io::ErrorKind::AlreadyExists => ImportError::Exists(path.to_owned()),
        _ => ImportError::Unwritten(path.to_owned(), cause),
    })
}

fn print(text: &str) -> Result<(), ImportError> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        // Whoever pipes it into `head` has seen enough.
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            Err(ImportError::Unwritten(PathBuf::from("/dev/stdout"), cause))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
