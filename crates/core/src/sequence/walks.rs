//! Walks: each source takes the steps of sequences on its own, and starts over when it goes astray.

use alloc::vec::Vec;

use nightlatch_wire::Observation;

use super::Variant;
use super::doorway::Doorway;
use super::group::Whole;
use super::touch::Touch;
use super::walk::Walk;
use super::watch::{Bearing, Watch};
use crate::bounded::Bounded;
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
    use crate::bounded::WAYS;
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
