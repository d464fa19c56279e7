//! What is known of one source and one kind of failure, within one window of time.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use super::{Failure, Prefix};
use crate::Instant;

/// What is known of one source and one kind of failure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspicion {
    /// Which ports, or which kinds of them: never more bits than ports.
    marks: [u64; 4],
    /// When the window began.
    begun: Instant,
    /// When it was told; the clock's own beginning if it never was.
    told: Instant,
    pub(super) prefix: Prefix,
    pub(super) failure: Failure,
    /// By what its latest address is known.
    latest: u32,
    /// Never less than what it did; nobody is here if it is zero.
    count: u32,
    /// What of that may have been somebody else's.
    inherited: u32,
    /// How often another address came than the one before.
    turns: u16,
}

/// One failure of one source.
#[derive(Clone, Copy)]
pub(super) struct Instance {
    pub(super) prefix: Prefix,
    pub(super) failure: Failure,
    /// A number for the address, to tell it from the one before.
    pub(super) print: u32,
    /// Which of the 256 marks its port has.
    pub(super) mark: u8,
}

impl Suspicion {
    /// Somebody who comes for the first time; in somebody's place whose failures may count for his.
    pub(super) const fn begin(instance: &Instance, inherited: u32, now: Instant) -> Self {
        Self {
            marks: [0; 4],
            begun: now,
            told: Instant::from_duration(Duration::ZERO),
            prefix: instance.prefix,
            failure: instance.failure,
            latest: instance.print,
            count: inherited,
            inherited,
            turns: 0,
        }
    }

    /// One more.
    pub(super) fn add(&mut self, instance: &Instance) {
        self.count = self.count.saturating_add(1);
        if self.latest != instance.print {
            self.latest = instance.print;
            self.turns = self.turns.saturating_add(1);
        }
        if let Some(word) = self.marks.get_mut(usize::from(instance.mark >> 6)) {
            *word |= 1_u64.rotate_left(u32::from(instance.mark & 63));
        }
    }

    /// Whether it is about the same.
    pub(super) fn is_of(&self, instance: &Instance) -> bool {
        self.count > 0 && (self.prefix, self.failure) == (instance.prefix, instance.failure)
    }

    /// Whether its time is over; also if it never began.
    pub(super) fn is_over(&self, window: Duration, now: Instant) -> bool {
        self.count == 0 || now.saturating_since(self.begun) > window
    }

    /// How much is lost with it.
    pub(super) fn weight(&self, window: Duration, now: Instant) -> u32 {
        if self.is_over(window, now) {
            0
        } else {
            self.count
        }
    }

    /// How often at most.
    pub(super) const fn at_most(&self) -> u32 {
        self.count
    }

    /// How often at least: what nobody else can have done.
    pub(super) const fn at_least(&self) -> u32 {
        self.count.saturating_sub(self.inherited)
    }

    /// How many ports at least.
    pub(super) fn ports(&self) -> u32 {
        self.marks.iter().map(|word| word.count_ones()).sum()
    }

    /// How often another address came than the one before.
    pub(super) fn turns(&self) -> u32 {
        self.turns.into()
    }

    /// Whether it was told within this time.
    pub(super) fn is_told_within(&self, time: Duration, now: Instant) -> bool {
        self.told != Instant::default() && now.saturating_since(self.told) < time
    }

    /// It is told now.
    pub(super) const fn tell(&mut self, now: Instant) {
        self.told = now;
    }
}

impl Default for Suspicion {
    fn default() -> Self {
        let nobody = Instance {
            prefix: Prefix::of(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            failure: Failure::WrongLength,
            print: 0,
            mark: 0,
        };
        Self::begin(&nobody, 0, Instant::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(mark: u8) -> Instance {
        Instance {
            prefix: "192.0.2.1".parse().unwrap(),
            failure: Failure::ClosedPort,
            print: 1,
            mark,
        }
    }

    #[test]
    fn ports_are_counted_once_and_never_more_than_there_are() {
        let mut suspicion = Suspicion::begin(&touch(1), 7, Instant::default());
        for mark in [70, 70, 80, 90, 70] {
            suspicion.add(&touch(mark));
        }
        assert_eq!(
            (suspicion.ports(), suspicion.at_least(), suspicion.at_most()),
            (3, 5, 12)
        );
        (0..=u8::MAX).for_each(|mark| suspicion.add(&touch(mark)));
        assert_eq!(suspicion.ports(), 256);
    }

    #[test]
    fn it_takes_88_bytes() {
        assert_eq!(size_of::<Suspicion>(), 88);
    }
}
