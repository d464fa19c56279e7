//! How long a receiver asks to be left alone: `Retry-After`, RFC 9110 §10.2.3.

use core::time::Duration;
use std::time::{SystemTime, UNIX_EPOCH};

use httpdate::parse_http_date;

/// A moment or a number of seconds, as the receiver wrote it. A moment is one of its own clock: where it says
/// what that shows (`Date`), ours does not matter. What lies in its past is no pause.
pub(super) fn pause(retry_after: &str, date: Option<&str>, unix_seconds: u64) -> Option<Duration> {
    let text = retry_after.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = moment(text)?;
    let now = date
        .and_then(moment)
        .unwrap_or_else(|| Duration::from_secs(unix_seconds));
    Some(until.saturating_sub(now))
}

/// Since 1970.
fn moment(text: &str) -> Option<Duration> {
    let moment: SystemTime = parse_http_date(text).ok()?;
    moment.duration_since(UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of the example of the specification.
    const THEN: &str = "Fri, 31 Dec 1999 23:59:59 GMT";
    const THEN_SECONDS: u64 = 946_684_799;

    #[test]
    fn a_number_is_one_of_seconds() {
        let told = |text| pause(text, Some(THEN), 0).map(|pause| pause.as_secs());
        assert_eq!(told(" 120 "), Some(120));
        assert_eq!(told("0"), Some(0));
        for none in ["", "-1", "soon", "1e9", "1.5", "18446744073709551616"] {
            assert_eq!(told(none), None, "{none}");
        }
    }

    #[test]
    fn a_date_is_so_far_from_now_and_none_is_past() {
        let told = |now| pause(THEN, None, now).map(|pause| pause.as_secs());
        assert_eq!(told(THEN_SECONDS - 90), Some(90));
        assert_eq!(told(THEN_SECONDS), Some(0));
        assert_eq!(told(THEN_SECONDS + 90), Some(0));
        assert_eq!(told(u64::MAX), Some(0));
        assert_eq!(told(0), Some(THEN_SECONDS));
    }

    #[test]
    fn the_clock_that_counts_is_the_receivers() {
        let date = Some("Fri, 31 Dec 1999 23:58:59 GMT");
        for ours in [0, THEN_SECONDS + 90, u64::MAX] {
            assert_eq!(pause(THEN, date, ours), Some(Duration::from_mins(1)));
        }
        let unreadable = Some("a minute to midnight");
        let told = pause(THEN, unreadable, THEN_SECONDS - 7);
        assert_eq!(told, Some(Duration::from_secs(7)));
    }

    #[test]
    fn what_is_no_date_is_no_pause() {
        for none in [
            "Fri, 31 Dec 1999 23:59:59",
            "Mon, 31 Dec 1999 23:59:59 GMT",
            "Fri, 00 Dec 1999 23:59:59 GMT",
            "Wed, 31 Dec 0000 23:59:59 GMT",
            "Sat, 31 Feb 2099 23:59:60 GMT",
            "Fri, 31 Dec 1999 23:59:59 GMT, 5",
            "1999-12-31T23:59:59Z",
            "Fri, 31 Dé 1999 23:59:59 GMT",
        ] {
            assert_eq!(pause(none, None, 0), None, "{none}");
        }
    }
}
