//! The gate without a daemon: shown, or taken away.

use nightlatch_config::Server;
use nightlatch_firewall::{Firewall, LowerError, Lowered, Nftables, OpenError, render};
use thiserror::Error;

use crate::exit::Exit;
use crate::voice::say;

/// Why the gate could not be taken away.
#[derive(Debug, Error)]
pub(crate) enum DownError {
    /// The firewall cannot be reached.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The gate stays.
    #[error(transparent)]
    Lower(#[from] LowerError),
}

impl DownError {
    /// What the shell is told.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Open(OpenError::NoPermission) => Exit::Permission,
            Self::Lower(LowerError::HeldByAnother) => Exit::Unavailable,
            Self::Open(_) | Self::Lower(_) => Exit::System,
        }
    }
}

/// Takes the gate away, grants and all.
pub(crate) fn down() -> Result<Exit, DownError> {
    Ok(match Nftables::open()?.lower()? {
        Lowered::Removed => say(
            "the gate is gone: guarded ports are as open as the rest of the firewall leaves them",
        ),
        Lowered::NotThere => say("there was no gate"),
    })
}

/// Prints the gate that this configuration asks for.
pub(crate) fn show(server: &Server) -> Exit {
    say(&render(&server.gate))
}
