//! `nightlatchd import`: knockd's configuration as ours, for people to read and to keep.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nightlatch_config::{ConfigError, Imported, import_knockd};
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
    /// It was written, and no server would take it.
    #[error(
        "it is written, but `nightlatchd --check` refuses it as it stands\n  mend what is named above, in knockd's file or in what was written"
    )]
    Refused,
}

impl ImportError {
    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Config(_) => Exit::Config,
            Self::Refused => Exit::Data,
            Self::Unwritten(_, cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
                Exit::Permission
            }
            Self::Exists(_) | Self::Unwritten(..) => Exit::System,
        }
    }
}

/// Translates a file of knockd's; what may hurt is said aloud.
pub(crate) fn import(order: &Import) -> Result<(), ImportError> {
    let Imported { converted, refused } = import_knockd(&order.file, order.commands())?;
    let text = &converted.text;
    match &order.output {
        Some(path) => write(path, text)?,
        None => print(text)?,
    }
    if let Some(wrong) = refused {
        // They tell the warnings as well.
        complain(&format!("{wrong}\n"));
        return Err(ImportError::Refused);
    }
    for warning in &converted.warnings {
        complain(&format!("{warning}\n"));
    }
    Ok(())
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
