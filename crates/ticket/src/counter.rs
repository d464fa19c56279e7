//! The number that makes every knock of a client the last of its kind.

use crate::UnixTime;

/// A number that only rises: the server honours each one at most once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter(pub u64);

impl Counter {
    /// The largest counter there is; nothing can follow it.
    pub const LAST: Self = Self(u64::MAX);

    /// The counter of the next knock: the clock in nanoseconds, or one more than `last` if that is more.
    ///
    /// Following [`Counter::LAST`] there is only itself: a server refuses it as a replay.
    #[must_use]
    pub fn following(last: Self, now: UnixTime) -> Self {
        // A clock run wild must not use up the numbers: from here on they are counted one by one.
        let clock = now.as_nanos().min(CLOCK_AT_MOST);
        Self(clock.max(last.0.saturating_add(1)))
    }
}

/// The year 2262. Above it there are numbers left for 9 billion billion knocks.
const CLOCK_AT_MOST: u64 = i64::MAX.unsigned_abs();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_the_clock_in_nanoseconds() {
        assert_eq!(
            Counter::following(Counter(7), UnixTime::from_nanos(1_000)),
            Counter(1_000)
        );
    }

    #[test]
    fn a_clock_that_stands_still_or_goes_back_does_not_stop_the_counter() {
        assert_eq!(
            Counter::following(Counter(1_000), UnixTime::from_nanos(1_000)),
            Counter(1_001)
        );
        assert_eq!(
            Counter::following(Counter(1_000), UnixTime::from_nanos(3)),
            Counter(1_001)
        );
    }

    #[test]
    fn a_clock_run_wild_leaves_counters_to_follow() {
        let wild = Counter::following(Counter(0), UnixTime::from_nanos(u64::MAX));
        assert!(Counter::following(wild, UnixTime::from_nanos(u64::MAX)) > wild);
    }
}
