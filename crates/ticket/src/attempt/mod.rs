//! How a client gets in: knock, and put right by itself what keeps it out. Pure; docs/protocol.md §8.
//!
//! ```text
//!               answered: repair, same phase ◄──┐
//!   Normal ─── unanswered twice ──► Recovering ─┼─ unanswered twice ──► GiveUp(Silence)
//!      │                                │ answered: clock, counter, address
//!      │                                ▼
//!      └──► Done / GiveUp ◄─────────  Again ──── unanswered twice ──► GiveUp(SilenceAfterRecovery)
//! ```

mod outcome;
mod packet;
mod repair;
mod wish;

use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

pub use outcome::{Happened, Outcome, Reason, Repairs, Step};
pub use packet::Packet;
pub use repair::Heard;
pub use wish::{AddressClaim, Answer, Memory, Wish};

use crate::{Counter, Epoch, Kind, Request, ServiceHash, Tagged, UnixTime};

/// One attempt to have a wish granted. It sends at most [`Attempt::MOST_SENDS`] packets.
///
/// Ask for the [`next`](Self::next) step, do it, report how it went, ask again.
#[derive(Clone, Debug)]
pub struct Attempt {
    wish: Wish,
    memory: Memory,
    phase: Phase,
    /// Every counter that this attempt used: only these can be answered.
    sent: Vec<Counter>,
    /// How many of them were sent before the last repair; what is answered to those is old.
    superseded: usize,
    /// How many packets in a row went unanswered in this phase.
    silent: u32,
    waiting: Waiting,
    repairs: Repairs,
}

impl Attempt {
    /// However it goes, an attempt sends no more packets than this.
    pub const MOST_SENDS: usize = 12;

    /// Begins with a wish and what is remembered of the server.
    pub const fn new(wish: Wish, memory: Memory) -> Self {
        Self {
            wish,
            memory,
            phase: Phase::Normal,
            sent: Vec::new(),
            superseded: 0,
            silent: 0,
            waiting: Waiting::ForNothing,
            repairs: Repairs {
                clock: 0,
                counter: 0,
                address: 0,
            },
        }
    }

    /// What to do now. Asked while an answer is awaited, it takes that answer for lost.
    pub fn next(&mut self, now: UnixTime) -> Step {
        self.unanswered();
        if let Phase::Over(step) = self.phase {
            return step;
        }
        let time = now.shifted(self.memory.offset);
        let Some(counter) = self.counter(time) else {
            return self.give_up(Reason::CounterUsedUp);
        };
        if self.sent.len() >= Self::MOST_SENDS {
            return self.give_up(Reason::TriesUsedUp);
        }
        self.send(counter, time)
    }

    /// Takes in that nobody answered in time. Changes nothing when no answer is awaited.
    pub fn unanswered(&mut self) {
        if self.waiting == Waiting::ForNothing {
            return;
        }
        self.waiting = Waiting::ForNothing;
        self.silent = self.silent.saturating_add(1);
        if self.silent < UNANSWERED_AT_MOST {
            return;
        }
        self.silent = 0;
        self.phase = match self.phase {
            Phase::Normal => Phase::Recovering,
            Phase::Recovering => Phase::Over(Step::GiveUp(Reason::Silence)),
            Phase::Again => Phase::Over(Step::GiveUp(Reason::SilenceAfterRecovery)),
            over @ Phase::Over(_) => over,
        };
    }

    /// How long to wait for the answer to what was sent last: longer with each one that is missing.
    pub fn patience(&self) -> Duration {
        match (self.waiting, self.phase) {
            (Waiting::ForNothing, _) => Duration::ZERO,
            (_, Phase::Normal) => SHORT_WAIT.saturating_mul(1 << self.silent.min(1)),
            _ => LONG_WAIT.saturating_mul(1 << self.silent.min(1)),
        }
    }

    /// What to remember of the server. Keep it after every step: a counter kept is never used twice.
    pub const fn memory(&self) -> Memory {
        self.memory
    }

    /// What was put right so far.
    pub const fn repairs(&self) -> Repairs {
        self.repairs
    }

    /// The next counter, if one is left. One of this attempt is never used again: it would make an
    /// answer to one packet an answer to both.
    fn counter(&self, time: UnixTime) -> Option<Counter> {
        let mut above = match self.wish.answer {
            Answer::Awaited(_) => self.memory.above(time),
            // Nobody names a counter here, so each that was used may have been taken.
            Answer::NotExpected { .. } => self.memory.last.max(self.memory.named),
        };
        while above < Counter::LAST && self.sent.contains(&Counter::following(above, time)) {
            above = Counter::following(above, time);
        }
        (above < Counter::LAST).then(|| Counter::following(above, time))
    }

    fn send(&mut self, counter: Counter, time: UnixTime) -> Step {
        let request = Request {
            counter,
            time,
            ..self.blank()
        };
        let tagged = match self.phase {
            Phase::Recovering => Tagged::Recovery,
            _ => Tagged::Now(Epoch::at(time)),
        };
        self.memory.last = counter;
        self.sent.push(counter);
        match self.wish.answer {
            Answer::Awaited(_) => self.waiting = Waiting::ForAnswer,
            Answer::NotExpected { .. } => {
                self.phase = Phase::Over(self.done(Happened::Sent, None));
            }
        }
        Step::Send { request, tagged }
    }

    /// The request without what differs from one packet to the next.
    fn blank(&self) -> Request {
        let Wish {
            kind,
            service,
            wanted,
            answer,
        } = self.wish;
        let blank = Request {
            kind,
            counter: Counter::default(),
            time: UnixTime::default(),
            service,
            claimed: match answer {
                Answer::Awaited(claim) => self.memory.claim(claim),
                Answer::NotExpected { claimed } => Some(claimed),
            },
            wanted,
        };
        match kind {
            Kind::AskAddress => Request {
                service: ServiceHash::NONE,
                claimed: None,
                wanted: 0,
                ..blank
            },
            Kind::Message => Request {
                service: ServiceHash::NONE,
                wanted: 0,
                ..blank
            },
            Kind::Knock | Kind::Close => blank,
        }
    }

    fn done(&self, happened: Happened, seen: Option<IpAddr>) -> Step {
        let sends = u8::try_from(self.sent.len()).unwrap_or(u8::MAX);
        Step::Done(Outcome {
            happened,
            seen,
            repairs: self.repairs,
            sends,
        })
    }

    fn give_up(&mut self, reason: Reason) -> Step {
        let step = Step::GiveUp(reason);
        self.phase = Phase::Over(step);
        step
    }
}

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Knocking with what is remembered.
    Normal,
    /// Knocking with the recovery tag, to learn what is wrong.
    Recovering,
    /// Knocking with what the recovery told.
    Again,
    /// Nothing more is sent.
    Over(Step),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    ForNothing,
    ForAnswer,
}

/// One packet may be lost; two lost in a row are rarer than a clock gone wrong.
const UNANSWERED_AT_MOST: u32 = 2;

/// Longer than a round trip around the earth.
const SHORT_WAIT: Duration = Duration::from_millis(500);

/// A recovery is answered twice a minute at most: its answer is worth waiting for.
const LONG_WAIT: Duration = Duration::from_secs(1);
