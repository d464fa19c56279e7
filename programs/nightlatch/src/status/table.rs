//! The daemon's document for people: who is in, until when, and what was kept out.

use std::fmt::Write;
use std::time::Duration;

use super::aligned::{aligned, counted, told};
use super::document::{Document, Grant, Hearing, Journal, Sequence};
use super::guard::guard;
use crate::period;
use crate::voice::tame;

/// The document as a few lines and a table, without a last line break.
pub(super) fn table(document: &Document) -> String {
    let paragraphs = [
        head(document),
        warnings(document),
        grants(document),
        guard(&document.guard),
        tallies(document),
    ];
    let kept: Vec<_> = paragraphs
        .into_iter()
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    kept.join("\n\n")
}

fn head(document: &Document) -> String {
    let Document {
        version,
        pid,
        up_seconds,
        dry_run,
        clients,
        knock_port,
        gate,
        ..
    } = document;
    let up = period::written(Duration::from_secs(*up_seconds));
    let guarded = match gate.guarded.as_slice() {
        [] => "nothing".to_owned(),
        guarded => tame(&guarded.join(", ")),
    };
    let kept = match (dry_run, gate.owned) {
        (true, _) => "a dry run: nothing is really guarded",
        (false, true) => "kept from other programs by the kernel",
        (false, false) => "put back when another program takes it away",
    };
    let mut text = format!("nightlatchd {} (process {pid}), up {up}\n", tame(version));
    let _ = write!(text, "gate      {guarded}: {kept}");
    if gate.put_back > 0 {
        let _ = write!(text, "; put back {} so far", times(gate.put_back));
    }
    if knock_port.is_some() || *clients > 0 {
        let at = knock_port.map_or_else(String::new, |port| format!("at udp/{port}, "));
        let known = counted(*clients, "client");
        let _ = write!(text, "\nknocks    {at}from {known} known");
    }
    if !document.sequences.is_empty() {
        let _ = write!(text, "\nsequences {}", sequences(&document.sequences));
    }
    if !document.hearing.is_empty() {
        let _ = write!(text, "\nsources   {}", sources(&document.hearing));
    }
    if document.journal.enabled {
        let _ = write!(text, "\njournal   {}", journal(&document.journal));
    }
    if !document.listener.is_empty() {
        let _ = write!(text, "\nlistener  {}", tame(&document.listener));
    }
    text
}

fn journal(journal: &Journal) -> String {
    let kept = counted(journal.kept, "event");
    match journal.lost {
        0 => format!("{kept} kept since the start"),
        lost => format!("{kept} kept since the start, {lost} lost"),
    }
}

fn sequences(sequences: &[Sequence]) -> String {
    let one = |sequence: &Sequence| {
        let name = tame(&sequence.name);
        let method = tame(&sequence.method);
        match sequence.lines_left {
            Some(left) => format!("{name} ({method}, {} left)", counted(left, "line")),
            None => format!("{name} ({method})"),
        }
    };
    let all: Vec<_> = sequences.iter().map(one).collect();
    all.join(", ")
}

/// What comes out of a log is lines, and of everything else packets: a number alone does for both.
fn sources(hearing: &[Hearing]) -> String {
    let one = |one: &Hearing| {
        let source = tame(&one.source);
        match one.lost {
            0 => format!("{source} ({} heard)", one.heard),
            lost => format!("{source} ({} heard, {lost} lost)", one.heard),
        }
    };
    let all: Vec<_> = hearing.iter().map(one).collect();
    all.join(", ")
}

fn warnings(document: &Document) -> String {
    let lines: Vec<_> = document.warnings.iter().map(|text| warning(text)).collect();
    lines.join("\n")
}

/// What is wrong; what to do stands below, where it has lines of its own.
fn warning(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(|line| tame(line.trim())).collect();
    format!("warning: {}", lines.join("\n         "))
}

fn grants(document: &Document) -> String {
    if document.grants.is_empty() {
        return "nobody has a door open".to_owned();
    }
    let heads = ["client", "service", "address", "ports", "still open"].map(str::to_owned);
    let rows: Vec<_> = [heads]
        .into_iter()
        .chain(document.grants.iter().map(row))
        .collect();
    let mut text = aligned(&rows);
    let shown = u64::try_from(document.grants.len()).unwrap_or(u64::MAX);
    if let more @ 1.. = document.grants_in_force.saturating_sub(shown) {
        let _ = write!(text, "\n… and {more} more");
    }
    text
}

fn row(grant: &Grant) -> [String; 5] {
    let known = |name: &Option<String>| name.as_deref().map_or_else(|| "?".to_owned(), tame);
    [
        known(&grant.client),
        known(&grant.service),
        tame(&grant.address),
        tame(
            &[grant.ports.as_slice(), grant.sets.as_slice()]
                .concat()
                .join(", "),
        ),
        period::written(Duration::from_secs(grant.remaining_seconds)),
    ]
}

