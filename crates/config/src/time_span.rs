//! How long: "30s", "2m", "1h30m", "1d", and where it is short "500ms", as people write it.

use std::time::Duration;

/// Reads a length of time such as `30s`, `2m`, `1h30m` or `1d12h`: whole numbers, largest unit first.
///
/// It is at least a second and at most 30 days: an open door is never forgotten for good.
pub fn read_time_span(text: &str) -> Result<Duration, TimeSpanError> {
    some(read_in(&UNITS, text)?)
}

/// The same for what is kept or looked back at: up to ten years.
pub fn read_long_time_span(text: &str) -> Result<Duration, TimeSpanError> {
    let span = Duration::from_millis(milliseconds(&UNITS, text)?);
    if span > LONGEST {
        return Err(TimeSpanError::FarTooLong);
    }
    some(span)
}

const fn some(span: Duration) -> Result<Duration, TimeSpanError> {
    if span.is_zero() {
        Err(TimeSpanError::Nothing)
    } else {
        Ok(span)
    }
}

/// The same where thousandths of a second count: `500ms`, `1s500ms`; it may be no time at all.
pub(crate) fn read_short_time_span(text: &str) -> Result<Duration, TimeSpanError> {
    read_in(&SHORT_UNITS, text)
}

/// Writes a length of time the way [`read_time_span`] reads it, with thousandths of a second where there are any.
pub(crate) fn write_time_span(span: Duration) -> String {
    let mut left = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (letters, unit) in SHORT_UNITS {
        let count = left.checked_div(unit).unwrap_or_default();
        left = left.checked_rem(unit).unwrap_or_default();
        if count > 0 {
            text.push_str(&count.to_string());
            text.push_str(letters);
        }
    }
    if text.is_empty() {
        String::from("0s")
    } else {
        text
    }
}

fn read_in(units: &[(&str, u64)], text: &str) -> Result<Duration, TimeSpanError> {
    match milliseconds(units, text)? {
        TOO_LONG.. => Err(TimeSpanError::TooLong),
        milliseconds => Ok(Duration::from_millis(milliseconds)),
    }
}

/// Without a bound; what does not fit is as much as fits.
fn milliseconds(units: &[(&str, u64)], text: &str) -> Result<u64, TimeSpanError> {
    let mut rest = text;
    let mut milliseconds = 0_u64;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let (number, tail) = split_after(rest, |letter| letter.is_ascii_digit());
        let (letters, tail) = split_after(tail, |letter| letter.is_ascii_alphabetic());
        let unit = match units.iter().find(|(known, _)| *known == letters) {
            _ if letters.is_empty() && tail.is_empty() => return Err(TimeSpanError::NoUnit),
            Some((_, unit)) if *unit < last_unit => *unit,
            _ => return Err(TimeSpanError::NotATime),
        };
        // Twenty digits do not fit: that is too long, not unreadable.
        let count: u64 = match number {
            "" => return Err(TimeSpanError::NotATime),
            digits => digits.parse().unwrap_or(u64::MAX),
        };
        milliseconds = milliseconds.saturating_add(count.saturating_mul(unit));
        last_unit = unit;
        rest = tail;
    }
    if text.is_empty() {
        return Err(TimeSpanError::NotATime);
    }
    Ok(milliseconds)
}

/// The letters of a kind at the front, and what follows.
fn split_after(text: &str, is_of_it: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|letter| !is_of_it(letter));
    end.and_then(|end| text.split_at_checked(end))
        .unwrap_or((text, ""))
}

/// Why a length of time was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeSpanError {
    /// A number alone: seconds or hours?
    #[error("a number without a unit\n  write 30s, 5m or 1h")]
    NoUnit,
    /// Not numbers with units.
    #[error("not a length of time\n  write 30s, 5m, 1h30m or 1d")]
    NotATime,
    /// No time at all.
    #[error("no time at all\n  one second (1s) is the least")]
    Nothing,
    /// More than 30 days.
    #[error("longer than 30 days\n  30d is the most")]
    TooLong,
    /// More than ten years.
    #[error("longer than ten years\n  3650d is the most")]
    FarTooLong,
}

