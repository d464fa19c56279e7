//! The runner as the broker has it: asked without waiting, listened to, let end.

use core::time::Duration;
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ExitStatus};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use thiserror::Error;

use super::ear::pieces;
use super::notice::{NOTICE_LENGTH, Notice};
use super::{Errand, Plan, Way};
use crate::channel::ChannelError;
use crate::clock;

/// Why the runner is of no use.
#[derive(Debug, Error)]
pub(crate) enum RunnerError {
    /// A command's user does not exist.
    #[error(
        "there is no user {0:?} to run commands as\n  name one that exists: `user = \"nobody\"` under [action]"
    )]
    NoSuchUser(String),
    /// The users' list cannot be read.
    #[error("the users' list cannot be read")]
    Users(#[source] io::Error),
    /// Its start was refused.
    #[error("the runner could not be started")]
    Start(#[source] io::Error),
    /// It ended by itself, or was killed.
    #[error(
        "the runner, which runs the commands of actions, ended ({0})\n  \
         it says why above; the gate stays closed, and commands that are due run after the next start"
    )]
    Ended(ExitStatus),
    /// It broke the form of its notices.
    #[error(transparent)]
    Channel(#[from] ChannelError),
}

/// The broker's end.
#[derive(Debug)]
pub(crate) struct Runner {
    way: Way,
    child: Child,
    /// Of a plan, what the runner did not have room for yet.
    unsent: VecDeque<Vec<u8>>,
}

impl Runner {
    /// A runner that was just started at the other end of the way.
    pub(crate) fn new(way: Way, child: Child, plan: &Plan) -> Result<Self, RunnerError> {
        let mut runner = Self {
            way,
            child,
            unsent: VecDeque::new(),
        };
        runner.replan(plan)?;
        Ok(runner)
    }

    /// Gives an errand to the runner, and never waits. `false`: it has no room, and will not do it.
    pub(crate) fn order(&mut self, errand: &Errand) -> Result<bool, RunnerError> {
        // The number of an action means what the last plan says.
        if !self.send_plan()? {
            return Ok(false);
        }
        let sent = self.way.send(&errand.to_bytes());
        self.blame(sent)
    }

    /// Replaces the plan. What the runner has no room for yet goes before the next errand.
    pub(crate) fn replan(&mut self, plan: &Plan) -> Result<(), RunnerError> {
        let pieces = pieces(plan).map_err(ChannelError::Io)?;
        self.unsent.extend(pieces);
        self.send_plan().map(|_| ())
    }

    /// What it said since it was last asked, up to so much that the broker's round goes on.
    pub(crate) fn notices(&mut self) -> Result<Vec<Notice>, RunnerError> {
        self.send_plan()?;
        let mut notices = Vec::new();
        while notices.len() < NOTICES_AT_ONCE {
            match self.notice() {
                Ok(Some(notice)) => notices.push(notice),
                Ok(None) => break,
                Err(error) => return self.blame(Err(error)),
            }
        }
        Ok(notices)
    }

    /// Lets it end: it finishes what it has begun, and runs the stops that run at a shutdown. Says
    /// how it ended; `None`: it is still at it, and will end by itself.
    pub(crate) fn end(mut self, patience: Duration) -> io::Result<Option<ExitStatus>> {
        self.way.finish();
        let until = clock::now().monotonic.saturating_add(patience);
        loop {
            while matches!(self.notice(), Ok(Some(_))) {}
            if self.is_gone() {
                return self.child.wait().map(Some);
            }
            let now = clock::now();
            if now.monotonic >= until {
                return Ok(None);
            }
            self.wait(until.saturating_since(now.monotonic));
        }
    }

    fn wait(&self, patience: Duration) {
        let patience = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let _ = poll(
            &mut [PollFd::new(&self.way, PollFlags::IN)],
            Some(&patience),
        );
    }

    fn is_gone(&self) -> bool {
        let now = Timespec::default();
        let mut fds = [PollFd::new(&self.way, PollFlags::empty())];
        let _ = poll(&mut fds, Some(&now));
        let [fd] = &fds;
        fd.revents().contains(PollFlags::HUP)
    }

    /// Whether the plan is on its way as a whole.
    fn send_plan(&mut self) -> Result<bool, RunnerError> {
        while let Some(piece) = self.unsent.front() {
            let sent = self.way.send(piece);
            if !self.blame(sent)? {
                return Ok(false);
            }
            self.unsent.pop_front();
        }
        Ok(true)
    }

    fn notice(&self) -> Result<Option<Notice>, ChannelError> {
        let mut bytes = [0; NOTICE_LENGTH];
        let Some(heard) = self.way.take(&mut bytes)? else {
            return Ok(None);
        };
        let bytes: [u8; NOTICE_LENGTH] = heard.try_into().map_err(|_| ChannelError::Malformed)?;
        Notice::from_bytes(bytes)
            .ok_or(ChannelError::Malformed)
            .map(Some)
    }

    /// Where the way broke because the runner ended, its own end says more.
    fn blame<T>(&mut self, outcome: Result<T, ChannelError>) -> Result<T, RunnerError> {
        outcome.map_err(|error| match error {
            ChannelError::Closed => self
                .child
                .wait()
                .map_or(RunnerError::Channel(error), RunnerError::Ended),
            error => RunnerError::Channel(error),
        })
    }
}

impl AsFd for Runner {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.way.as_fd()
    }
}

/// More than a round of the runner says.
const NOTICES_AT_ONCE: usize = 256;