fn tallies(document: &Document) -> String {
    let gate = &document.gate;
    let kept_out = format!(
        "kept out: {} from guarded ports; at the knock port: {}",
        counted(gate.kept_out_packets, "packet"),
        counted(gate.knock_port_packets, "packet"),
    );
    let lines = [
        told("knocks", &document.knocks),
        told("ignored", &document.ignored),
        told("commands", &document.commands),
        notifications(document),
        kept_out,
    ];
    let kept: Vec<_> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    kept.join("\n")
}

fn notifications(document: &Document) -> String {
    document.notifications.map_or_else(String::new, |of| {
        format!("notifications: {} told, {} lost", of.told, of.lost)
    })
}

fn times(count: u64) -> String {
    match count {
        1 => "once".to_owned(),
        _ => format!("{count} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_in_a_set_alone_is_shown_in_it() {
        let text = shown(
            r#"{"grants":[{"service":"db","address":"192.0.2.7","sets":["inet fw friends"]}],"grants_in_force":1}"#,
        );
        assert!(text.contains("inet fw friends"), "{text}");
    }

    #[test]
    fn notifications_are_shown_where_somebody_is_told() {
        let text = shown(r#"{"notifications":{"told":12,"lost":3,"failing":true}}"#);
        assert!(text.contains("notifications: 12 told, 3 lost"), "{text}");
        assert!(!shown(r#"{"notifications":null}"#).contains("notifications"));
    }

    fn shown(json: &str) -> String {
        table(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn tells_what_each_source_has_heard_and_lost() {
        let text = shown(
            r#"{"hearing": [{"source": "packets", "heard": 7, "lost": 0},
                            {"source": "log:/var/log/\u001b[2J", "heard": 1, "lost": 2}]}"#,
        );
        let line = text
            .lines()
            .find(|line| line.starts_with("sources"))
            .unwrap();
        assert!(
            line.starts_with("sources   packets (7 heard), log:/var/log/"),
            "{line}"
        );
        assert!(line.ends_with("(1 heard, 2 lost)"), "{line}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn tells_who_is_in_and_for_how_long() {
        let text = shown(
            r#"{"version": "0.1.0", "pid": 7, "up_seconds": 7300, "clients": 2, "knock_port": 62201,
                "gate": {"guarded": ["tcp/22", "udp/8000-8010"], "owned": true, "kept_out_packets": 1},
                "grants": [{"client": "alice", "service": "ssh", "address": "203.0.113.7",
                            "ports": ["tcp/22"], "remaining_seconds": 29},
                           {"client": null, "service": null, "address": "2001:db8::7",
                            "ports": ["tcp/22"], "remaining_seconds": 90}],
                "grants_in_force": 5, "knocks": {"granted": 4, "stale": 1}, "ignored": {}}"#,
        );
        let expected = "\
nightlatchd 0.1.0 (process 7), up 2 h 1 min
gate      tcp/22, udp/8000-8010: kept from other programs by the kernel
knocks    at udp/62201, from 2 clients known

client  service  address      ports   still open
alice   ssh      203.0.113.7  tcp/22  29 s
?       ?        2001:db8::7  tcp/22  1 min 30 s
… and 3 more

knocks: granted 4, stale 1
kept out: 1 packet from guarded ports; at the knock port: 0 packets";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_document_of_another_release_is_shown_as_far_as_it_is_known() {
        let text =
            shown(r#"{"version": "9", "moods": ["calm"], "warnings": ["the clock is wrong"]}"#);
        assert!(text.starts_with("nightlatchd 9 "), "{text}");
        assert!(text.contains("\nwarning: the clock is wrong\n"), "{text}");
        assert!(text.contains("nobody has a door open"), "{text}");
    }

    #[test]
    fn what_to_do_about_a_warning_stands_below_it() {
        let text = shown(
            r#"{"version": "1", "warnings": ["the clock is before 2020\n  set it: all wait", "one"]}"#,
        );
        let expected =
            "\nwarning: the clock is before 2020\n         set it: all wait\nwarning: one\n";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn nothing_in_the_document_can_move_the_terminals_cursor() {
        let text = shown(
            r#"{"version": "\u001b[2J", "listener": "\u001b[2J", "warnings": ["\u001b[2J"],
                "gate": {"guarded": ["\u001b[2J"]}, "knocks": {"\u001b[2J": 1},
                "grants": [{"client": "\u001b[2J", "address": "\u001b[2J", "ports": ["\u001b[2J"]}]}"#,
        );
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
