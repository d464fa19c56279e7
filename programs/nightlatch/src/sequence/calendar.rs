//! Moments as people write them on paper, in UTC: `2026-08-01 12:00:30`.

use std::fmt;

use nightlatch_ticket::UnixTime;

/// A moment, shown by its day and time in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Utc(pub(super) UnixTime);

impl fmt::Display for Utc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let (year, month, day) = date(seconds / DAY);
        let (hour, minute, second) = (seconds % DAY / 3600, seconds % 3600 / 60, seconds % 60);
        write!(
            out,
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
        )
    }
}

/// Year, month and day of a day counted from 1970.
fn date(day: u64) -> (u64, u64, u64) {
    let (mut year, mut left) = (1970, day);
    while left >= year_length(year) {
        left = left.saturating_sub(year_length(year));
        year = year.saturating_add(1);
    }
    let mut month = 1;
    for length in month_lengths(year) {
        if left < length {
            break;
        }
        left = left.saturating_sub(length);
        month = u64::saturating_add(month, 1);
    }
    (year, month, left.saturating_add(1))
}

fn year_length(year: u64) -> u64 {
    month_lengths(year).iter().sum()
}

const fn month_lengths(year: u64) -> [u64; 12] {
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let february = if is_leap { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_by_day_and_time() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_800_000_000, "2027-01-15 08:00:00"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (4_107_542_399, "2100-02-28 23:59:59"),
        ] {
            assert_eq!(Utc(UnixTime::from_secs(seconds)).to_string(), text);
        }
    }

    #[test]
    fn the_last_moment_has_a_day_too() {
        let last = Utc(UnixTime::from_nanos(u64::MAX)).to_string();
        assert_eq!(last, "2554-07-21 23:34:33");
    }
}
