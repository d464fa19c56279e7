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
use super::{Errand, Plan};
use crate::channel::ChannelError;
use crate::clock;
use crate::way::Way;

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

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use nightlatch_core::Instant;

    use super::super::{Action, Doer, Ear, Name, Word};
    use super::*;
    use crate::log::Form;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn plan(actions: usize) -> Plan {
        let action = Action {
            name: Name::of("act"),
            start: super::super::Command::Shell("x".repeat(1000)),
            stop: None,
            start_six: None,
            stop_six: None,
            user: Doer { user: 1, group: 1 },
            timeout: PATIENCE,
            at_most: 8,
            stop_at_shutdown: false,
        };
        Plan {
            actions: vec![action; actions],
            form: Form::Json,
        }
    }

    fn errand() -> Errand {
        Errand::tell(0, [192, 0, 2, 7].into(), "alice", b"text")
    }

    /// A program in the place of the runner, with its end of the way.
    #[expect(clippy::disallowed_methods, reason = "a runner has to be some process")]
    fn instead(line: &str) -> Runner {
        let (way, theirs) = Way::pair().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).stdin(Stdio::from(theirs));
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(command);
        Runner::new(way, child, &plan(0)).unwrap()
    }

    /// A runner whose other end is in this test.
    fn deaf() -> (Runner, Ear) {
        let mut runner = instead("exec sleep 60");
        let (ours, theirs) = Way::pair().unwrap();
        runner.way = ours;
        (runner, Ear::over(Way::over(theirs)))
    }

    fn kill(mut runner: Runner) {
        runner.child.kill().unwrap();
        runner.child.wait().unwrap();
    }

    fn ended(runner: &mut Runner) -> RunnerError {
        let until = clock::now().monotonic.saturating_add(PATIENCE);
        loop {
            match runner.notices() {
                Err(error) => return error,
                Ok(_) => runner.wait(Duration::from_millis(100)),
            }
            assert!(clock::now().monotonic < until, "nobody hears its end");
        }
    }

    #[test]
    fn a_long_plan_and_the_errands_after_it_come_over_in_their_order() {
        let (mut runner, mut ear) = deaf();
        runner.replan(&plan(200)).unwrap();
        assert!(runner.order(&errand()).unwrap());
        assert_eq!(ear.word().unwrap(), Some(Word::Plan(plan(200))));
        assert_eq!(ear.word().unwrap(), Some(Word::Errand(Box::new(errand()))));
        assert_eq!(ear.word().unwrap(), None);
        ear.tell(Notice::TimedOut);
        assert_eq!(runner.notices().unwrap(), [Notice::TimedOut]);
        kill(runner);
    }

    #[test]
    fn a_runner_that_takes_nothing_is_not_waited_for_and_hears_the_plan_first() {
        let (mut runner, mut ear) = deaf();
        let ordered = (0..1_000_000).take_while(|_| runner.order(&errand()).unwrap());
        let ordered = ordered.count();
        assert!((100..1_000_000).contains(&ordered), "{ordered}");
        runner.replan(&plan(1)).unwrap();
        assert!(!runner.order(&errand()).unwrap());
        for _ in 0..ordered {
            assert!(matches!(ear.word().unwrap(), Some(Word::Errand(_))));
        }
        assert!(runner.order(&errand()).unwrap());
        assert_eq!(ear.word().unwrap(), Some(Word::Plan(plan(1))));
        assert!(matches!(ear.word().unwrap(), Some(Word::Errand(_))));
        kill(runner);
    }

    #[test]
    fn the_end_of_the_runner_is_heard_with_how_it_ended() {
        let error = ended(&mut instead("head -c 1 >/dev/null; exit 3"));
        assert!(matches!(error, RunnerError::Ended(status) if status.code() == Some(3)));
        let error = ended(&mut instead("head -c 1 >/dev/null; kill -9 $$"));
        assert!(matches!(error, RunnerError::Ended(status) if status.code().is_none()));
        assert!(crate::because(&error).contains("signal: 9"), "{error}");
    }

    #[test]
    fn a_notice_that_does_not_exist_ends_the_trust() {
        let (mut runner, ear) = deaf();
        drop(ear);
        let (ours, theirs) = Way::pair().unwrap();
        runner.way = ours;
        for bad in [&[9; 8][..], &[1; 7], &[1; 9]] {
            Way::over(theirs.try_clone().unwrap()).send(bad).unwrap();
            let error = runner.notices().unwrap_err();
            assert!(matches!(
                error,
                RunnerError::Channel(ChannelError::Malformed)
            ));
        }
        kill(runner);
    }

    #[test]
    fn a_runner_that_is_let_end_is_waited_for_as_long_as_there_is_patience() {
        let began = clock::now().monotonic;
        let done = instead("cat >/dev/null; exit 5").end(PATIENCE).unwrap();
        assert_eq!(done.unwrap().code(), Some(5));
        assert!(took(began) < PATIENCE);
        let stays = instead("exec sleep 5").end(Duration::from_millis(50));
        assert_eq!(stays.unwrap(), None);
    }

    fn took(began: Instant) -> Duration {
        clock::now().monotonic.saturating_since(began)
    }
}
