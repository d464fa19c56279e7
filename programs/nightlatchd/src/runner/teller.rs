//! The teller: what the runner writes into the log, and what it tells the broker beside it.

use core::time::Duration;
use std::collections::BTreeMap;
use std::io;

use nightlatch_core::{Instant, Now};

use super::run::{Outcome, Part, Run};
use super::running::Running;
use crate::errand::{Ear, Notice};
use crate::log::{CommandLine, Line, Log};

/// Says things once, and not more often than anybody reads.
pub(super) struct Teller {
    log: Log,
    /// How many commands were refused or came too late since it was last said.
    dropped: u64,
    /// When it may be said again.
    say_from: Instant,
    is_durable: bool,
}

impl Teller {
    pub(super) fn new(log: Log) -> Self {
        Self {
            log,
            dropped: 0,
            say_from: Instant::default(),
            is_durable: true,
        }
    }

    /// What a command said.
    pub(super) fn said(&self, run: &Run, lines: Vec<String>) {
        for text in lines {
            self.say(CommandLine::Said {
                action: run.action.name.as_str().to_owned(),
                text,
            });
        }
    }

    /// How a command ended.
    pub(super) fn ended(&self, ear: &Ear, running: &Running, outcome: Outcome, now: Now) {
        let took = now.monotonic.saturating_since(running.since);
        ear.tell(outcome.notice());
        self.say(match outcome {
            Outcome::Done => CommandLine::Done {
                action: running.run.action.name.as_str().to_owned(),
                part: part(&running.run),
                client: running.run.client.as_str().to_owned(),
                service: running.run.key.service.as_str().to_owned(),
                address: running.run.key.address,
                millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            },
            _ => failed(&running.run, outcome.to_string()),
        });
    }

    /// The system had no process for a command.
    pub(super) fn unstarted(&self, ear: &Ear, run: &Run, error: &io::Error) {
        ear.tell(Notice::Unstarted);
        self.say(failed(run, format!("{}: {error}", Outcome::Unstarted)));
    }

    /// A command's time is over, and it cannot be killed.
    pub(super) fn cannot_kill(&self, run: &Run, error: &io::Error) {
        self.say(failed(
            run,
            format!("its time is over, and it cannot be killed: {error}\n  the daemon needs CAP_KILL for it"),
        ));
    }

    /// Some were refused, or came too late: counted, and said once a while.
    pub(super) fn dropped(&mut self, ear: &Ear, notice: Notice) {
        if notice.count() > 0 {
            self.dropped = self.dropped.saturating_add(notice.count().into());
            ear.tell(notice);
        }
    }

    /// Says what there is to say, if it is time.
    pub(super) fn tend(&mut self, now: Now) {
        if self.dropped > 0 && now.monotonic >= self.say_from {
            self.say_from = now.monotonic.saturating_add(SAY_EVERY);
            let commands = core::mem::take(&mut self.dropped);
            self.say(CommandLine::Dropped { commands });
        }
    }

    /// When there is something to say.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        (self.dropped > 0).then_some(self.say_from)
    }

    /// What became of what was written down.
    pub(super) fn disk(&mut self, ear: &Ear, outcome: Option<Result<(), String>>, is_stuck: bool) {
        let failing = match outcome {
            Some(Err(cause)) => Some(cause),
            _ if is_stuck => Some("the disk takes very long".to_owned()),
            Some(Ok(())) => None,
            None => return,
        };
        match failing {
            Some(cause) if self.is_durable => {
                self.is_durable = false;
                ear.tell(Notice::Undurable);
                self.say(CommandLine::StopsFailing { cause });
            }
            None if !self.is_durable => {
                self.is_durable = true;
                ear.tell(Notice::Durable);
            }
            _ => {}
        }
    }

    /// Stops that nobody knows how to run.
    pub(super) fn orphans(&self, ear: &Ear, orphans: &BTreeMap<&str, usize>) {
        let waiting = orphans
            .values()
            .fold(0, |sum: usize, stops| sum.saturating_add(*stops));
        ear.tell(Notice::Orphaned(u32::try_from(waiting).unwrap_or(u32::MAX)));
        for (action, stops) in orphans {
            self.warn(format!(
                "{stops} stop commands wait for the action {action:?}, which the configuration does not have\n  \
                 bring it back; or undo by hand what it did, and remove the file `stops` of the state folder"
            ));
        }
    }

    /// Something is not as it should be.
    pub(super) fn warn(&self, warning: String) {
        self.log.say(Line::Warned { warning });
    }

    fn say(&self, line: CommandLine) {
        self.log.say(Line::Command(line));
    }
}

fn failed(run: &Run, outcome: String) -> CommandLine {
    CommandLine::Failed {
        action: run.action.name.as_str().to_owned(),
        part: part(run),
        client: run.client.as_str().to_owned(),
        service: run.key.service.as_str().to_owned(),
        address: run.key.address,
        outcome,
    }
}

const fn part(run: &Run) -> &'static str {
    match (run.part, run.text.is_some()) {
        (Part::Stop, _) => "stop",
        (_, true) => "message",
        _ => "start",
    }
}

/// A flood of commands that are refused is one line in this time.
const SAY_EVERY: Duration = Duration::from_secs(1);
