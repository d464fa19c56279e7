//! Into namespaces of our own: the one call that a lab begins with.
//!
//! The process that calls stays outside and waits; it runs itself a second time as process 1 of
//! new namespaces (user unless root, network, mount, pid). When either of the two ends, however it
//! ends, the kernel ends every process inside and takes links, mounts and files with them.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use thiserror::Error;

use crate::outside;

/// We are inside.
#[derive(Debug)]
pub struct Entered {
    folder: PathBuf,
    standing: Standing,
}

/// Whose rights the run has inside.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Those of the real root.
    Root,
    /// Those of an ordinary user, who is root in here alone.
    Mapped,
}

impl Entered {
    /// A folder in memory that only this run can see; it is gone when the run ends.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whose rights the run has.
    pub fn standing(&self) -> Standing {
        self.standing
    }
}

/// Why no namespaces could be had.
#[derive(Debug, Error)]
pub enum EnterError {
    /// Namespaces belong to a process only while it has one thread.
    #[error("the lab must be entered first: {0} threads run already")]
    Threads(usize),
    /// A setting of this system keeps ordinary users from namespaces.
    #[error(
        "this system lets only root make namespaces: {setting} is {value}\n  \
         run it as root:     {sudo}\n  \
         or allow everybody: sudo sysctl -w {setting}={wanted}"
    )]
    Forbidden {
        /// The setting, as sysctl names it.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What would do.
        wanted: &'static str,
        /// This very call as root.
        sudo: String,
    },
    /// No known setting forbids it, and it is refused all the same.
    #[error(
        "this system refuses namespaces of our own: {cause}\n  \
         run it as root: {sudo}\n  \
         in a container, start that with --privileged or --security-opt seccomp=unconfined"
    )]
    Refused {
        /// This very call as root.
        sudo: String,
        /// What the kernel said.
        #[source]
        cause: io::Error,
    },
    /// The namespaces are there, and one step inside failed.
    #[error("cannot {step}: {cause}")]
    Step {
        /// What was tried.
        step: &'static str,
        /// What the kernel said.
        #[source]
        cause: io::Error,
    },
}

impl EnterError {
    pub(crate) fn step(step: &'static str, cause: impl Into<io::Error>) -> Self {
        Self::Step {
            step,
            cause: cause.into(),
        }
    }
}

/// Enters namespaces of our own; call it first in `main`, before any thread is started.
///
/// The outer process never returns from here: it leaves with the exit code of the inner one, and
/// with 128 + the signal when one ends it.
pub fn enter() -> Result<Entered, EnterError> {
    match env::var_os(INSIDE) {
        Some(mark) => settle(&mark),
        None => Err(outside::stay()?),
    }
}

/// Set for the inner process alone: whose rights it has, and the folder of the run.
pub(crate) const INSIDE: &str = "NIGHTLATCH_LAB_INSIDE";

/// What [`INSIDE`] is set to.
pub(crate) fn mark(standing: Standing, folder: &Path) -> OsString {
    let mut mark = OsString::from(match standing {
        Standing::Root => ROOT,
        Standing::Mapped => MAPPED,
    });
    mark.push(folder);
    mark
}

fn settle(mark: &OsStr) -> Result<Entered, EnterError> {
    set_pdeathsig(Signal::SIGKILL).map_err(|cause| EnterError::step("tie our lives", cause))?;
    outside::listen_to_signals().map_err(|cause| EnterError::step("hear signals", cause))?;
    let (standing, folder) = read_mark(mark).ok_or_else(|| {
        EnterError::step(
            "read the mark of the outer process",
            io::ErrorKind::InvalidInput,
        )
    })?;
    Ok(Entered { folder, standing })
}

fn read_mark(mark: &OsStr) -> Option<(Standing, PathBuf)> {
    let mark = mark.to_str()?;
    let root = mark
        .strip_prefix(ROOT)
        .map(|folder| (Standing::Root, PathBuf::from(folder)));
    root.or_else(|| Some((Standing::Mapped, PathBuf::from(mark.strip_prefix(MAPPED)?))))
}

const ROOT: &str = "root:";
const MAPPED: &str = "mapped:";
