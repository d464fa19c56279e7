//! Why the journal cannot be read.

use std::io;
use std::path::PathBuf;

use nightlatch_journal::StoreError;

use crate::exit::Exit;

/// Why the journal cannot be read, or not on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JournalError {
    /// The socket or the folder may not be opened.
    #[error("{} may not be opened by this user\n  try again with sudo", .0.display())]
    NoPermission(PathBuf),
    /// Nobody is there to be followed.
    #[error(
        "nothing can be followed: no daemon with a journal listens at {}\n  \
         start nightlatchd, name its status socket with --socket, or leave --follow out",
        .0.display()
    )]
    NoDaemon(PathBuf),
    /// There is neither a daemon nor a journal.
    #[error(
        "no daemon with a journal listens at {socket}, and there is no journal in {folder}\n  \
         start nightlatchd, name its status socket with --socket, or its state folder with --state; \
         `enabled = false` under [journal] keeps nothing",
        socket = .socket.display(), folder = .folder.display()
    )]
    None {
        /// Where the daemon would be asked.
        socket: PathBuf,
        /// Where the journal would lie.
        folder: PathBuf,
    },
    /// There is no journal where it was said to be.
    #[error("there is no journal in {}\n  name the state folder with --state: `state` under [server]", .0.display())]
    NoJournal(PathBuf),
    /// A daemon has it open.
    #[error(
        "{} is open in a daemon that runs\n  leave --state out, or name the daemon's status socket with --socket",
        .0.display()
    )]
    Busy(PathBuf),
    /// It cannot be read.
    #[error("{told}\n  start nightlatchd: it sets aside what is damaged, and says so", told = told(.0))]
    Unreadable(#[source] StoreError),
    /// The socket gave up.
    #[error("{} could not be read: {cause}", .socket.display())]
    Read {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The daemon closed before it had told everything.
    #[error(
        "the daemon broke off before it had told everything\n  \
         it ended, or has too many readers: try again"
    )]
    CutShort,
    /// The daemon is gone.
    #[error("the daemon ended: nothing more will come\n  what it kept is read without --follow")]
    Ended,
}

impl JournalError {
    /// What a store refused, in the tool's words.
    pub(super) fn of(error: StoreError) -> Self {
        match error {
            StoreError::None(path) => Self::NoJournal(path),
            StoreError::Busy(path) => Self::Busy(path),
            StoreError::Io(path, cause) if cause.kind() == io::ErrorKind::PermissionDenied => {
                Self::NoPermission(path)
            }
            error => Self::Unreadable(error),
        }
    }

    /// What the shell is told.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::NoPermission(_) => Exit::Refused,
            Self::NoDaemon(_) | Self::Busy(_) | Self::CutShort | Self::Ended => Exit::Unavailable,
            Self::None { .. } | Self::NoJournal(_) => Exit::Missing,
            Self::Unreadable(_) => Exit::Content,
            Self::Read { .. } => Exit::System,
        }
    }
}

/// What is wrong and why, on one line.
pub(super) fn told(error: &StoreError) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
