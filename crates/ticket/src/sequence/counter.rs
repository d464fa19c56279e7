//! Counters in 18 bits: units of 2^22 ns, about 4 ms, since the epoch began.

use core::time::Duration;

use crate::{Counter, Epoch, UnixTime};

impl Counter {
    /// The counter of the next request by way of ports: above `last`, and one that frames can say.
    ///
    /// None if the counters have run so far ahead of the clock that a server would take the request
    /// for stale: only a knock by ticket can have them put right. Its epoch is that of the counter,
    /// read as a time: [`Epoch::of_counter`].
    pub fn of_sequence(last: Self, now: UnixTime) -> Option<Self> {
        let Self(next) = Self::following(last, now);
        let epoch = Epoch::at(UnixTime::from_nanos(next));
        let since = next.checked_sub(epoch.begins().as_nanos())?;
        let counter = match since.checked_next_multiple_of(UNIT)? / UNIT {
            unit @ 0..=LAST_UNIT => of_unit(unit, epoch),
            _ => of_unit(0, epoch.next()),
        };
        let apart = UnixTime::from_nanos(counter.0).distance(now);
        (counter > last && apart <= APART_AT_MOST).then_some(counter)
    }
}

impl Epoch {
    /// The epoch that a counter lies in, read as a time: that of the frames which say it.
    pub const fn of_counter(counter: Counter) -> Self {
        Self::at(UnixTime::from_nanos(counter.0))
    }
}

/// The unit of the epoch that a counter lies in; the first or the last one if it lies outside.
pub(super) fn unit(counter: Counter, epoch: Epoch) -> u64 {
    let since = counter.0.saturating_sub(epoch.begins().as_nanos());
    since.checked_div(UNIT).unwrap_or_default().min(LAST_UNIT)
}

/// The counter that a unit stands for.
pub(super) const fn of_unit(unit: u64, epoch: Epoch) -> Counter {
    let since = unit.saturating_mul(UNIT);
    Counter(epoch.begins().as_nanos().saturating_add(since))
}

/// The last unit that begins within an epoch: 600 s − 0.6 ms.
pub(super) const LAST_UNIT: u64 = 143_051;

/// In nanoseconds.
const UNIT: u64 = 1 << 22;

/// Half of what a server forgives, the other half is for its clock.
const APART_AT_MOST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixTime = UnixTime::from_secs(1_800_000_300);

    fn following(last: u64, now: UnixTime) -> Option<u64> {
        Counter::of_sequence(Counter(last), now).map(|counter| counter.0)
    }

    #[test]
    fn a_counter_is_the_clock_rounded_up_to_the_next_unit() {
        let counter = following(0, NOON).unwrap();
        assert!(counter >= NOON.as_nanos() && counter - NOON.as_nanos() < UNIT);
        let epoch = Epoch::at(NOON);
        assert_eq!(
            of_unit(unit(Counter(counter), epoch), epoch),
            Counter(counter)
        );
    }

    #[test]
    fn two_at_the_same_moment_have_counters_of_their_own() {
        let first = following(0, NOON).unwrap();
        let second = following(first, NOON).unwrap();
        assert_eq!(second, first + UNIT);
    }

    #[test]
    fn a_knock_just_before_is_passed_over() {
        let knock = NOON.as_nanos() + UNIT + 1;
        assert!(following(knock, NOON).unwrap() > knock);
    }

    #[test]
    fn the_end_of_an_epoch_leads_into_the_next() {
        let end = UnixTime::from_nanos(Epoch(4).begins().as_nanos() - 1);
        assert_eq!(following(0, end), Some(Epoch(4).begins().as_nanos()));
        assert_eq!(
            Epoch::of_counter(Counter(following(0, end).unwrap())),
            Epoch(4)
        );
    }

    #[test]
    fn counters_that_ran_ahead_cannot_be_said() {
        let ahead = NOON.saturating_add(Duration::from_secs(29)).as_nanos();
        assert!(following(ahead, NOON).is_some());
        let ahead = NOON.saturating_add(Duration::from_secs(31)).as_nanos();
        assert_eq!(following(ahead, NOON), None);
        assert_eq!(following(u64::MAX, NOON), None);
        assert_eq!(following(0, UnixTime::from_nanos(u64::MAX)), None);
    }

    #[test]
    fn the_last_unit_lies_in_its_epoch_and_the_next_does_not() {
        assert!(of_unit(LAST_UNIT, Epoch(7)).0 < Epoch(8).begins().as_nanos());
        assert!(of_unit(LAST_UNIT + 1, Epoch(7)).0 >= Epoch(8).begins().as_nanos());
    }
}
