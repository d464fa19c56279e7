//! What an answer teaches, and what it changes about the next packet.

use crate::{Ack, Attempt, OpenError, PairKeys, Sealed, Status, UnixTime, open_ack};

use super::{AddressClaim, Answer, Happened, Memory, Phase, Reason, Repairs, Step, Waiting};

/// Whether an answer told anything that was not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It decides what comes next: ask for the next step.
    News,
    /// It answers a packet that another has overtaken, or none of ours: go on waiting.
    OldNews,
}

impl Attempt {
    /// Opens a packet that may be an answer to one of ours.
    pub fn open_ack(&self, sealed: &Sealed, keys: &PairKeys) -> Result<Ack, OpenError> {
        let mut latest_first = self
            .sent
            .iter()
            .rev()
            .map(|sent| open_ack(sealed, *sent, keys));
        latest_first
            .find(|opened| *opened != Err(OpenError::NotAwaited))
            .unwrap_or(Err(OpenError::NotAwaited))
    }

    /// Takes in an answer that was opened with this attempt's [`open_ack`](Self::open_ack).
    pub fn answered(&mut self, ack: &Ack, now: UnixTime) -> Heard {
        let position = self.sent.iter().position(|sent| *sent == ack.counter);
        let (Some(position), false) = (position, matches!(self.phase, Phase::Over(_))) else {
            return Heard::OldNews;
        };
        let before = self.memory;
        self.learn(ack, position < self.superseded, now);
        if let Some(end) = self.end(ack) {
            self.phase = Phase::Over(end);
        } else if position < self.superseded {
            return Heard::OldNews;
        } else {
            self.repair(ack, before);
        }
        self.waiting = Waiting::ForNothing;
        Heard::News
    }

    fn learn(&mut self, ack: &Ack, is_overtaken: bool, now: UnixTime) {
        let offset = now.offset_to(ack.time);
        // A clock that is right enough is believed as it is: so a repair of the clock itself,
        // or a slow answer, does not leave an offset behind.
        self.memory.offset = if offset.unsigned_abs() < OFFSET_WORTH_KEEPING {
            0
        } else {
            offset
        };
        // What was named before may be higher and no longer so: a server can lose its state.
        self.memory.named = if is_overtaken {
            self.memory.named.max(ack.last)
        } else {
            ack.last
        };
        self.memory.address = Some(ack.seen);
    }

    /// The end that an answer means, if it means one.
    fn end(&self, ack: &Ack) -> Option<Step> {
        Some(match ack.status {
            Status::Granted => self.done(
                Happened::Granted {
                    seconds: ack.granted,
                },
                Some(ack.seen),
            ),
            Status::Closed => self.done(Happened::Closed, Some(ack.seen)),
            Status::Seen => self.done(Happened::Seen, Some(ack.seen)),
            Status::Taken => self.done(Happened::Taken, Some(ack.seen)),
            Status::Forbidden => Step::GiveUp(Reason::Forbidden),
            Status::Unavailable => Step::GiveUp(Reason::Unavailable),
            Status::Full => Step::GiveUp(Reason::Full),
            Status::Elsewhere => match self.wish.answer {
                Answer::Awaited(AddressClaim::Only(claimed)) => {
                    Step::GiveUp(Reason::SeenElsewhere {
                        claimed,
                        seen: ack.seen,
                    })
                }
                _ => return None,
            },
            Status::InDoubt | Status::Stale | Status::Recovered => return None,
        })
    }

    fn repair(&mut self, ack: &Ack, before: Memory) {
        self.superseded = self.sent.len();
        self.silent = 0;
        let (count, reason) = match ack.status {
            Status::Stale => (&mut self.repairs.clock, Reason::ClockUnsteady),
            Status::InDoubt => (&mut self.repairs.counter, Reason::CounterUnsteady),
            Status::Elsewhere => (
                &mut self.repairs.address,
                Reason::AddressUnsteady { seen: ack.seen },
            ),
            _ => {
                self.phase = Phase::Again;
                return self.recovered(before);
            }
        };
        *count = count.saturating_add(1);
        if *count > REPAIRS_OF_A_KIND {
            self.phase = Phase::Over(Step::GiveUp(reason));
        }
    }

    /// A recovery answer does not say what was wrong: what changed tells.
    fn recovered(&mut self, before: Memory) {
        let Repairs {
            clock,
            counter,
            address,
        } = &mut self.repairs;
        let moved = before.offset.abs_diff(self.memory.offset) >= OFFSET_WORTH_KEEPING;
        *clock = clock.saturating_add(moved.into());
        *counter = counter.saturating_add((self.memory.named > before.last).into());
        if let Answer::Awaited(claim) = self.wish.answer {
            let other = self.memory.claim(claim) != before.claim(claim);
            *address = address.saturating_add(other.into());
        }
    }
}

/// Once to put it right, and once more because it may change while we do.
const REPAIRS_OF_A_KIND: u8 = 2;

/// In milliseconds: far below the 60 s that a server forgives, far above a slow answer.
const OFFSET_WORTH_KEEPING: u64 = 10_000;
