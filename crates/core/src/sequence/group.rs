//! Routes that begin at one doorway: one packet may be the first step of them all.

use alloc::sync::Arc;
use alloc::vec::Vec;

use nightlatch_wire::Observation;

use super::doorway::Doorway;
use super::route::Route;
use super::walk::Walk;
use super::watch::Bearing;
use crate::{Instant, SequenceId};

/// Routes that begin at one doorway, each with a bit of its own that no other gets after it: so
/// what somebody began is never taken for the beginning of something else.
pub(super) struct Group {
    /// Never given twice.
    pub(super) serial: u32,
    pub(super) doorway: Doorway,
    routes: Vec<Option<Arc<Route>>>,
}

/// What one packet does to the walks that one source has in a group at one number of steps.
#[derive(Default)]
pub(super) struct Fate {
    /// These go on by a step.
    pub(super) onward: u32,
    /// These stay where they are.
    pub(super) stays: u32,
    /// Of those, these because it is the step that they took last.
    pub(super) again: u32,
    /// These were at their last step.
    pub(super) ended: u32,
    /// The longest of those.
    pub(super) whole: Option<Whole>,
}

/// A sequence that was walked to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    pub(crate) sequence: SequenceId,
    pub(crate) number: u64,
    length: usize,
}

impl Group {
    /// An empty group.
    pub(super) const fn new(serial: u32, doorway: Doorway) -> Self {
        Self {
            serial,
            doorway,
            routes: Vec::new(),
        }
    }

    /// The same group with other routes: who stays keeps his bit, who goes leaves his empty. None
    /// when it is full; then a group of another serial has to take its place.
    pub(super) fn succeeded_by(&self, routes: &[Arc<Route>]) -> Option<Self> {
        let stays = |place: &Option<Arc<Route>>| {
            let route = place.as_ref()?;
            let is_there = routes.iter().any(|other| Arc::ptr_eq(route, other));
            is_there.then(|| Arc::clone(route))
        };
        let mut places: Vec<_> = self.routes.iter().map(stays).collect();
        for route in routes {
            let mut known = places.iter().flatten();
            if !known.any(|other| Arc::ptr_eq(route, other)) {
                places.push(Some(Arc::clone(route)));
            }
        }
        (places.len() <= MOST_ROUTES).then_some(Self {
            routes: places,
            ..*self
        })
    }

    /// Which routes begin with this packet, and which of them end with it too.
    pub(super) fn begin(&self, seen: &Observation<'_>) -> Fate {
        let mut fate = Fate::default();
        for (bit, route) in self.each() {
            if route.is_met_by(seen, 0) {
                fate.go_on(bit, route, 1);
            }
        }
        fate
    }

    /// What this packet does to a walk of this group.
    pub(super) fn fate(
        &self,
        walk: &Walk,
        seen: &Observation<'_>,
        bearing: Bearing,
        now: Instant,
    ) -> Fate {
        let mut fate = Fate::default();
        let done = usize::from(walk.done);
        let begun = self.each().filter(|(bit, _)| walk.begun & bit != 0);
        for (bit, route) in begun.filter(|(_, route)| !walk.is_over(route.variant.within, now)) {
            if route.is_met_by(seen, done) {
                fate.go_on(bit, route, done.saturating_add(1));
            } else if route.is_met_by(seen, done.saturating_sub(1)) {
                fate.stays |= bit;
                fate.again |= bit;
            } else if route.lets_pass(bearing) {
                fate.stays |= bit;
            }
        }
        fate
    }

    /// Whether there is still time for any of this walk's routes.
    pub(super) fn is_alive(&self, walk: &Walk, now: Instant) -> bool {
        self.each()
            .any(|(bit, route)| walk.begun & bit != 0 && !walk.is_over(route.variant.within, now))
    }

    fn each(&self) -> impl Iterator<Item = (u32, &Route)> {
        let places = BITS.iter().zip(&self.routes);
        places.filter_map(|(bit, route)| Some((*bit, &**route.as_ref()?)))
    }
}

impl Fate {
    fn go_on(&mut self, bit: u32, route: &Route, done: usize) {
        if done < route.length() {
            self.onward |= bit;
            return;
        }
        self.ended |= bit;
        let whole = Whole {
            sequence: route.variant.sequence,
            number: route.variant.number,
            length: done,
        };
        self.whole = Whole::longest(self.whole, Some(whole));
    }
}

impl Whole {
    /// The one that took more packets; the first one where both took as many.
    pub(super) fn longest(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (Some(one), Some(other)) if other.length > one.length => Some(other),
            (one, other) => one.or(other),
        }
    }
}

/// As many as a mask has bits. Eight sequences may begin with the same step, and each can have
/// three variants at a time.
pub(super) const MOST_ROUTES: usize = 32;

const BITS: [u32; MOST_ROUTES] = {
    let mut bits = [1; MOST_ROUTES];
    let mut place = 1;
    while let Some((last, [bit, ..])) = split(&mut bits, place) {
        *bit = last.rotate_left(1);
        place = place.saturating_add(1);
    }
    bits
};

/// The bit before a place, and all from there on.
const fn split(bits: &mut [u32; MOST_ROUTES], place: usize) -> Option<(u32, &mut [u32])> {
    match bits.split_at_mut_checked(place) {
        Some(([.., last], rest)) => Some((*last, rest)),
        _ => None,
    }
}
