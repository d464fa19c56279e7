//! When something happened, and how that is written.

use core::fmt;
use core::time::Duration;

/// Milliseconds since 1970; shown as RFC 3339 writes it, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// So much later.
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        Self(self.0.saturating_add(millis(by)))
    }

    /// So much earlier; not before 1970.
    #[must_use]
    pub fn earlier(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(millis(by)))
    }

    /// Whole seconds since 1970.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }
}

impl fmt::Display for UnixMillis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.as_secs() / DAY, self.as_secs() % DAY);
        let (year, month, day) = calendar(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let millis = self.0 % 1000;
        write!(
            out,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        )
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Year, month and day, so many days after the first of January 1970. Years begin with March here, so that
/// the day that not every year has is the last one; all years repeat after four hundred.
pub fn calendar(days: u64) -> (u64, u64, u64) {
    let days = days.saturating_add(DAYS_BEFORE_1970);
    let (era, of_era) = (days / ERA, days % ERA);
    let leap_days = (of_era / 1460)
        .saturating_sub(of_era / 36_524)
        .saturating_add(of_era / 146_096);
    let year_of_era = of_era.saturating_sub(leap_days) / 365;
    let begins = year_of_era
        .saturating_mul(365)
        .saturating_add(year_of_era / 4)
        .saturating_sub(year_of_era / 100);
    let of_year = of_era.saturating_sub(begins);
    let month = of_year.saturating_mul(5).saturating_add(2) / 153;
    let day = of_year.saturating_sub(month.saturating_mul(153).saturating_add(2) / 5);
    let is_next_year = month >= 10;
    let year = era
        .saturating_mul(400)
        .saturating_add(year_of_era)
        .saturating_add(is_next_year.into());
    let month = if is_next_year {
        month.saturating_sub(9)
    } else {
        month.saturating_add(3)
    };
    (year, month, day.saturating_add(1))
}

const DAY: u64 = 86_400;
/// From the first of March of the year 0.
const DAYS_BEFORE_1970: u64 = 719_468;
/// Four hundred years.
const ERA: u64 = 146_097;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_by_the_calendar() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(UnixMillis(millis).to_string(), text);
        }
        let _ = UnixMillis(u64::MAX).to_string();
    }

    #[test]
    fn time_does_not_run_over_its_ends() {
        let second = Duration::from_secs(1);
        assert_eq!(UnixMillis(10).earlier(second), UnixMillis(0));
        assert_eq!(UnixMillis(u64::MAX).later(second), UnixMillis(u64::MAX));
        assert_eq!(UnixMillis(10).later(second), UnixMillis(1010));
    }
}
