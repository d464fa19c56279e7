//! What one packet does to the walks of its source, all of which stand in one set.

use alloc::vec::Vec;

use nightlatch_wire::Observation;

use super::group::{Fate, Group, Whole};
use super::walk::Walk;
use super::walks::Stride;
use super::watch::{Bearing, Watch};
use crate::Instant;
use crate::bounded::WAYS;

/// A packet and what is known about it.
pub(super) struct Touch<'a> {
    pub(super) seen: &'a Observation<'a>,
    pub(super) who: u64,
    pub(super) print: u32,
    pub(super) bearing: Bearing,
    pub(super) now: Instant,
}

impl Touch<'_> {
    /// Walks, and says what it was.
    pub(super) fn walk(
        &self,
        set: &mut Set,
        watch: &Watch,
        begun: Option<(&Group, Fate)>,
    ) -> Stride {
        if self.of_source(set).any(|walk| walk.remembers(self.print)) {
            return Stride::Again;
        }
        let on = self.go_on(set, watch);
        let (group, first) = begun.unzip();
        let first = first.unwrap_or_default();
        let serial = group.map(|group| group.serial).unwrap_or_default();
        let whole = Whole::longest(on.whole, first.whole);
        if first.whole.is_some() {
            self.keep_print(set, watch);
        }
        for (serial, ended) in on.ended.iter().chain(&[(serial, first.ended)]) {
            self.end(set, *serial, *ended);
        }
        let ended = on.ended.iter().filter(|(group, _)| *group == serial);
        let ended = ended.fold(0, |all, (_, ended)| all | ended);
        let begun = self.begin(set, watch, serial, first.onward & !ended);
        match (whole, on.took_step, begun) {
            (Some(whole), ..) => Stride::Whole(whole),
            (_, true, _) => Stride::Onward,
            (_, _, Some(begun)) => begun,
            _ if on.again => Stride::Again,
            _ => self.astray(),
        }
    }

    /// Moves every walk of this source on by a step, or leaves it, or forgets it.
    fn go_on(&self, set: &mut Set, watch: &Watch) -> Strides {
        let mut strides = Strides::default();
        let mut parted = Vec::new();
        let walking = |walk: &&mut Walk| self.is_mine(walk) && walk.begun != 0;
        for walk in set.iter_mut().filter(walking) {
            let fate = watch
                .group(walk.group)
                .map(|group| group.fate(walk, self.seen, self.bearing, self.now));
            let fate = fate.unwrap_or_default();
            strides.count(walk.group, &fate);
            let further = walk.onward(fate.onward, self.print);
            if fate.onward != 0 && fate.stays != 0 {
                parted.push(further);
            }
            *walk = match (fate.onward, fate.stays) {
                (0, 0) if fate.ended != 0 => walk.spent(self.print),
                (0, 0) => Walk::default(),
                (_, 0) => further,
                (_, begun) => walk.staying(begun),
            };
        }
        for walk in parted {
            self.place(set, watch, walk);
        }
        self.merge(set);
        strides
    }

    /// Where a source has come equally far twice, by different beginnings, the later one has more
    /// time: the other is as good as forgotten.
    fn merge(&self, set: &mut Set) {
        let mut rest = set.as_mut_slice();
        while let Some((walk, others)) = rest.split_first_mut() {
            let mine = others.iter_mut().filter(|other| self.is_mine(other));
            mine.for_each(|other| walk.leave_to(other));
            rest = others;
        }
    }

    /// Remembers a first step, and from now on the time of the latest one.
    fn begin(&self, set: &mut Set, watch: &Watch, group: u32, begun: u32) -> Option<Stride> {
        if begun == 0 {
            return None;
        }
        let mut walk = Walk::begin(self.who, group, begun, self.now);
        let here = |walk: &&mut Walk| self.is_mine(walk) && (walk.group, walk.done) == (group, 1);
        for earlier in set.iter_mut().filter(here) {
            earlier.begun &= !begun;
            if earlier.begun == 0 {
                walk = core::mem::take(earlier).again(walk);
            }
        }
        walk.remember(self.print);
        let is_placed = self.place(set, watch, walk);
        Some(if is_placed {
            Stride::First
        } else {
            Stride::Crowded
        })
    }

    /// Nobody is to finish a sequence twice with the same steps.
    fn end(&self, set: &mut Set, group: u32, ended: u32) {
        let here = |walk: &&mut Walk| self.is_mine(walk) && walk.group == group && walk.begun != 0;
        for walk in set.iter_mut().filter(here) {
            walk.begun &= !ended;
            if walk.begun == 0 {
                *walk = walk.spent(0);
            }
        }
    }

    /// A sequence of one step leaves no walk, but sent once more it must not count once more.
    fn keep_print(&self, set: &mut Set, watch: &Watch) {
        if let Some(mine) = self.of_source_mut(set).next() {
            mine.remember(self.print);
            return;
        }
        let spent = Walk::begin(self.who, 0, 0, self.now).spent(self.print);
        self.place(set, watch, spent);
    }

    /// Finds a place for a walk: a free one, else that of who has the least to lose. Whoever has
    /// come further than the newcomer keeps his.
    fn place(&self, set: &mut Set, watch: &Watch, walk: Walk) -> bool {
        let worth = |walk: &Walk| {
            let is_alive = watch.is_alive(walk, self.now);
            (is_alive, if is_alive { walk.done } else { 0 }, walk.since)
        };
        let Some(weakest) = set.iter_mut().min_by_key(|walk| worth(walk)) else {
            return false;
        };
        let (is_alive, done, _) = worth(weakest);
        if is_alive && done > walk.done {
            return false;
        }
        *weakest = walk;
        true
    }

    /// What it was if it was no step.
    pub(super) const fn astray(&self) -> Stride {
        match self.bearing {
            Bearing::Touch => Stride::Astray,
            Bearing::Passing | Bearing::Later(_) => Stride::Nothing,
        }
    }

    const fn is_mine(&self, walk: &Walk) -> bool {
        walk.who == self.who
    }

    fn of_source<'s>(&self, set: &'s Set) -> impl Iterator<Item = &'s Walk> {
        set.iter().filter(|walk| self.is_mine(walk))
    }

    fn of_source_mut<'s>(&self, set: &'s mut Set) -> impl Iterator<Item = &'s mut Walk> {
        set.iter_mut().filter(|walk| self.is_mine(walk))
    }
}

/// What came of all walks of a source.
#[derive(Default)]
struct Strides {
    whole: Option<Whole>,
    took_step: bool,
    again: bool,
    /// By group, the routes that came to their end.
    ended: Vec<(u32, u32)>,
}

impl Strides {
    fn count(&mut self, group: u32, fate: &Fate) {
        self.whole = Whole::longest(self.whole, fate.whole);
        self.took_step |= fate.onward != 0;
        self.again |= fate.again != 0;
        if fate.ended != 0 {
            self.ended.push((group, fate.ended));
        }
    }
}

type Set = [Walk; WAYS];
