//! The clerk: keeps what happened, and hands it out to whoever asks at its socket and may.
//!
//! ```text
//!  events ─► book ─► store: files in a folder of its own
//!              └───► readers ─► JSON lines
//!     tidings ◄── how many are kept, how many are lost
//! ```
//! It has no capability, no network and no file but its own. It reads the broker's events, of one size and
//! judged, and never a reader. Where the disk takes nothing, events are lost and counted.

mod book;
mod plan;
mod reader;
mod readers;
mod round;

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use thiserror::Error;

use crate::channel::ChannelError;
use crate::clock;
use crate::events::Ear;
use crate::inherited::{close_descriptors, outlive_signals};
use crate::log::{Line, say_at_once};
use crate::privilege::{PrivilegeError, keep_nothing};
use crate::sandbox::{Landlocked, SandboxError, confine_clerk};
use crate::state::make;
use book::Book;
pub(crate) use plan::Plan;
use readers::Readers;
use round::Round;

/// Why the clerk ended.
#[derive(Debug, Error)]
pub(crate) enum ClerkError {
    /// The broker is not what it was.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// A privilege would not go.
    #[error(transparent)]
    Privilege(#[from] PrivilegeError),
    /// The sandbox would not close.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The folder cannot be made.
    #[error(
        "the journal's folder {0} cannot be used\n  make room for it, or turn the journal off: `enabled = false` under [journal]"
    )]
    Folder(PathBuf, #[source] io::Error),
    /// The system refused something small that always works.
    #[error("the system refused {0} to the clerk")]
    System(&'static str, #[source] io::Error),
    /// Waiting failed.
    #[error("waiting was refused by the system")]
    Wait(#[source] io::Error),
}

/// Runs until the broker ends, which is no error.
pub(crate) fn run(plan: &Plan) -> Result<(), ClerkError> {
    close_descriptors();
    outlive_signals().map_err(|cause| ClerkError::System("to outlive signals", cause))?;
    rustix::thread::set_name(c"nightlatch-jrnl")
        .map_err(|cause| ClerkError::System("a name", cause.into()))?;
    let ear = Ear::from_stdin().map_err(|cause| ClerkError::System("its standard input", cause))?;
    let socket = socket().map_err(|cause| ClerkError::System("its socket", cause))?;
    make(&plan.folder).map_err(|cause| ClerkError::Folder(plan.folder.clone(), cause))?;
    keep_nothing()?;
    // The first look at the clock asks the system where it is, which nobody may later.
    let _ = clock::now();
    // Nothing of the files is read before: they are the daemon's own, but they are bytes.
    if confine_clerk(&plan.folder)? == Landlocked::Not {
        let warning =
            "this kernel has no Landlock: the journal's process could open other files of root's";
        let warning = warning.to_owned();
        say_at_once(&Line::Warned { warning }, plan.form);
    }
    let round = Round {
        ear,
        book: Book::new(plan.folder.clone(), plan.limits()),
        readers: Readers::at(socket),
        form: plan.form,
        told: None,
    };
    round.run()
}

/// Where readers ask: in the place of the standard output.
fn socket() -> io::Result<UnixListener> {
    let socket = UnixListener::from(io::stdout().as_fd().try_clone_to_owned()?);
    socket.set_nonblocking(true)?;
    Ok(socket)
}
