//! The runner: runs the commands of actions for the broker, who may not start programs itself.
//!
//! ```text
//!  errands ─► agenda ─► stops on the disk ─► hand (another user, a group of its own) ─► command
//!     notices ◄── how it ended, what it said ─► log                  killed at its timeout
//! ```
//! It keeps what the daemon was started with, so it reads nothing but the broker's words: of one size,
//! and judged. It ends when the broker does; what is to be undone later is on the disk by then.

mod agenda;
mod command;
mod dates;
mod desk;
mod hand;
mod output;
mod round;
mod run;
mod running;
mod stops;
mod teller;
mod waiting;

use std::io;
use std::path::Path;

use nightlatch_core::Instant;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use thiserror::Error;

use crate::channel::ChannelError;
use crate::clock;
use crate::errand::{Ear, Plan, Word};
use crate::inherited::{close_descriptors, outlive_signals};
use crate::log::Log;
use agenda::Agenda;
pub(crate) use hand::{HandError, run as become_command};
use round::Round;
use stops::{Folder, Locked, Scribe};
use teller::Teller;

/// Why the runner ended.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    /// The broker is not what it was.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The broker did not begin with a plan.
    #[error("the broker's words came in an order that does not exist")]
    Disorder,
    /// The system refused something small that always works.
    #[error("the system refused {0} to the runner")]
    System(&'static str, #[source] io::Error),
    /// Waiting failed.
    #[error("waiting was refused by the system")]
    Wait(#[source] io::Error),
}

/// Runs until the broker ends, which is no error.
pub(crate) fn run(state: &Path) -> Result<(), RunError> {
    close_descriptors();
    outlive_signals().map_err(|cause| RunError::System("to outlive signals", cause))?;
    rustix::thread::set_name(c"nightlatch-run")
        .map_err(|cause| RunError::System("a name", cause.into()))?;
    let ear = Ear::from_stdin().map_err(|cause| RunError::System("its standard input", cause))?;
    match prepare(ear, state) {
        Ok(round) => round.run(),
        // The broker did not get far enough to need a runner.
        Err(RunError::Channel(ChannelError::Closed)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether a life before this one left stops to run: they need a runner even where nothing else does.
pub(crate) fn has_stops(state: &Path) -> bool {
    !stops::remembered(state).is_empty()
}

fn prepare(mut ear: Ear, state: &Path) -> Result<Round, RunError> {
    let plan = first_plan(&mut ear)?;
    let log = Log::start(plan.form).map_err(|cause| RunError::System("a thread", cause))?;
    let teller = Teller::new(log);
    let folder = lock(&ear, state, &teller)?;
    let stops = folder.read();
    let remembered = stops.values().cloned().collect();
    let scribe =
        Scribe::start(folder, stops).map_err(|cause| RunError::System("a thread", cause))?;
    warn_of_users(&plan, &teller);
    let agenda = Agenda::new(plan.actions, remembered, clock::now());
    teller.orphans(&ear, &agenda.orphans());
    Ok(Round {
        ear,
        agenda,
        scribe,
        teller,
        running: Vec::new(),
        is_ending: false,
        rest_until: Instant::default(),
    })
}

fn first_plan(ear: &mut Ear) -> Result<Plan, RunError> {
    loop {
        match ear.word()? {
            Some(Word::Plan(plan)) => return Ok(plan),
            Some(Word::Errand(_)) => return Err(RunError::Disorder),
            None => await_change(ear, PollFlags::IN, None)?,
        }
    }
}

/// The runner of a daemon that was killed may still finish what it had begun: then its stops are its own.
fn lock(ear: &Ear, state: &Path, teller: &Teller) -> Result<Folder, RunError> {
    let mut is_told = false;
    loop {
        match Folder::lock(state) {
            Locked::Ours(folder) => return Ok(folder),
            Locked::Another if is_told => {}
            Locked::Another => {
                is_told = true;
                teller.warn(
                    "commands of the daemon before this one still run: new ones wait for them"
                        .to_owned(),
                );
            }
        }
        await_change(ear, PollFlags::RDHUP, Some(LOOK_AGAIN))?;
    }
}

/// Waits for the broker; its end is an error.
fn await_change(ear: &Ear, flags: PollFlags, patience: Option<Timespec>) -> Result<(), RunError> {
    let mut fds = [PollFd::new(ear, flags)];
    match poll(&mut fds, patience.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(errno) => return Err(RunError::Wait(errno.into())),
    }
    let [fd] = &fds;
    if fd.revents().contains(PollFlags::RDHUP) {
        return Err(ChannelError::Closed.into());
    }
    Ok(())
}

/// Where users cannot be changed, commands are run all the same, by who was trusted with the daemon.
fn warn_of_users(plan: &Plan, teller: &Teller) {
    let own = nix::unistd::Uid::effective();
    let others = plan
        .actions
        .iter()
        .filter(|action| action.user.user != own.as_raw() && !hand::can_change_to(action.user));
    for action in others {
        teller.warn(format!(
            "the action {:?} is run as user {own}, not as user {}: the daemon is not root, or the user does not exist in its namespace",
            action.name.as_str(),
            action.user.user
        ));
    }
}

/// Soon, but not as a busy loop.
const LOOK_AGAIN: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};
