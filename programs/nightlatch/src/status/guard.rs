//! Who fails, and who is banned for it, for people.

use std::fmt::Write;
use std::time::Duration;

use super::aligned::{aligned, counted, told};
use super::document::Guard;
use crate::period;
use crate::voice::tame;

/// The bans, the loudest and the numbers; nothing where nobody fails.
pub(super) fn guard(guard: &Guard) -> String {
    let parts = [
        bans(guard),
        loudest(guard),
        told("failures", &guard.failures),
    ];
    let kept: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    kept.join("\n\n")
}

fn bans(guard: &Guard) -> String {
    if guard.bans.is_empty() {
        return String::new();
    }
    let heads = ["banned", "for still"].map(str::to_owned);
    let rows = guard.bans.iter().map(|ban| {
        let rest = Duration::from_secs(ban.remaining_seconds);
        [tame(&ban.source), period::written(rest)]
    });
    let mut text = aligned(&[heads].into_iter().chain(rows).collect::<Vec<_>>());
    let shown = u64::try_from(guard.bans.len()).unwrap_or(u64::MAX);
    if let more @ 1.. = guard.bans_in_force.saturating_sub(shown) {
        let _ = write!(text, "\n… and {more} more");
    }
    let _ = write!(
        text,
        "\n{} kept out by bans",
        counted(guard.banned_packets, "packet")
    );
    text
}

fn loudest(guard: &Guard) -> String {
    if guard.loudest.is_empty() {
        return String::new();
    }
    let heads = ["loudest", "by", "times at least"].map(str::to_owned);
    let rows = guard.loudest.iter().map(|loud| {
        [
            tame(&loud.source),
            tame(&loud.failure),
            loud.count.to_string(),
        ]
    });
    let mut text = aligned(&[heads].into_iter().chain(rows).collect::<Vec<_>>());
    if !guard.banning {
        text.push_str("\nnobody is banned for it: [guard] and ban = true turn that on");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        guard(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn where_nobody_fails_nothing_is_said() {
        assert_eq!(shown("{}"), "");
    }

    #[test]
    fn tells_who_is_banned_and_who_fails_the_most() {
        let text = shown(
            r#"{"banning": true, "bans_in_force": 3, "banned_packets": 7,
                "failures": {"closed-ports": 40, "unknown-tag": 2},
                "loudest": [{"source": "203.0.113.7", "failure": "closed-ports", "count": 40},
                            {"source": "2001:db8::/64", "failure": "unknown-tag", "count": 2}],
                "bans": [{"source": "203.0.113.7", "remaining_seconds": 590},
                         {"source": "2001:db8::/64", "remaining_seconds": 86400}]}"#,
        );
        let expected = "\
banned         for still
203.0.113.7    9 min 50 s
2001:db8::/64  1 day
… and 1 more
7 packets kept out by bans

loudest        by            times at least
203.0.113.7    closed-ports  40
2001:db8::/64  unknown-tag   2

failures: closed-ports 40, unknown-tag 2";
        assert_eq!(text, expected);
    }

    #[test]
    fn nothing_of_it_can_move_the_terminals_cursor() {
        let text = shown(
            r#"{"failures": {"\u001b[2J": 1}, "loudest": [{"source": "\u001b[2J", "failure": "\u001b[2J"}],
                "bans": [{"source": "\u001b[2J"}]}"#,
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
