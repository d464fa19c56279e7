//! How long: "30s", "2m", "1h30m", "1d" as people write them.

use std::time::Duration;

/// Reads a length of time such as `30s`, `2m`, `1h30m` or `1d12h`: whole numbers, largest unit first.
///
/// It is at least a second and at most 30 days: an open door is never forgotten for good.
pub fn read_time_span(text: &str) -> Result<Duration, TimeSpanError> {
    let mut rest = text;
    let mut seconds = 0_u64;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest
            .len()
            .saturating_sub(rest.trim_start_matches(|c: char| c.is_ascii_digit()).len());
        let (number, tail) = rest
            .split_at_checked(digits)
            .ok_or(TimeSpanError::NotATime)?;
        let mut letters = tail.chars();
        let unit = match letters.next() {
            None => return Err(TimeSpanError::NoUnit),
            Some(letter) => unit_of(letter).ok_or(TimeSpanError::NotATime)?,
        };
        if unit >= last_unit {
            return Err(TimeSpanError::NotATime);
        }
        // Twenty digits do not fit: that is too long, not unreadable.
        let count: u64 = match number {
            "" => return Err(TimeSpanError::NotATime),
            digits => digits.parse().unwrap_or(u64::MAX),
        };
        seconds = seconds.saturating_add(count.saturating_mul(unit));
        last_unit = unit;
        rest = letters.as_str();
    }
    match seconds {
        _ if text.is_empty() => Err(TimeSpanError::NotATime),
        0 => Err(TimeSpanError::Nothing),
        LONGEST_SECONDS.. => Err(TimeSpanError::TooLong),
        _ => Ok(Duration::from_secs(seconds)),
    }
}

/// Writes a length of time the way [`read_time_span`] reads it.
pub(crate) fn write_time_span(span: Duration) -> String {
    let mut left = span.as_secs();
    let mut text = String::new();
    for (letter, unit) in [('d', DAY), ('h', HOUR), ('m', MINUTE), ('s', 1)] {
        let count = left.checked_div(unit).unwrap_or_default();
        left = left.checked_rem(unit).unwrap_or_default();
        if count > 0 {
            text.push_str(&count.to_string());
            text.push(letter);
        }
    }
    if text.is_empty() {
        String::from("0s")
    } else {
        text
    }
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
}

fn unit_of(letter: char) -> Option<u64> {
    match letter {
        's' => Some(1),
        'm' => Some(MINUTE),
        'h' => Some(HOUR),
        'd' => Some(DAY),
        _ => None,
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// One second past 30 days.
const LONGEST_SECONDS: u64 = 30 * DAY + 1;

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

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 1_u64..=2_592_000) {
            let span = Duration::from_secs(seconds);
            prop_assert_eq!(read_time_span(&write_time_span(span)), Ok(span));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,24}") {
            let _ = read_time_span(&text);
        }
    }
}
