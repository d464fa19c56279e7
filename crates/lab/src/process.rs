//! A program that was started in a host: watched, signalled, and killed at the end.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::clock::wait_until;
use crate::enter::INSIDE;

/// A running program; dropped, it is killed and waited for.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

/// A program that can be started with [`crate::Host::spawn`].
#[expect(
    clippy::disallowed_methods,
    reason = "the lab starts programs here and nowhere else"
)]
pub fn program(path: impl AsRef<OsStr>) -> Command {
    Command::new(path)
}

impl Process {
    /// Starts a program where the calling thread stands.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        // A program with a lab of its own must not take ours for it.
        command.env_remove(INSIDE);
        command.spawn().map(|child| Self { child })
    }

    /// The number under which this run knows the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it with SIGKILL, which it cannot notice, and waits until it is gone.
    pub fn kill(&mut self) -> io::Result<ExitStatus> {
        self.child.kill()?;
        self.child.wait()
    }

    /// Asks it to end (SIGTERM).
    pub fn terminate(&self) -> io::Result<()> {
        self.signal(Signal::TERM)
    }

    /// Tells it to read its configuration again (SIGHUP).
    pub fn hang_up(&self) -> io::Result<()> {
        self.signal(Signal::HUP)
    }

    /// Interrupts it as Ctrl-C does (SIGINT).
    pub fn interrupt(&self) -> io::Result<()> {
        self.signal(Signal::INT)
    }

    /// How it ended, when it ends within the time given.
    pub fn wait_within(&mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        let mut ended = Ok(None);
        wait_until(patience, || {
            ended = self.child.try_wait();
            !matches!(ended, Ok(None))
        });
        ended
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its standard output, when the command asked for a pipe; once.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Its standard error, when the command asked for a pipe; once.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let id = i32::try_from(self.id()).ok().and_then(Pid::from_raw);
        let id = id.ok_or(io::ErrorKind::NotFound)?;
        kill_process(id, signal).map_err(io::Error::from)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            drop(self.kill());
        }
    }
}
