//! Moments on the command line: `2h` ago, or a date in UTC.

use std::time::Duration;

use nightlatch_config::read_long_time_span;
use nightlatch_journal::UnixMillis;

/// A moment, by the clock of this computer or on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// So long ago.
    Ago(Duration),
    /// Then.
    At(UnixMillis),
}

impl When {
    /// When that is.
    pub(super) fn by(self, now: UnixMillis) -> UnixMillis {
        match self {
            Self::Ago(span) => now.earlier(span),
            Self::At(then) => then,
        }
    }
}

/// What is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a moment: write 30m, 2h or 7d for so long ago, or 2026-11-27, or \"2026-11-27 10:15\" in UTC"
)]
pub(crate) struct NoMoment;

/// Reads `2h`, `2026-11-27`, `2026-11-27 10:15` or `2026-11-27T10:15:30Z`.
pub(crate) fn when(text: &str) -> Result<When, NoMoment> {
    if let Ok(span) = read_long_time_span(text) {
        return Ok(When::Ago(span));
    }
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00"));
    let days = days(date).ok_or(NoMoment)?;
    let seconds = seconds(time).ok_or(NoMoment)?;
    let since = days.saturating_mul(DAY).saturating_add(seconds);
    Ok(When::At(UnixMillis(since.saturating_mul(1000))))
}

/// Days since 1970 of `2026-11-27`.
fn days(date: &str) -> Option<u64> {
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let is_leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let months = [
        31,
        if is_leap { 29 } else { 28 },
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let before = usize::try_from(month).ok()?.checked_sub(1)?;
    let length: u64 = *months.get(before)?;
    if year < 1970 || !(1..=length).contains(&day) {
        return None;
    }
    let past: u64 = months.iter().take(before).sum();
    let leaps = |year: u64| {
        (year / 4)
            .saturating_sub(year / 100)
            .saturating_add(year / 400)
    };
    let last = year.saturating_sub(1);
    let years = year.saturating_sub(1970).saturating_mul(365);
    let leap_days = leaps(last).saturating_sub(leaps(1969));
    Some([years, leap_days, past, day.saturating_sub(1)].iter().sum())
}

/// Seconds of `10:15` or `10:15:30`.
fn seconds(time: &str) -> Option<u64> {
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])
        .or_else(|| numbers(time, ':', [2, 2]).map(|[hour, minute]| [hour, minute, 0]))?;
    let is_time = hour < 24 && minute < 60 && second < 60;
    let minutes = hour.saturating_mul(60).saturating_add(minute);
    is_time.then(|| minutes.saturating_mul(60).saturating_add(second))
}

/// Numbers of these lengths, and a letter between them.
fn numbers<const COUNT: usize>(
    text: &str,
    between: char,
    lengths: [usize; COUNT],
) -> Option<[u64; COUNT]> {
    let parts: Vec<&str> = text.split(between).collect();
    let parts: [&str; COUNT] = parts.try_into().ok()?;
    let mut numbers = [0; COUNT];
    for ((place, part), length) in numbers.iter_mut().zip(parts).zip(lengths) {
        let is_number = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        *place = part.parse().ok().filter(|_| is_number)?;
    }
    Some(numbers)
}

const DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_so_long_ago_or_dates() {
        let ago = When::Ago(Duration::from_hours(2));
        assert_eq!(when("2h"), Ok(ago));
        assert_eq!(ago.by(UnixMillis(7_200_001)), UnixMillis(1));
        for (text, written) in [
            ("1970-01-01", "1970-01-01T00:00:00.000Z"),
            ("2026-11-27", "2026-11-27T00:00:00.000Z"),
            ("2026-11-27 10:15", "2026-11-27T10:15:00.000Z"),
            ("2000-02-29T23:59:58Z", "2000-02-29T23:59:58.000Z"),
            ("2100-03-01", "2100-03-01T00:00:00.000Z"),
        ] {
            let When::At(moment) = when(text).unwrap() else {
                panic!("{text} is a date");
            };
            assert_eq!(moment.to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "yesterday",
            "2h ago",
            "2026-13-01",
            "2026-02-29",
            "2026-00-10",
            "2026-1-1",
            "1969-12-31",
            "2026-11-27 24:00",
            "2026-11-27 1:00",
            "2026-11-27 10:15:60",
            "2026-11-27-1",
            "+026-11-27",
        ] {
            assert_eq!(when(text), Err(NoMoment), "{text}");
        }
    }
}
