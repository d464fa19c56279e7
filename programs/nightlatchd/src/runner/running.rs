//! A running command: listened to, waited for, and killed with all it started when its time is over.

use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::Child;

use nightlatch_core::{Instant, Now};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, kill_process_group, pidfd_open};

use super::command;
use super::output::Output;
use super::run::{Outcome, Run};

/// A running command.
///
/// It is over when it has ended and nobody holds its output any more; until then its process is not
/// reaped, so that the number of its group is nobody else's.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) run: Run,
    pub(super) since: Instant,
    child: Child,
    pid: Pid,
    end: OwnedFd,
    says: PipeReader,
    output: Output,
    deadline: Instant,
    has_ended: bool,
    is_silent: bool,
    is_killed: bool,
}

impl Running {
    /// Starts it.
    pub(super) fn start(run: &Run, words: &[String], now: Now) -> io::Result<Self> {
        let (mut child, says) = command::start(run, words)?;
        let (pid, end) = match watch(&child) {
            Ok(watched) => watched,
            Err(error) => {
                // Nobody would hear of its end.
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
        };
        Ok(Self {
            run: run.clone(),
            since: now.monotonic,
            child,
            pid,
            end,
            says,
            output: Output::default(),
            deadline: now.monotonic.saturating_add(run.action.timeout),
            has_ended: false,
            is_silent: false,
            is_killed: false,
        })
    }

    /// What is to be waited for.
    pub(super) fn watched(&self) -> impl Iterator<Item = PollFd<'_>> {
        let end = (!self.has_ended).then(|| self.end.as_fd());
        let says = (!self.is_silent).then(|| self.says.as_fd());
        end.into_iter()
            .chain(says)
            .map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN))
    }

    /// When it is to be looked at without anything having come: to be killed, or since it was.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.is_killed || self.has_ended).then_some(self.deadline)
    }

    /// Kills it and everything in its process group, if its time is over.
    pub(super) fn kill_late(&mut self, now: Now) -> io::Result<()> {
        if self.is_killed || self.deadline > now.monotonic {
            return Ok(());
        }
        self.is_killed = true;
        // Without a group of its own it has nobody in it yet either.
        let group = kill_process_group(self.pid, Signal::KILL);
        match kill_process(self.pid, Signal::KILL).and(group) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// What it says, as far as it is there: one bounded gulp.
    pub(super) fn hear(&mut self) -> Vec<String> {
        let mut bytes = [0; GULP];
        if self.is_silent {
            return Vec::new();
        }
        match self.says.read(&mut bytes) {
            Ok(0) => self.is_silent = true,
            Ok(length) => return self.output.hear(bytes.get(..length).unwrap_or_default()),
            Err(error) if is_for_later(&error) => {}
            Err(_) => self.is_silent = true,
        }
        Vec::new()
    }

    /// How it ended, once it is over; with what it said last.
    pub(super) fn ended(&mut self) -> Option<(Outcome, Vec<String>)> {
        if !self.has_ended {
            self.has_ended = has_ended(&self.end);
        }
        if !self.has_ended || !(self.is_silent || self.is_killed) {
            return None;
        }
        let mut last = Vec::new();
        // Of one that was killed, what is in the pipe still.
        for _ in 0..GULPS_OF_A_PIPE {
            last.extend(self.hear());
        }
        last.extend(self.output.line());
        Some((self.outcome(), last))
    }

    fn outcome(&mut self) -> Outcome {
        // It has ended: this does not wait.
        let status = self.child.wait().ok();
        match status {
            _ if self.is_killed => Outcome::TimedOut,
            Some(status) => match (status.code(), status.signal()) {
                (Some(0), _) => Outcome::Done,
                (Some(code), _) => Outcome::Failed(code),
                (None, Some(signal)) => Outcome::Killed(signal),
                (None, None) => Outcome::Unstarted,
            },
            None => Outcome::Unstarted,
        }
    }
}

fn watch(child: &Child) -> io::Result<(Pid, OwnedFd)> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.ok_or(io::ErrorKind::NotFound)?;
    Ok((pid, pidfd_open(pid, PidfdFlags::empty())?))
}

fn has_ended(end: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(end, PollFlags::IN)];
    let at_once = rustix::event::Timespec::default();
    rustix::event::poll(&mut fds, Some(&at_once)).is_ok_and(|ready| ready > 0)
}

fn is_for_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// What is read of one command before the others have their turn.
const GULP: usize = 16 << 10;
/// A pipe holds 64 KiB.
const GULPS_OF_A_PIPE: usize = 5;
