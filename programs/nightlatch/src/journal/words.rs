//! One event as people read it.

use std::time::Duration;

use nightlatch_journal::{Kind, UnixMillis};

use super::entry::Entry;
use crate::period;
use crate::voice::tame;

/// When in UTC, and what, on one line.
pub(super) fn of(entry: &Entry) -> String {
    let moment = UnixMillis(entry.unix_ms).to_string();
    let (date, time) = moment.split_once('T').unwrap_or((&moment, ""));
    let (time, _) = time.split_once('.').unwrap_or((time, ""));
    format!("{date} {time}Z  {}", what(entry))
}

fn what(entry: &Entry) -> String {
    let who = who(entry);
    let told = |field: &Option<String>| field.as_deref().map_or_else(|| "?".to_owned(), tame);
    let (service, address, detail) = (
        told(&entry.service),
        told(&entry.address),
        told(&entry.detail),
    );
    let about = entry.service.as_ref();
    let about = about.map_or_else(String::new, |service| format!(": {}", tame(service)));
    let period = period::written(Duration::from_secs(entry.seconds));
    let count = entry.count;
    match Kind::named(&entry.event) {
        Some(Kind::Granted) => format!("open: {service} for {who} at {address}, {period}"),
        Some(Kind::Closed) if entry.detail.is_some() => {
            format!("nothing closed{about} for {who} at {address}: {detail}")
        }
        Some(Kind::Closed) => format!("closed: {service} by {who} at {address}"),
        Some(Kind::Refused) => format!("not opened{about} for {who} at {address}: {detail}"),
        Some(Kind::Answered) => format!("asked to knock again: {who} at {address}: {detail}"),
        Some(Kind::Told) => format!("message from {who} at {address}"),
        Some(Kind::Banned) => format!("banned {address} for {period}: {detail}, {count} times"),
        Some(Kind::Unbanned) => format!("unbanned {address}: {detail}"),
        Some(Kind::BansUntold) => format!("{count} bans and ends of bans are not listed"),
        Some(Kind::Started) => format!("nightlatchd {detail} started"),
        Some(Kind::Stopping) => format!("nightlatchd stops: {detail}"),
        Some(Kind::Reloaded) => format!("configuration reloaded, {count} grants ended"),
        Some(Kind::ReloadRefused) => format!("reload refused: {detail}"),
        Some(Kind::GatePutBack) => {
            format!("the gate was removed or changed: put back with {count} grants")
        }
        Some(Kind::JournalLost) => format!("{count} events were lost here"),
        Some(Kind::JournalSetAside) => format!("a damaged file was set aside: {detail}"),
        Some(Kind::RefusalsUntold) => format!("{count} more of {who} were not opened"),
        None => unknown(entry),
    }
}

fn who(entry: &Entry) -> String {
    match (&entry.client, &entry.sequence) {
        (Some(client), _) => tame(client),
        (None, Some(sequence)) => format!("sequence {}", tame(sequence)),
        (None, None) => "?".to_owned(),
    }
}

/// What a newer daemon tells: all the words that we have for it.
fn unknown(entry: &Entry) -> String {
    let fields = [
        Some(&entry.event),
        entry.client.as_ref(),
        entry.sequence.as_ref(),
        entry.service.as_ref(),
        entry.address.as_ref(),
        entry.detail.as_ref(),
    ];
    let words: Vec<_> = fields
        .into_iter()
        .flatten()
        .map(|text| tame(text))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> String {
        of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn each_kind_has_a_line() {
        for (json, line) in [
            (
                r#""event": "granted", "client": "alice", "service": "ssh", "address": "192.0.2.7", "seconds": 90"#,
                "open: ssh for alice at 192.0.2.7, 1 min 30 s",
            ),
            (
                r#""event": "granted", "sequence": "p", "service": "ssh", "address": "192.0.2.7", "seconds": 30"#,
                "open: ssh for sequence p at 192.0.2.7, 30 s",
            ),
            (
                r#""event": "refused", "client": "bob", "address": "192.0.2.7", "detail": "forbidden""#,
                "not opened for bob at 192.0.2.7: forbidden",
            ),
            (
                r#""event": "refused", "client": "bob", "service": "ssh", "address": "192.0.2.7", "detail": "unavailable""#,
                "not opened: ssh for bob at 192.0.2.7: unavailable",
            ),
            (
                r#""event": "closed", "sequence": "shut", "service": "ssh", "address": "192.0.2.7""#,
                "closed: ssh by sequence shut at 192.0.2.7",
            ),
            (
                r#""event": "closed", "client": "bob", "address": "192.0.2.7", "detail": "was not open""#,
                "nothing closed for bob at 192.0.2.7: was not open",
            ),
            (
                r#""event": "answered", "client": "bob", "address": "192.0.2.7", "detail": "in-doubt""#,
                "asked to knock again: bob at 192.0.2.7: in-doubt",
            ),
            (
                r#""event": "banned", "address": "2001:db8::/64", "seconds": 600, "count": 12, "detail": "decoy""#,
                "banned 2001:db8::/64 for 10 min: decoy, 12 times",
            ),
            (
                r#""event": "started", "detail": "0.1.0""#,
                "nightlatchd 0.1.0 started",
            ),
            (
                r#""event": "journal-lost", "count": 3"#,
                "3 events were lost here",
            ),
            (
                r#""event": "moved", "client": "a", "detail": "b""#,
                "moved a b",
            ),
        ] {
            let whole = shown(&format!("{{\"unix_ms\": 1795767174123, {json}}}"));
            assert_eq!(whole, format!("2026-11-27 08:12:54Z  {line}"));
        }
    }

    #[test]
    fn every_kind_that_there_is_has_words_of_its_own() {
        for kind in Kind::ALL {
            let line = shown(&format!("{{\"event\": \"{kind}\"}}"));
            assert_ne!(line, format!("1970-01-01 00:00:00Z  {kind}"));
        }
    }

    #[test]
    fn nothing_of_it_can_move_the_terminals_cursor() {
        for event in ["granted", "refused", "banned", "\\u001b[2J"] {
            let line = shown(&format!(
                "{{\"event\": \"{event}\", \"client\": \"\\u001b[2J\", \"service\": \"\\u001b[2J\",
                   \"address\": \"\\u001b[2J\", \"detail\": \"\\u001b[2J\"}}"
            ));
            assert!(!line.contains('\u{1b}'), "{line}");
        }
    }
}
