//! Who holds which opening until when, and what that means for the kernel's one timeout.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use crate::effect::{in_pieces, reopen};
use crate::{
    Effect, Instant, Knocker, Now, Opening, Passage, Port, Prefix, Protocol, ServiceId, Standing,
};

/// Who holds which opening until when.
///
/// Two clients behind one NAT may hold the same opening. The kernel knows it once, with one
/// timeout, and that is the furthest end of all holds: nobody shortens another's time, and nobody
/// leaves a door open behind him for longer than somebody else was granted.
pub(crate) struct Holds {
    doors: BTreeMap<Opening, Door>,
    /// Where the kernel was told something else than the holds say now.
    to_correct: BTreeSet<Opening>,
}

/// One hold on one opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Somebody's, by his grant for a service.
    Grant(Knocker, ServiceId),
}

/// Whether the judgement at hand is to tell the kernel about an opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Tell,
    Keep,
}

/// All holds on one opening. Most often there is one, and then nothing is allocated for it.
struct Door {
    first: Share,
    more: BTreeSet<Share>,
}

/// One of them, in the order of their ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Share {
    until: Instant,
    holder: Holder,
}

impl Holds {
    pub(crate) const fn new() -> Self {
        Self {
            doors: BTreeMap::new(),
            to_correct: BTreeSet::new(),
        }
    }

    /// Takes a hold, or renews one that lasted until `former`.
    pub(crate) fn set(&mut self, hold: Hold, former: Option<Instant>) -> Change {
        let furthest = self.put(hold, former);
        // A one-shot opening may be used up without our knowing: it is always told again.
        if furthest == hold.until || hold.opening.passage == Passage::OneShot {
            self.to_correct.remove(&hold.opening);
            return Change::Tell;
        }
        if former.is_some_and(|former| former > furthest) {
            // It was the furthest and is no more; the next one's end is not this grant's.
            self.correct(hold.opening);
        }
        Change::Keep
    }

    /// Lets go of a hold; to be told if the kernel holds it open and nobody else wants it.
    pub(crate) fn leave(&mut self, hold: Hold, now: Now) -> Change {
        let after = self.remove(hold).filter(|until| *until > now.monotonic);
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

    /// Writes a hold down, telling nobody; says the furthest end of all.
    pub(crate) fn put(&mut self, hold: Hold, former: Option<Instant>) -> Instant {
        let share = hold.share();
        match self.doors.entry(hold.opening) {
            Entry::Vacant(place) => place.insert(Door::of(share)).furthest(),
            Entry::Occupied(door) => door.into_mut().set(share, former),
        }
    }

    /// Strikes a hold out, telling nobody; says the furthest end of those that are left.
    pub(crate) fn remove(&mut self, hold: Hold) -> Option<Instant> {
        let door = self.doors.get_mut(&hold.opening)?;
        if door.remove(hold.share()) {
            return Some(door.furthest());
        }
        self.doors.remove(&hold.opening);
        None
    }

    /// Strikes out all holds but those that the kernel brought over.
    pub(crate) fn keep_unowned(&mut self) {
        self.doors.retain(|_, door| door.keep_unowned());
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
        self.doors.get(&opening).map(Door::furthest)
    }

    /// Whether somebody who is known holds this open.
    pub(crate) fn is_granted(&self, opening: Opening, now: Now) -> bool {
        let is_granted =
            |share: &Share| share.holder != Holder::FormerLife && share.until > now.monotonic;
        self.doors
            .get(&opening)
            .is_some_and(|door| is_granted(&door.first) || door.more.iter().any(is_granted))
    }

    /// Every opening that is held, with the time that is left of it.
    pub(crate) fn standing(&self, now: Now) -> impl Iterator<Item = Standing> + '_ {
        self.doors
            .iter()
            .map(move |(opening, door)| Standing {
                opening: *opening,
                remaining: door.furthest().saturating_since(now.monotonic),
            })
            .filter(|standing| !standing.remaining.is_zero())
    }

    /// Whether anything is held open for one of these addresses.
    pub(crate) fn has_within(&self, prefix: Prefix, now: Now) -> bool {
        // Openings are in the order of their addresses, and those of a prefix stand together.
        let Some(port) = Port::new(Protocol::Tcp, 1) else {
            return false;
        };
        let first = Opening {
            address: prefix.first(),
            port,
            passage: Passage::Lasting,
        };
        let mut doors = self.doors.range(first..);
        let is_within = |(opening, _): &(&Opening, &Door)| prefix.contains(opening.address);
        doors
            .by_ref()
            .take_while(is_within)
            .any(|(_, door)| door.furthest() > now.monotonic)
    }
}

impl Hold {
    const fn share(self) -> Share {
        Share {
            until: self.until,
            holder: self.holder,
        }
    }
}

impl Door {
    const fn of(first: Share) -> Self {
        Self {
            first,
            more: BTreeSet::new(),
        }
    }

    fn furthest(&self) -> Instant {
        let until = self.first.until;
        self.more
            .last()
            .map_or(until, |share| share.until.max(until))
    }

    /// Takes or renews a share; says the furthest end of all.
    fn set(&mut self, share: Share, former: Option<Instant>) -> Instant {
        if self.first.holder == share.holder {
            self.first = share;
            return self.furthest();
        }
        if let Some(until) = former {
            self.more.remove(&Share { until, ..share });
        }
        self.more.insert(share);
        self.furthest()
    }

    /// Gives up all shares but the one that nobody owns; false if there is none.
    fn keep_unowned(&mut self) -> bool {
        let is_unowned = |share: &&Share| share.holder == Holder::FormerLife;
        let unowned = self
            .more
            .iter()
            .chain([&self.first])
            .find(is_unowned)
            .copied();
        if let Some(share) = unowned {
            *self = Self::of(share);
        }
        unowned.is_some()
    }

    /// Gives up a share; false if it was the last one.
    fn remove(&mut self, share: Share) -> bool {
        if self.first.holder != share.holder {
            self.more.remove(&share);
            return true;
        }
        match self.more.pop_last() {
            Some(next) => {
                self.first = next;
                true
            }
            None => false,
        }
    }
}

/// No effect opens for less, so that no rounding on its way makes it nothing, which is for ever.
const SHORTEST: Duration = Duration::from_secs(1);
