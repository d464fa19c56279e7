//! Why events cannot be kept, or read.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use thiserror::Error;

/// The store does not do what it is for.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no such folder, or nothing in it.
    #[error("there is no journal in {}", .0.display())]
    None(PathBuf),
    /// Another process has it open.
    #[error("another process has the journal {} open", .0.display())]
    Busy(PathBuf),
    /// A file of it is no file of it.
    #[error("the journal {} is damaged", .0.display())]
    Damaged(PathBuf, #[source] Box<redb::Error>),
    /// The system refused.
    #[error("the journal {} cannot be used", .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// The store itself refused.
    #[error("the journal {} cannot be used", .0.display())]
    Other(PathBuf, #[source] Box<redb::Error>),
}

impl StoreError {
    /// Whether the system says that we may not.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Io(_, cause) if cause.kind() == ErrorKind::PermissionDenied)
    }

    pub(super) fn of(path: PathBuf, error: impl Into<redb::Error>) -> Self {
        match error.into() {
            redb::Error::DatabaseAlreadyOpen => Self::Busy(path),
            // What has another beginning is said to be no valid data.
            redb::Error::Io(cause)
                if matches!(
                    cause.kind(),
                    ErrorKind::InvalidData | ErrorKind::UnexpectedEof
                ) =>
            {
                Self::Damaged(path, Box::new(redb::Error::Io(cause)))
            }
            redb::Error::Io(cause) => Self::Io(path, cause),
            error @ (redb::Error::Corrupted(_)
            | redb::Error::UpgradeRequired(_)
            | redb::Error::TableTypeMismatch { .. }) => Self::Damaged(path, Box::new(error)),
            error => Self::Other(path, Box::new(error)),
        }
    }
}

/// Whatever the database refuses, before it is known of which file.
#[derive(Debug)]
pub(super) struct Refused(pub(super) redb::Error);

impl<E: Into<redb::Error>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}
