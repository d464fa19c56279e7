//! Two clocks as values: one that only runs forwards, one that tells the date.

use core::time::Duration;

use nightlatch_ticket::UnixTime;

/// A moment of the clock that only runs forwards and that nobody can set; it lasts for 584 years.
///
/// It has no `now()`: the edge reads the clock and hands it in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    nanoseconds: u64,
}

impl Instant {
    /// The moment that lies this long after the clock's own beginning.
    pub const fn from_duration(since_start: Duration) -> Self {
        Self { nanoseconds: 0 }.saturating_add(since_start)
    }

    /// How long this moment lies after the clock's own beginning.
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.nanoseconds)
    }

    /// This moment and a while more; it stops at the end of time instead of wrapping.
    #[must_use]
    pub const fn saturating_add(self, while_: Duration) -> Self {
        let seconds = while_.as_secs().saturating_mul(1_000_000_000);
        let nanoseconds = self.nanoseconds.saturating_add(seconds);
        Self {
            nanoseconds: nanoseconds.saturating_add(while_.subsec_nanos() as u64),
        }
    }

    /// How long ago `earlier` was; zero if it is still to come.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.nanoseconds.saturating_sub(earlier.nanoseconds))
    }
}

/// What both clocks say at one moment: the last argument of everything that depends on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For durations: nobody can set it, and a jump of the date leaves it alone.
    pub monotonic: Instant,
    /// For tags, counters and freshness: what client and server have in common, more or less.
    pub unix: UnixTime,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stops_at_its_ends_instead_of_wrapping() {
        let late = Instant::from_duration(Duration::MAX);
        let early = Instant::from_duration(Duration::ZERO);
        assert_eq!(late.saturating_add(Duration::from_secs(1)), late);
        assert_eq!(early.saturating_since(late), Duration::ZERO);
        assert_eq!(late.saturating_since(early), Duration::from_nanos(u64::MAX));
    }
}
