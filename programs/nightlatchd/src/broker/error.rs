//! Why the daemon ends before it was asked to, and what the shell is told.

use std::process::ExitStatus;

use nightlatch_config::ConfigError;
use nightlatch_firewall::OpenError;
use thiserror::Error;

use super::keys::WeakClient;
use crate::channel::ChannelError;
use crate::errand::RunnerError;
use crate::exit::Exit;
use crate::herald::CertificatesError;
use crate::privilege::PrivilegeError;
use crate::sandbox::SandboxError;
use crate::state::StateError;

/// Why the daemon ended.
#[derive(Debug, Error)]
pub(crate) enum BrokerError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A client's key is unusable.
    #[error(transparent)]
    Client(#[from] WeakClient),
    /// A privilege is missing, or would not go.
    #[error(transparent)]
    Privilege(#[from] PrivilegeError),
    /// The sandbox would not close.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The state folder is unusable.
    #[error(transparent)]
    State(#[from] StateError),
    /// The gate could not be opened for changes.
    #[error(transparent)]
    Firewall(#[from] OpenError),
    /// The gate could not be raised.
    #[error(transparent)]
    Raise(#[from] nightlatch_firewall::RaiseError),
    /// The status socket could not be made.
    #[error(
        "the status socket {0} cannot be made\n  another daemon may run, or the folder is not writable: `status-socket` under [server]"
    )]
    Status(std::path::PathBuf, #[source] std::io::Error),
    /// The listener's start was refused.
    #[error("the listener could not be started")]
    Listener(#[source] std::io::Error),
    /// The clerk's start was refused.
    #[error(
        "what happens cannot be kept: the clerk or its socket {0} could not be started\n  \
         another daemon may run; `enabled = false` under [journal] does without"
    )]
    Clerk(std::path::PathBuf, #[source] std::io::Error),
    /// What reads the journal out could not be started.
    #[error(
        "the journal cannot be read out\n  it takes `journalctl`: see `sources` under [server]"
    )]
    Journal(#[source] std::io::Error),
    /// The listener ended by itself, and has said why.
    #[error(
        "the listener ended ({0})\n  it says why above; a signal means that the system stopped it: report that"
    )]
    ListenerEnded(ExitStatus),
    /// The listener ended because a source of its own did.
    #[error(
        "journalctl has ended, so nothing is heard of the journal\n  start the daemon again; if it ends again, see \
         what `journalctl --dmesg --follow` says"
    )]
    JournalEnded,
    /// The listener broke the channel's form.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The system refused something small that always works.
    #[error("the system refused {0}")]
    System(&'static str, #[source] std::io::Error),
    /// Somebody wanted the daemon to end while it still began.
    #[error("asked to end before the start was over")]
    Early,
    /// The runner is of no use, or ended.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// Certificates of a webhook are none.
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
    /// The herald's start was refused.
    #[error("the herald, which notifies, could not be started")]
    Herald(#[source] std::io::Error),
    /// The kernel cannot be asked about sockets.
    #[error(transparent)]
    Listening(#[from] nightlatch_firewall::ListeningError),
    /// The kernel does not say which addresses this host has.
    #[error(transparent)]
    Addresses(#[from] nightlatch_firewall::AddressesError),
    /// Waiting failed.
    #[error("waiting was refused by the system")]
    Wait(#[source] std::io::Error),
}

impl BrokerError {
    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Config(_)
            | Self::Client(_)
            | Self::Certificates(_)
            | Self::Privilege(PrivilegeError::NoSuchUser(_) | PrivilegeError::Root(_))
            | Self::Runner(RunnerError::NoSuchUser(_)) => Exit::Config,
            Self::Privilege(_) | Self::Firewall(OpenError::NoPermission) => Exit::Permission,
            Self::ListenerEnded(status) if status.code() == Some(NO_PERMISSION) => Exit::Permission,
            Self::ListenerEnded(status) if status.code().is_none() => Exit::Software,
            Self::Channel(_) => Exit::Software,
            Self::Early | Self::JournalEnded => Exit::Unavailable,
            _ => Exit::System,
        }
    }
}

impl From<ExitStatus> for BrokerError {
    fn from(ended: ExitStatus) -> Self {
        if ended.code() == Some(SOURCE_ENDED) {
            Self::JournalEnded
        } else {
            Self::ListenerEnded(ended)
        }
    }
}

const SOURCE_ENDED: i32 = Exit::Unavailable.number() as i32;
const NO_PERMISSION: i32 = Exit::Permission.number() as i32;
