//! How long to wait between two touches, as people write it: `200ms`, `1s`.

use std::time::Duration;

/// What keeps the order of packets nearly everywhere: a longer queue on one of two ways is rare.
pub const USUAL_PAUSE: Duration = Duration::from_millis(50);

/// Reads a pause such as `0ms`, `200ms` or `1s`: at most a minute.
pub fn read_pause(text: &str) -> Result<Duration, PauseError> {
    let digits = text
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count()
        .min(text.len());
    let (number, unit) = text.split_at_checked(digits).ok_or(PauseError::NotATime)?;
    let number = match number {
        "" => return Err(PauseError::NotATime),
        // Twenty digits do not fit: that is too long, not unreadable.
        digits => digits.parse().unwrap_or(u64::MAX),
    };
    let pause = match unit {
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        "" => return Err(PauseError::NoUnit),
        _ => return Err(PauseError::NotATime),
    };
    if pause > LONGEST {
        Err(PauseError::TooLong)
    } else {
        Ok(pause)
    }
}

/// Why a pause was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PauseError {
    /// A number alone: seconds or their thousandths?
    #[error("a number without a unit\n  write 200ms or 1s")]
    NoUnit,
    /// Not a number with a unit.
    #[error("not a pause\n  write 200ms or 1s")]
    NotATime,
    /// No server waits so long.
    #[error("longer than a minute\n  servers forget a sequence after some seconds")]
    TooLong,
}

const LONGEST: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_read_in_their_units() {
        for (text, millis) in [("0ms", 0), ("200ms", 200), ("1s", 1000), ("60s", 60_000)] {
            assert_eq!(
                read_pause(text),
                Ok(Duration::from_millis(millis)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_pause_is_refused_with_its_reason() {
        for (text, reason) in [
            ("", PauseError::NotATime),
            ("ms", PauseError::NotATime),
            ("200", PauseError::NoUnit),
            ("1m", PauseError::NotATime),
            ("-1s", PauseError::NotATime),
            ("1.5s", PauseError::NotATime),
            ("61s", PauseError::TooLong),
            ("60001ms", PauseError::TooLong),
            ("99999999999999999999s", PauseError::TooLong),
        ] {
            assert_eq!(read_pause(text), Err(reason), "{text}");
        }
    }
}
