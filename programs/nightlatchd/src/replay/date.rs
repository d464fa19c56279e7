//! Dates of recorded packets, as RFC 3339 writes them, in UTC.

use core::time::Duration;

/// A date of the Gregorian calendar, to the microsecond.
pub(super) fn date(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    let (days, second) = (seconds / DAY, seconds % DAY);
    let (year, month, day) = calendar(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let micros = since_1970.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day, so many days after the first of January 1970. Years begin with March here, so that
/// the day that not every year has is the last one; all years repeat after four hundred.
fn calendar(days: u64) -> (u64, u64, u64) {
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
    fn dates_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000000Z"),
            (1_795_767_174, "2026-11-27T08:12:54.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(date(Duration::from_secs(seconds)), text);
        }
        assert!(date(Duration::from_micros(1_000_007)).ends_with(":01.000007Z"));
        let _ = date(Duration::MAX);
    }
}
