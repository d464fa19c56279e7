//! The broker's children: the same program, run again, with their way to the broker as standard input.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::errand::{Plan, Runner, RunnerError, Way};

/// Starts the listener. It still has the broker's privileges, and gives them up by itself.
pub(super) fn start_listener(channel: OwnedFd) -> io::Result<Child> {
    again(channel).arg("listener").spawn()
}

/// Starts the runner. It keeps the broker's privileges: so it has to be started before they go, and
/// before the sandbox closes, in which nothing is started any more.
pub(super) fn start_runner(plan: &Plan, state: &Path) -> Result<Runner, RunnerError> {
    let (way, theirs) = Way::pair().map_err(RunnerError::Start)?;
    // Its own folder is another one.
    let state = std::path::absolute(state).map_err(RunnerError::Start)?;
    let child = again(theirs).arg("runner").arg(state).spawn();
    Runner::new(way, child.map_err(RunnerError::Start)?, plan)
}

/// A new image, not a fork: none of the broker's memory, keys or addresses comes along.
#[expect(
    clippy::disallowed_methods,
    reason = "the one program that the daemon starts is itself"
)]
fn again(input: OwnedFd) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("nightlatchd")
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(input))
        .stdout(Stdio::null());
    command
}
