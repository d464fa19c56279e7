//! Lengths of time as people read them: `30 s`, `1 h 30 min`, `3 days 2 h`.

use std::time::Duration;

/// Writes a length of time with its two largest units: `3 days 2 h`, `1 h 30 min`, `30 s`.
pub(crate) fn written(period: Duration) -> String {
    let seconds = period.as_secs();
    let day = |count: u64| {
        if count == 1 {
            "1 day".to_owned()
        } else {
            format!("{count} days")
        }
    };
    let (large, small) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3600 => (format!("{} min", seconds / 60), (seconds % 60, "s")),
        3600..86_400 => (
            format!("{} h", seconds / 3600),
            (seconds % 3600 / 60, "min"),
        ),
        _ => (day(seconds / 86_400), (seconds % 86_400 / 3600, "h")),
    };
    match small {
        (0, _) => large,
        (count, unit) => format!("{large} {count} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_two_largest_units() {
        let pairs = [
            (0, "0 s"),
            (30, "30 s"),
            (60, "1 min"),
            (95, "1 min 35 s"),
            (5400, "1 h 30 min"),
            (86_400, "1 day"),
            (3 * 86_400 + 7_300, "3 days 2 h"),
        ];
        for (seconds, text) in pairs {
            assert_eq!(written(Duration::from_secs(seconds)), text);
        }
    }
}
