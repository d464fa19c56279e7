//! The hand: becomes a command's user, and then the command. Whatever it had before is gone by then.

use std::ffi::OsString;
use std::io;

use caps::{CapSet, CapsHashSet};
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid, setsid};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::clear_ambient_capability_set;
use thiserror::Error;

use super::command::become_command;
use crate::errand::Doer;
use crate::inherited::close_descriptors;
use crate::privilege::is_known_here;

/// Why a command was not started.
#[derive(Debug, Error)]
pub(crate) enum HandError {
    /// A step on the way to the command's user was refused.
    #[error("a command could not be given {step}\n  it is not run with more than it should have")]
    Refused {
        /// What it should have got.
        step: &'static str,
        /// What the kernel said.
        #[source]
        cause: io::Error,
    },
    /// Root could be had again.
    #[error("root could be had again after it was given up\n  the command is not run")]
    Regained,
    /// The program itself would not start.
    #[error(
        "{0:?} cannot be started\n  a program by its whole path, and executable for the action's user"
    )]
    Program(OsString, #[source] io::Error),
}

/// Becomes the command; returns only where something is refused.
pub(crate) fn run(doer: Doer, words: &[OsString]) -> Result<(), HandError> {
    close_descriptors();
    // A process group of its own, which is killed as a whole, and no terminal.
    setsid().map_err(|cause| refused("a process group of its own", cause.into()))?;
    become_doer(doer)?;
    // After the user, since a change of user takes it back. Nobody would end it at its timeout then.
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|cause| refused("an end with the runner", cause.into()))?;
    let name = words.first().cloned().unwrap_or_default();
    Err(HandError::Program(name, become_command(words)))
}

/// Where there is no other user to become, it stays who it is: it has no more power than the daemon was given.
fn become_doer(doer: Doer) -> Result<(), HandError> {
    clear_ambient_capability_set()
        .map_err(|cause| refused("no ambient capabilities", cause.into()))?;
    caps::set(None, CapSet::Inheritable, &CapsHashSet::new())
        .map_err(|cause| refused("no inheritable capabilities", io::Error::other(cause)))?;
    if !can_change_to(doer) {
        return Ok(());
    }
    let (user, group) = (Uid::from_raw(doer.user), Gid::from_raw(doer.group));
    match setgroups(&[]) {
        // A user namespace may forbid it to everybody; groups from outside count for nothing in it.
        Err(_) if has_fixed_groups() => {}
        outcome => outcome.map_err(|cause| refused("no supplementary groups", cause.into()))?,
    }
    setresgid(group, group, group).map_err(|cause| refused("its group", cause.into()))?;
    setresuid(user, user, user).map_err(|cause| refused("its user", cause.into()))?;
    let root = Uid::from_raw(0);
    if !user.is_root() && setresuid(root, root, root).is_ok() {
        return Err(HandError::Regained);
    }
    Ok(())
}

/// Whether commands can be run as this user; only root may change it, and only to those who exist.
pub(super) fn can_change_to(doer: Doer) -> bool {
    Uid::effective().is_root() && is_known_here(doer.user, doer.group)
}

fn has_fixed_groups() -> bool {
    std::fs::read_to_string("/proc/self/setgroups").is_ok_and(|text| text.trim() == "deny")
}

fn refused(step: &'static str, cause: io::Error) -> HandError {
    HandError::Refused { step, cause }
}
