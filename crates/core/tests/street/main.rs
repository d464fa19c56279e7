//! The street: what walkers, scanners and forgers do to closed ports, told with real packets.
#![cfg(test)]

mod changes;
mod floods;
mod guard;
mod kinds;
mod knocks;
mod messages;
mod properties;
mod scans;
mod sources;
mod symbols;

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use nightlatch_core::{Advance, Glance, Ignored, SequenceId};

const FIRST: Glance = Glance::Advance(Advance::FirstStep);
const NEXT: Glance = Glance::Advance(Advance::NextStep);
const REPEATED: Glance = Glance::Ignore(Ignored::Repeated);
const ASTRAY: Glance = Glance::Ignore(Ignored::Astray);
const NOT_FOR_US: Glance = Glance::Ignore(Ignored::NotForUs);

/// What a walk comes to that opens the only sequence there is.
const OPENS: [SequenceId; 1] = [SequenceId(0)];
/// What all others come to.
const NOTHING: [SequenceId; 0] = [];

fn milliseconds(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// An address of somebody else, another for each number.
fn forged(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(
        0x0a00_0000 | (number.wrapping_mul(2_654_435_761) >> 8),
    ))
}

/// Not a good generator, and good enough to mix up ports.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        let number = usize::try_from(self.next() >> 16).unwrap();
        number.checked_rem(bound).unwrap()
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for place in (1..all.len()).rev() {
            all.swap(place, self.below(place.saturating_add(1)));
        }
    }
}
