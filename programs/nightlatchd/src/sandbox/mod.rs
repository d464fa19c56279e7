//! The sandbox: which system calls and which files are left once the privileges are gone.

mod calls;
mod filter;
mod herald;

use std::os::fd::{BorrowedFd, RawFd};
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetStatus,
};
use thiserror::Error;

pub(crate) use herald::confine_herald;

use calls::{BROKER_NEVER, CLERK_CALLS, LINK_CALLS, LISTENER_CALLS, LOG_CALLS};
use filter::{Calls, allow_only, forbid, narrow_calls};

/// The sandbox could not be closed.
#[derive(Debug, Error)]
pub(crate) enum SandboxError {
    /// Landlock refused its own description.
    #[error("Landlock refused the sandbox\n  report this with your kernel's version")]
    Landlock(#[from] landlock::RulesetError),
    /// A folder that must stay writable cannot be opened.
    #[error(
        "a folder that must stay writable cannot be opened\n  create it, or correct its path in the configuration"
    )]
    Folder(#[from] landlock::PathFdError),
    /// The filter could not be built or installed.
    #[error(
        "the filter of system calls could not be installed\n  a kernel with CONFIG_SECCOMP_FILTER is needed"
    )]
    Seccomp(#[source] Box<seccompiler::Error>),
    /// The processor is one that the filter does not know.
    #[error(
        "the filter of system calls does not know this processor\n  x86_64 and aarch64 are known"
    )]
    Processor,
}

/// How much of Landlock this kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Landlocked {
    /// The kernel has no Landlock: seccomp stands alone.
    Not = 0,
    /// The kernel knows only a part of it.
    Partly = 1,
    /// Everything that was asked for is in force.
    Fully = 2,
}

impl Landlocked {
    /// Every degree, in the order of its number.
    pub(crate) const ALL: [Self; 3] = [Self::Not, Self::Partly, Self::Fully];
}

/// What following logs takes.
#[derive(Debug)]
pub(crate) struct LogAccess<'a> {
    /// Where rotated logs are opened again.
    pub(crate) folders: Vec<&'a Path>,
    /// What the followers write to, to call themselves.
    pub(crate) marks: Vec<RawFd>,
}

/// Whether the kernel is still asked about links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Whether one that went down is still there: libpcap does.
    AfterLinks,
    ForNothing,
}

/// The listener's: no file but logs in the folders of those it follows, no TCP, and a score of
/// system calls, some for one descriptor alone.
///
/// A packet socket may also send, on every link and on loopback, which the gate believes. So nothing
/// can be sent to an address but through the sockets for acks.
pub(crate) fn confine_listener<'fd>(
    acks: impl Iterator<Item = BorrowedFd<'fd>>,
    logs: &LogAccess<'_>,
    asking: Asking,
) -> Result<Landlocked, SandboxError> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?;
    for folder in &logs.folders {
        let reading = PathBeneath::new(PathFd::new(folder)?, AccessFs::ReadFile);
        ruleset = ruleset.add_rule(reading)?;
    }
    let landlocked = ruleset.restrict_self()?;
    let mut calls = LISTENER_CALLS.to_vec();
    if !logs.folders.is_empty() {
        calls.extend(LOG_CALLS);
    }
    if asking == Asking::AfterLinks {
        calls.extend(LINK_CALLS);
    }
    allow_only(&calls, narrow_calls(acks, logs, asking)?)?;
    Ok(landlocked_as(&landlocked.ruleset))
}

/// The broker's: it may read, since a reload reads the configuration, but write only its state, and
/// take its status socket away at the end.
pub(crate) fn confine_broker(state: &Path, socket: &Path) -> Result<Landlocked, SandboxError> {
    let writing = AccessFs::from_write(ABI::V5);
    let landlocked = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(writing | AccessFs::Execute)?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new(state)?, writing))?
        .add_rule(PathBeneath::new(
            PathFd::new(folder_of(socket))?,
            AccessFs::RemoveFile,
        ))?
        .restrict_self()?;
    forbid(BROKER_NEVER)?;
    Ok(landlocked_as(&landlocked.ruleset))
}

/// The clerk's: the files of one folder, no network, and some forty system calls. It opens no socket
/// and starts nothing, not even a thread.
pub(crate) fn confine_clerk(folder: &Path) -> Result<Landlocked, SandboxError> {
    let files = AccessFs::ReadFile
        | AccessFs::WriteFile
        | AccessFs::ReadDir
        | AccessFs::MakeReg
        | AccessFs::RemoveFile
        | AccessFs::Truncate;
    let landlocked = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V5))?
        .handle_access(AccessNet::from_all(ABI::V5))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new(folder)?, files))?
        .restrict_self()?;
    allow_only(CLERK_CALLS, Calls::new())?;
    Ok(landlocked_as(&landlocked.ruleset))
}

fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."))
}

const fn landlocked_as(status: &RulesetStatus) -> Landlocked {
    match status {
        RulesetStatus::FullyEnforced => Landlocked::Fully,
        RulesetStatus::PartiallyEnforced => Landlocked::Partly,
        RulesetStatus::NotEnforced => Landlocked::Not,
    }
}
