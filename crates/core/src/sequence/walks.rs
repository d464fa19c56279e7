//! Walks: each source takes the steps of sequences on its own, and starts over when it goes astray.

use alloc::vec::Vec;

use nightlatch_wire::Observation;

use super::Variant;
use super::doorway::Doorway;
use super::group::{Fate, Group, Whole};
use super::walk::Walk;
use super::watch::{Bearing, Watch};
use crate::bounded::{Bounded, WAYS};
use crate::{Instant, PortRange};

/// How far everybody has come.
pub(crate) struct Walks {
    watch: Watch,
    /// Only there while there is something to watch for.
    table: Option<Bounded<Walk>>,
}

/// What one packet was to the walks of its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stride {
    /// The last step.
    Whole(Whole),
    /// A step that is neither the first nor the last.
    Onward,
    /// A first step.
    First,
    /// A first step, and no room to remember it.
    Crowded,
    /// A step that was taken already.
    Again,
    /// No step: what its source had begun is forgotten.
    Astray,
    /// Nothing that walks have to do with.
    Nothing,
}

/// A packet and what is known about it.
struct Touch<'a> {
    seen: &'a Observation<'a>,
    who: u64,
    print: u32,
    bearing: Bearing,
    now: Instant,
}

impl Walks {
    /// Nobody walks, there is nowhere to go.
    pub(crate) fn nowhere() -> Self {
        Self {
            watch: Watch::nothing(),
            table: None,
        }
    }

    /// Watches for these from now on. Walks on a variant that is gone are gone with it.
    pub(crate) fn replace(&mut self, variants: Vec<Variant>, in_use: &[PortRange]) {
        self.watch.replace(variants, in_use);
        if self.watch.is_empty() {
            self.table = None;
        } else if self.table.is_none() {
            self.table = Some(Bounded::new(SETS));
        }
    }

    /// What this packet can do here: most can do nothing, and cost no hash.
    pub(crate) fn bearing(&self, seen: &Observation<'_>) -> Option<Bearing> {
        // Where there is nothing to watch for, nothing is closed.
        self.watch.bearing(Doorway::of(&seen.transport), seen)
    }

    /// Looks at one packet of a source; the print is by what the packet is known, if by anything.
    pub(crate) fn look(
        &mut self,
        seen: &Observation<'_>,
        (who, print): (u64, u32),
        bearing: Bearing,
        now: Instant,
    ) -> Stride {
        let Some(table) = &mut self.table else {
            return Stride::Nothing;
        };
        let touch = Touch {
            seen,
            who,
            print,
            bearing,
            now,
        };
        let beginning = self.watch.beginning_at(Doorway::of(&seen.transport));
        let begun = beginning.map(|group| (group, group.begin(seen)));
        let begun = begun.filter(|(_, fate)| (fate.onward | fate.ended) != 0);
        let set = match begun {
            Some(_) => table.room(who),
            None => table.found(who),
        };
        match set {
            Some(set) => touch.walk(set, &self.watch, begun),
            None => touch.astray(),
        }
    }
}

impl Touch<'_> {
    fn walk(&self, set: &mut Set, watch: &Watch, begun: Option<(&Group, Fate)>) -> Stride {
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
            *walk = match (fate.onward, fate.stays) {
                (0, 0) if fate.ended != 0 => walk.spent(self.print),
                (0, 0) => Walk::default(),
                (_, 0) => further,
                (onward, begun) => {
                    if onward != 0 {
                        parted.push(further);
                    }
                    walk.staying(begun)
                }
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
            if self.is_mine(walk) {
                for other in others.iter_mut().filter(|other| self.is_mine(other)) {
                    walk.leave_to(other);
                }
            }
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

    fn astray(&self) -> Stride {
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

/// With 50,000 forged first steps a second, a set sees fewer than one a second: that eight come
/// between two steps of somebody who takes a second happens once in a million knocks. Some 24 MiB
/// when strangers have filled it, next to nothing before.
const SETS: usize = 65_536;

#[cfg(test)]
mod tests {
    use core::net::{IpAddr, Ipv4Addr};
    use core::time::Duration;

    use nightlatch_wire::{Datagram, Transport, Unseen};

    use super::*;
    use crate::{SequenceId, Step};

    fn walks() -> Walks {
        let mut walks = Walks::nowhere();
        let variant = Variant {
            sequence: SequenceId(0),
            number: 0,
            steps: [7000, 8000, 9000].map(Step::udp).into(),
            within: Duration::from_secs(10),
        };
        walks.replace(alloc::vec![variant], &[]);
        walks
    }

    fn places(walks: &Walks) -> usize {
        walks.table.iter().flat_map(Bounded::places).count()
    }

    fn touch(walks: &mut Walks, who: u64, destination_port: u16) -> Stride {
        let seen = Observation {
            source: IpAddr::V4(Ipv4Addr::LOCALHOST),
            destination: IpAddr::V4(Ipv4Addr::LOCALHOST),
            hops: 64,
            identification: None,
            unfragmentable: None,
            length: 28,
            unseen: Unseen::NOTHING,
            transport: Transport::Udp(Datagram {
                source_port: 1,
                destination_port,
                payload: &[],
            }),
        };
        let bearing = walks.bearing(&seen).unwrap();
        walks.look(&seen, (who, 0), bearing, Instant::default())
    }

    #[test]
    fn who_takes_no_first_step_takes_no_memory() {
        let mut walks = walks();
        for who in 0..10_000_u64 {
            let who = who.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1);
            assert_eq!(touch(&mut walks, who, 8000), Stride::Astray);
        }
        assert_eq!(places(&walks), 0);
        assert_eq!(touch(&mut walks, 1, 7000), Stride::First);
        assert_eq!(places(&walks), WAYS);
        walks.replace(Vec::new(), &[]);
        assert_eq!(places(&walks), 0);
    }

    #[test]
    fn however_many_take_first_steps_there_is_an_end() {
        let mut walks = walks();
        for who in 0..1_500_000_u64 {
            let who = who.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1);
            assert_eq!(touch(&mut walks, who, 7000), Stride::First);
        }
        assert_eq!(places(&walks), SETS * WAYS);
        assert!(size_of::<Walk>() <= 48);
    }
}
