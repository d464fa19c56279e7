//! Dates of recorded packets, as RFC 3339 writes them, in UTC.

use core::time::Duration;

use nightlatch_journal::calendar;

/// A date of the Gregorian calendar, to the microsecond.
pub(super) fn date(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    let (days, second) = (seconds / DAY, seconds % DAY);
    let (year, month, day) = calendar(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let micros = since_1970.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

const DAY: u64 = 86_400;

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
