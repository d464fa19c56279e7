//! Who holds which opening until when, and what that means for the kernel's one timeout.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use crate::effect::{in_pieces, reopen};
use crate::{ClientId, Effect, Instant, Now, Opening, Passage, ServiceId, Standing};

/// Who holds which opening until when.
///
/// Two clients behind one NAT may hold the same opening. The kernel knows it once, with one
/// timeout, and that is the furthest end of all holds: nobody shortens another's time, and nobody
/// leaves a door open behind him for longer than somebody else was granted.
pub(crate) struct Holds {
    by_opening: BTreeSet<Hold>,
    /// Where the kernel was told something else than the holds say now.
    to_correct: BTreeSet<Opening>,
}

/// One hold on one opening; they are in order of their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hold {
    pub(crate) opening: Opening,
    pub(crate) until: Instant,
    pub(crate) holder: Holder,
}

/// Whose hold it is; the address stands in the opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// Nobody knows: the kernel brought it over.
    FormerLife,
    /// A client's, by its grant for a service.
    Grant(ClientId, ServiceId),
}

/// Whether the judgement at hand is to tell the kernel about an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Tell,
    Keep,
}

impl Holds {
    pub(crate) const fn new() -> Self {
        Self {
            by_opening: BTreeSet::new(),
            to_correct: BTreeSet::new(),
        }
    }

    /// Takes a hold, or renews one that lasted until `former`.
    pub(crate) fn set(&mut self, hold: Hold, former: Option<Instant>) -> Change {
        let before = former.and_then(|until| {
            let before = self.until(hold.opening);
            self.by_opening.remove(&Hold { until, ..hold });
            before
        });
        self.by_opening.insert(hold);
        let after = self.until(hold.opening);
        // A one-shot opening may be used up without our knowing: it is always told again.
        if after == Some(hold.until) || hold.opening.passage == Passage::OneShot {
            self.to_correct.remove(&hold.opening);
            return Change::Tell;
        }
        if before.is_some() && before != after {
            // It was the furthest and is no more; the next one's end is not this grant's.
            self.correct(hold.opening);
        }
        Change::Keep
    }

    /// Lets go of a hold; to be told if the kernel holds it open and nobody else wants it.
    pub(crate) fn leave(&mut self, hold: Hold, now: Now) -> Change {
        self.remove(hold);
        let after = self
            .until(hold.opening)
            .filter(|until| *until > now.monotonic);
        match after {
            _ if hold.until <= now.monotonic => Change::Keep,
            None => {
                self.to_correct.remove(&hold.opening);
                Change::Tell
            }
            // Nobody knows whether the other's passage is used up: knocking again is easy.
            Some(_) if hold.opening.passage == Passage::OneShot => Change::Tell,
            Some(after) if after < hold.until => {
                self.correct(hold.opening);
                Change::Keep
            }
            Some(_) => Change::Keep,
        }
    }

    /// Writes a hold down, telling nobody.
    pub(crate) fn put(&mut self, hold: Hold) {
        self.by_opening.insert(hold);
    }

    /// Strikes a hold out, telling nobody.
    pub(crate) fn remove(&mut self, hold: Hold) {
        self.by_opening.remove(&hold);
    }

    /// Strikes out all holds but those that the kernel brought over.
    pub(crate) fn keep_unowned(&mut self) {
        self.by_opening
            .retain(|hold| hold.holder == Holder::FormerLife);
    }

    /// Notes that the kernel is to be told the furthest end of this opening anew.
    pub(crate) fn correct(&mut self, opening: Opening) {
        self.to_correct.insert(opening);
    }

    pub(crate) fn has_corrections(&self) -> bool {
        !self.to_correct.is_empty()
    }

    /// What the kernel is to be told, for all that was noted.
    pub(crate) fn corrections(&mut self, now: Now) -> Vec<Effect> {
        let (mut closing, mut by_rest) = (Vec::new(), BTreeMap::new());
        for opening in core::mem::take(&mut self.to_correct) {
            let until = self.until(opening).unwrap_or_default();
            let rest = until.saturating_since(now.monotonic);
            if rest.is_zero() || opening.passage == Passage::OneShot {
                closing.push(opening);
            } else {
                let rest: &mut Vec<_> = by_rest.entry(rest.max(SHORTEST)).or_default();
                rest.push(opening);
            }
        }
        let mut effects = in_pieces(&closing);
        effects.extend(reopen(&by_rest));
        effects
    }

    /// The furthest end of all holds on an opening: what the kernel was told.
    pub(crate) fn until(&self, opening: Opening) -> Option<Instant> {
        let end = |until, holder| Hold {
            opening,
            until,
            holder,
        };
        let first = end(Instant::default(), Holder::FormerLife);
        let nobody_after = Holder::Grant(ClientId(u32::MAX), ServiceId(u8::MAX));
        let last = end(Instant::LAST, nobody_after);
        self.by_opening
            .range(first..=last)
            .next_back()
            .map(|hold| hold.until)
    }

    /// Every opening that is held, with the time that is left of it.
    pub(crate) fn standing(&self, now: Now) -> impl Iterator<Item = Standing> + '_ {
        let next = self.by_opening.iter().skip(1).map(Some).chain([None]);
        self.by_opening
            .iter()
            .zip(next)
            .filter(|(hold, next)| next.is_none_or(|next| next.opening != hold.opening))
            .map(move |(hold, _)| Standing {
                opening: hold.opening,
                remaining: hold.until.saturating_since(now.monotonic),
            })
            .filter(|standing| !standing.remaining.is_zero())
    }
}

/// No effect opens for less, so that no rounding on its way makes it nothing, which is for ever.
const SHORTEST: Duration = Duration::from_secs(1);
