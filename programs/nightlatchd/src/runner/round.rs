//! The runner's round: begin what is due, listen to what runs, hear what is asked for.

use core::time::Duration;
use std::os::fd::AsFd;

use nightlatch_core::{Instant, Now};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::RunError;
use super::agenda::{Agenda, Asked};
use super::run::{Outcome, Run};
use super::running::Running;
use super::stops::Scribe;
use super::teller::Teller;
use crate::channel::ChannelError;
use crate::clock;
use crate::errand::{Ear, Notice, Word};

/// Everything the running runner holds.
pub(super) struct Round {
    pub(super) ear: Ear,
    pub(super) agenda: Agenda,
    pub(super) scribe: Scribe,
    pub(super) teller: Teller,
    pub(super) running: Vec<Running>,
    /// The broker is gone, or wants the runner to end.
    pub(super) is_ending: bool,
    /// After the system had no process for a command, none is begun before this.
    pub(super) rest_until: Instant,
}

impl Round {
    /// Runs until the broker ends and everything is done that is to be done then.
    pub(super) fn run(mut self) -> Result<(), RunError> {
        loop {
            let now = clock::now();
            self.kill_late(now);
            self.begin(now);
            self.teller.tend(now);
            if self.is_ending && self.running.is_empty() && self.agenda.is_over(now) {
                self.write(now);
                return Ok(());
            }
            self.wait(now)?;
            self.listen();
            self.words()?;
        }
    }

    fn kill_late(&mut self, now: Now) {
        for running in &mut self.running {
            if let Err(error) = running.kill_late(now) {
                self.teller.cannot_kill(&running.run, &error);
            }
        }
    }

    /// Begins what can be begun; but first all that has to be undone later is on the disk.
    fn begin(&mut self, now: Now) {
        let mut runs = Vec::new();
        while self.rest_until <= now.monotonic
            && let Some(run) = self.agenda.next(now)
        {
            runs.push(run);
        }
        let late = self.agenda.take_too_late();
        self.teller.dropped(&self.ear, Notice::TooLate(late));
        self.write(now);
        for run in &runs {
            self.start(run);
        }
    }

    fn start(&mut self, run: &Run) {
        let now = clock::now();
        let Some(words) = run.action.words(run.part.half(), run.key.address) else {
            // An empty command is one that always ends well.
            self.agenda.ended(run, Outcome::Done);
            return;
        };
        match Running::start(run, &words, now) {
            Ok(running) => {
                self.ear.tell(Notice::Started);
                self.running.push(running);
            }
            Err(error) => {
                self.rest_until = now.monotonic.saturating_add(REST);
                self.teller.unstarted(&self.ear, run, &error);
                self.agenda.ended(run, Outcome::Unstarted);
            }
        }
    }

    fn write(&mut self, now: Now) {
        let notes = self.agenda.take_notes();
        self.scribe.write(notes, now);
        let is_stuck = self.scribe.is_stuck(now);
        let outcome = self.scribe.outcome();
        self.teller.disk(&self.ear, outcome, is_stuck);
    }

    fn wait(&self, now: Now) -> Result<(), RunError> {
        let deadlines = self.running.iter().filter_map(Running::deadline);
        let rest = (self.rest_until > now.monotonic).then_some(self.rest_until);
        let deadline = deadlines
            .chain(rest)
            .chain(self.agenda.next_deadline(now))
            .chain(self.teller.next_deadline())
            .min();
        let patience = deadline
            .map_or(PATIENCE, |deadline| {
                deadline.saturating_since(now.monotonic)
            })
            .min(PATIENCE);
        let patience = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        let ear = (!self.is_ending).then(|| self.ear.as_fd());
        let ear = ear.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        let running = self.running.iter().flat_map(Running::watched);
        let mut fds: Vec<PollFd<'_>> = ear.into_iter().chain(running).collect();
        match poll(&mut fds, Some(&patience)) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(RunError::Wait(errno.into())),
        }
    }

    /// What the commands say, and which of them are over.
    fn listen(&mut self) {
        let mut running = core::mem::take(&mut self.running);
        running.retain_mut(|running| {
            let lines = running.hear();
            self.teller.said(&running.run, lines);
            let Some((outcome, lines)) = running.ended() else {
                return true;
            };
            let now = clock::now();
            self.teller.said(&running.run, lines);
            self.teller.ended(&self.ear, running, outcome, now);
            self.agenda.ended(&running.run, outcome);
            false
        });
        self.running = running;
    }

    fn words(&mut self) -> Result<(), RunError> {
        if self.is_ending {
            return Ok(());
        }
        let now = clock::now();
        for _ in 0..WORDS_A_ROUND {
            match self.ear.word() {
                Ok(None) => break,
                Ok(Some(word)) => self.obey(word, now),
                Err(ChannelError::Closed) => {
                    self.end(now);
                    break;
                }
                Err(error) => return Err(RunError::Channel(error)),
            }
        }
        Ok(())
    }

    fn obey(&mut self, word: Word, now: Now) {
        match word {
            Word::Plan(plan) => {
                self.agenda.replan(plan.actions, now);
                self.teller.orphans(&self.ear, &self.agenda.orphans());
            }
            Word::Errand(errand) => match self.agenda.ask(*errand, now) {
                Asked::Taken => {}
                Asked::Refused => self.teller.dropped(&self.ear, Notice::Refused(1)),
            },
        }
    }

    /// What runs may finish, within its time.
    fn end(&mut self, now: Now) {
        self.is_ending = true;
        let dropped = u32::try_from(self.agenda.end(now)).unwrap_or(u32::MAX);
        self.teller.dropped(&self.ear, Notice::Refused(dropped));
    }
}

/// How long the round waits when nothing is due.
const PATIENCE: Duration = Duration::from_secs(5);
/// Soon, but not as a busy loop.
const REST: Duration = Duration::from_secs(1);
/// Commands have their turn between the errands of a burst.
const WORDS_A_ROUND: usize = 256;
