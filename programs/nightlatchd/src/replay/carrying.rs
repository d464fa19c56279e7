//! Carrying out: what a recording comes to is told to this host's gate, where no daemon keeps it.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use nightlatch_config::Server;
use nightlatch_firewall::{Firewall, Nftables, OpenError, RaiseError};
use thiserror::Error;

use crate::exit::Exit;
use crate::voice::complain;

/// The gate that a recording changes.
pub(super) type Gate = Box<dyn Firewall>;

/// Why a recording is not carried out.
#[derive(Debug, Error)]
pub(crate) enum CarryingError {
    /// A daemon keeps the gate.
    #[error(
        "a daemon runs on this host: it answers at {0}\n  the gate is its own: stop it first, or leave out \
         --carry-out to be told what the recording comes to"
    )]
    DaemonRuns(PathBuf),
    /// The firewall cannot be reached.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The gate does not go up.
    #[error(transparent)]
    Raise(#[from] RaiseError),
}

impl CarryingError {
    /// What the shell is told.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::DaemonRuns(_) => Exit::Unavailable,
            Self::Open(OpenError::NoPermission) => Exit::Permission,
            Self::Open(_) | Self::Raise(_) => Exit::System,
        }
    }
}

/// Raises the gate, or takes over the one that stands with whatever is open in it. A daemon with another
/// status socket is found out by the kernel, which keeps its gate from us.
pub(super) fn raise(server: &Server) -> Result<Gate, CarryingError> {
    if UnixStream::connect(&server.status_socket).is_ok() {
        return Err(CarryingError::DaemonRuns(server.status_socket.clone()));
    }
    let mut gate = Nftables::open()?;
    // Whether it stood already makes no difference here.
    let _ = gate.raise(&server.gate)?;
    complain(
        "nightlatchd: what the recording opens is opened now, for its whole time; no command of an action is run. The \
         gate stays: a daemon takes it over, and `nightlatchd gate down` takes it away",
    );
    Ok(Box::new(gate))
}