/// In milliseconds.
const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

const UNITS: [(&str, u64); 4] = [("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)];

const SHORT_UNITS: [(&str, u64); 5] = [
    ("d", DAY),
    ("h", HOUR),
    ("m", MINUTE),
    ("s", SECOND),
    ("ms", 1),
];

/// The first moment past 30 days.
const TOO_LONG: u64 = 30 * DAY + 1;
/// Ten years.
const LONGEST: Duration = Duration::from_hours(24 * 3650);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_write_it_in_many_ways() {
        for (text, seconds) in [
            ("30s", 30),
            ("2m", 120),
            ("1h30m", 5400),
            ("1d", 86_400),
            ("90s", 90),
            ("30d", 2_592_000),
        ] {
            assert_eq!(
                read_time_span(text),
                Ok(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_looked_back_at_may_be_years() {
        let days = |days: u64| Ok(Duration::from_hours(24 * days));
        assert_eq!(read_long_time_span("90d"), days(90));
        assert_eq!(read_long_time_span("3650d"), days(3650));
        for (text, reason) in [
            ("3651d", TimeSpanError::FarTooLong),
            ("18446744073709551615d", TimeSpanError::FarTooLong),
            ("0d", TimeSpanError::Nothing),
            ("90", TimeSpanError::NoUnit),
        ] {
            assert_eq!(read_long_time_span(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", TimeSpanError::NotATime),
            ("30", TimeSpanError::NoUnit),
            ("s", TimeSpanError::NotATime),
            ("1m1h", TimeSpanError::NotATime),
            ("1m1m", TimeSpanError::NotATime),
            ("-1s", TimeSpanError::NotATime),
            ("1.5h", TimeSpanError::NotATime),
            ("30 s", TimeSpanError::NotATime),
            ("500ms", TimeSpanError::NotATime),
            ("1hm", TimeSpanError::NotATime),
            ("0s", TimeSpanError::Nothing),
            ("0h0m", TimeSpanError::Nothing),
            ("31d", TimeSpanError::TooLong),
            ("30d1s", TimeSpanError::TooLong),
            ("99999999999999999999999s", TimeSpanError::TooLong),
            ("18446744073709551615d", TimeSpanError::TooLong),
        ] {
            assert_eq!(read_time_span(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn thousandths_count_where_times_are_short() {
        for (text, milliseconds) in [
            ("500ms", 500),
            ("1s500ms", 1500),
            ("1500ms", 1500),
            ("1m1ms", 60_001),
            ("0ms", 0),
            ("2s", 2000),
        ] {
            let read = read_short_time_span(text);
            assert_eq!(read, Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for (text, reason) in [
            ("500", TimeSpanError::NoUnit),
            ("1ms1s", TimeSpanError::NotATime),
            ("1ms1ms", TimeSpanError::NotATime),
            ("1.5s", TimeSpanError::NotATime),
            ("30d1ms", TimeSpanError::TooLong),
            ("99999999999999999999999ms", TimeSpanError::TooLong),
        ] {
            assert_eq!(read_short_time_span(text), Err(reason), "{text}");
        }
        assert_eq!(write_time_span(Duration::from_millis(100)), "100ms");
        assert_eq!(write_time_span(Duration::from_millis(61_500)), "1m1s500ms");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 1_u64..=2_592_000) {
            let span = Duration::from_secs(seconds);
            prop_assert_eq!(read_time_span(&write_time_span(span)), Ok(span));
        }

        #[test]
        fn what_is_written_of_short_times_is_read_back(milliseconds in 0_u64..=2_592_000_000) {
            let span = Duration::from_millis(milliseconds);
            prop_assert_eq!(read_short_time_span(&write_time_span(span)), Ok(span));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,24}") {
            let _ = (read_time_span(&text), read_short_time_span(&text));
        }
    }
}
