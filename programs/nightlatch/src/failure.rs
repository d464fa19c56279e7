//! Everything that can stop the tool, and the exit code that says which kind it was.

use std::io;

use nightlatch_config::{ConfigError, KeyFileError, ReadError, UnsealError, WriteFileError};
use nightlatch_lab::EnterError;

use crate::call::CallError;
use crate::connect::ReachError;
use crate::exit::Exit;
use crate::journal::ReadingError;
use crate::keys::KeyError;
use crate::knock::ResolveError;
use crate::passphrase::PassphraseError;
use crate::randomness::RandomnessError;
use crate::run::TextError;
use crate::sequence::{LinesError, ShapeError};
use crate::ssh::SshError;
use crate::status::StatusError;
use crate::surroundings::HomelessError;
use crate::voice::SpeakError;

/// What stopped the tool.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A knock could not even begin.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The host that was to be connected to has no address.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// The port could not be reached.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// The connection broke off.
    #[error("the connection broke off: {0}")]
    Join(#[source] io::Error),
    /// The ports of a time-based sequence cannot be as they are said to be.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// No list of sequences could be drawn.
    #[error(transparent)]
    Lines(#[from] LinesError),
    /// There is no text to tell.
    #[error(transparent)]
    Text(#[from] TextError),
    /// ssh could not be run.
    #[error(transparent)]
    Ssh(#[from] SshError),
    /// The daemon's status is not known.
    #[error(transparent)]
    Status(#[from] StatusError),
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] ReadingError),
    /// The demonstration could not be given.
    #[error("{0:#}")]
    Demo(anyhow::Error),
    /// There is no home folder.
    #[error(transparent)]
    Homeless(#[from] HomelessError),
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessError),
    /// The answer could not be written.
    #[error(transparent)]
    Speak(#[from] SpeakError),
}

impl Failure {
    /// What is told: what stopped us, where, and what to do.
    pub(crate) fn told(&self) -> String {
        match self {
            // Complaints about a file begin with a line of their own kind each.
            Self::Call(CallError::Config(ConfigError::Wrong(complaints))) => complaints.to_string(),
            _ => format!("nightlatch: {self}"),
        }
    }

    /// Whether no server is known by the name that was said.
    pub(crate) const fn finds_no_server(&self) -> bool {
        matches!(
            self,
            Self::Call(CallError::NoConfig(_) | CallError::NoSuchServer { .. })
        )
    }

    /// The exit code that tells this kind of failure.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Call(error) => of_call(error),
            Self::Key(error) => of_key(error),
            Self::Resolve(_) | Self::Reach(_) | Self::Join(_) => Exit::Unavailable,
            Self::Status(error) => of_status(error),
            Self::Journal(ReadingError::Journal(error)) => error.exit(),
            Self::Demo(error) => of_demo(error),
            Self::Shape(_) | Self::Lines(_) => Exit::Usage,
            Self::Text(error) => of_text(error),
            Self::Homeless(_) => Exit::Config,
            Self::Ssh(_)
            | Self::Randomness(_)
            | Self::Speak(_)
            | Self::Journal(ReadingError::Speak(_)) => Exit::System,
        }
    }
}

fn of_call(error: &CallError) -> Exit {
    match error {
        CallError::NoConfig(_) | CallError::NoKey(_) | CallError::NoPreshared(_) => Exit::Missing,
        CallError::Config(ConfigError::Unread(unread)) => of_read(unread),
        CallError::Config(_) | CallError::WeakKey { .. } | CallError::Homeless(_) => Exit::Config,
        CallError::NoSuchServer { .. } | CallError::NoService(_) | CallError::Pack(_) => {
            Exit::Usage
        }
        CallError::Key(error) => of_key(error),
        CallError::Resolve(_) => Exit::Unavailable,
        CallError::Randomness(_) => Exit::System,
    }
}

fn of_key(error: &KeyError) -> Exit {
    match error {
        KeyError::Read(KeyFileError::Unread(unread)) => of_read(unread),
        KeyError::NoSequence(_) => Exit::Missing,
        KeyError::Write(error) => of_write(error),
        KeyError::Passphrase(error) => of_passphrase(error),
        KeyError::Unseal { cause, .. } if *cause == UnsealError::WrongPassphrase => Exit::Refused,
        KeyError::Read(_) | KeyError::Unseal { .. } => Exit::Content,
        KeyError::Folder { .. } | KeyError::Randomness(_) => Exit::System,
    }
}

fn of_write(error: &WriteFileError) -> Exit {
    match error {
        WriteFileError::Exists(_) | WriteFileError::Forbidden(_) => Exit::Refused,
        WriteFileError::NoFolder { .. } => Exit::Missing,
        _ => Exit::System,
    }
}

fn of_passphrase(error: &PassphraseError) -> Exit {
    match error {
        PassphraseError::NoTerminal(_) => Exit::Unavailable,
        PassphraseError::Empty | PassphraseError::Different => Exit::Usage,
        PassphraseError::EmptyFile(_) => Exit::Content,
        PassphraseError::OthersMayRead(_) => Exit::Refused,
        PassphraseError::File { cause, .. } => match cause.kind() {
            io::ErrorKind::PermissionDenied => Exit::Refused,
            io::ErrorKind::InvalidData => Exit::Content,
            _ => Exit::Missing,
        },
    }
}

const fn of_text(error: &TextError) -> Exit {
    match error {
        TextError::Empty => Exit::Usage,
        TextError::NotText => Exit::Content,
        TextError::Unread(_) => Exit::System,
    }
}

fn of_read(error: &ReadError) -> Exit {
    match error {
        ReadError::Missing(_) => Exit::Missing,
        ReadError::NotAFile(_) | ReadError::TooLong(_) | ReadError::NotText { .. } => Exit::Content,
        ReadError::System { .. } => Exit::System,
        // Not kept well is as good as not allowed: it is refused, with the command that mends it.
        _ => Exit::Refused,
    }
}

fn of_demo(error: &anyhow::Error) -> Exit {
    match error.downcast_ref() {
        Some(EnterError::Forbidden { .. } | EnterError::Refused { .. }) => Exit::Refused,
        _ => Exit::System,
    }
}

fn of_status(error: &StatusError) -> Exit {
    match error {
        StatusError::NoSocket(_) | StatusError::NoDaemon(_) => Exit::Unavailable,
        StatusError::NoPermission(_) => Exit::Refused,
        StatusError::Read { .. } => Exit::System,
        StatusError::TooLong(_) | StatusError::NotJson { .. } | StatusError::Strange { .. } => {
            Exit::Content
        }
    }
}
