//! Points in time as the wire knows them, and the ten-minute epochs that tags live in.

use core::time::Duration;

/// A point in time: nanoseconds since the beginning of 1970, until the year 2554.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// The last millisecond that can be written; a packet that names a later one is malformed.
    pub const LAST_MILLISECOND: u64 = u64::MAX / NANOSECONDS_PER_MILLISECOND;

    /// The point that many nanoseconds after the beginning of 1970.
    pub const fn from_nanos(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }

    /// The point that many milliseconds after the beginning of 1970; the last one if there is none.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds.saturating_mul(NANOSECONDS_PER_MILLISECOND))
    }

    /// The point that many seconds after the beginning of 1970; the last one if there is none.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(NANOSECONDS_PER_SECOND))
    }

    /// Nanoseconds since the beginning of 1970.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Whole milliseconds since the beginning of 1970: what the wire carries.
    pub const fn as_millis(self) -> u64 {
        self.0 / NANOSECONDS_PER_MILLISECOND
    }

    /// Whole seconds since the beginning of 1970.
    pub const fn as_secs(self) -> u64 {
        self.0 / NANOSECONDS_PER_SECOND
    }

    /// This point moved into the future; the last one if there is none that late.
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(nanoseconds(by)))
    }

    /// This point moved into the past; the beginning of 1970 if that is later.
    #[must_use]
    pub fn saturating_sub(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(nanoseconds(by)))
    }

    /// How much later this is than `earlier`; zero if it is not.
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// How far apart two points are, whichever comes first.
    pub const fn distance(self, other: Self) -> Duration {
        Duration::from_nanos(self.0.abs_diff(other.0))
    }

    /// This point as a clock shows it that is `milliseconds` ahead of ours, or behind when negative.
    #[must_use]
    pub fn shifted(self, milliseconds: i64) -> Self {
        let by = Duration::from_millis(milliseconds.unsigned_abs());
        if milliseconds < 0 {
            self.saturating_sub(by)
        } else {
            self.saturating_add(by)
        }
    }

    /// By how many milliseconds `other` is ahead of this point; negative when it is behind.
    pub fn offset_to(self, other: Self) -> i64 {
        let apart = i64::try_from(self.as_millis().abs_diff(other.as_millis())).unwrap_or(i64::MAX);
        if other < self {
            apart.saturating_neg()
        } else {
            apart
        }
    }
}

/// One stretch of ten minutes, counted from 1970: a normal tag is the same within it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The epoch that a point in time lies in.
    pub const fn at(time: UnixTime) -> Self {
        Self(time.as_secs() / EPOCH_SECONDS)
    }

    /// The epoch after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The epoch before this one; the first has none and stands for itself.
    #[must_use]
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// The first moment of this epoch.
    pub const fn begins(self) -> UnixTime {
        UnixTime::from_secs(self.0.saturating_mul(EPOCH_SECONDS))
    }
}

/// Long enough that one epoch to either side forgives a clock; short enough that a tag links little.
pub const EPOCH_SECONDS: u64 = 600;

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;
const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_changes_every_ten_minutes() {
        assert_eq!(Epoch::at(UnixTime::from_nanos(599_999_999_999)), Epoch(0));
        assert_eq!(Epoch::at(UnixTime::from_secs(600)), Epoch(1));
        assert_eq!(Epoch(1).begins(), UnixTime::from_secs(600));
    }

    #[test]
    fn the_ends_of_time_hold() {
        let last = UnixTime::from_nanos(u64::MAX);
        assert_eq!(UnixTime::from_millis(u64::MAX), last);
        assert_eq!(last.saturating_add(Duration::MAX), last);
        assert_eq!(
            last.shifted(i64::MIN),
            last.saturating_sub(Duration::from_millis(1 << 63))
        );
        assert_eq!(UnixTime::default().shifted(-1), UnixTime::default());
        assert_eq!(Epoch(0).previous(), Epoch(0));
        assert_eq!(Epoch(u64::MAX).next(), Epoch(u64::MAX));
    }

    #[test]
    fn an_offset_leads_from_one_clock_to_the_other() {
        let (here, there) = (UnixTime::from_millis(5_000), UnixTime::from_millis(1_000));
        assert_eq!(here.offset_to(there), -4_000);
        assert_eq!(here.shifted(here.offset_to(there)), there);
        assert_eq!(there.shifted(there.offset_to(here)), here);
    }

    #[test]
    fn the_last_millisecond_is_the_last_that_can_be_written() {
        let last = UnixTime::from_millis(UnixTime::LAST_MILLISECOND);
        assert_eq!(last.as_millis(), UnixTime::LAST_MILLISECOND);
        assert_eq!(
            UnixTime::from_nanos(u64::MAX).as_millis(),
            UnixTime::LAST_MILLISECOND
        );
    }
}
