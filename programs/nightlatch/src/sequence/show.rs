//! The ports of the moment, on the screen and on paper, and as lines for who has only `nc`.

use std::fmt::Write;

use nightlatch_core::Protocol;
use nightlatch_ticket::{SequenceSecret, UnixTime};
use serde::Serialize;

use super::Shape;
use super::calendar::Utc;
use super::shape::Set;
use crate::period;

/// What is shown, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Showing<'a> {
    /// The host in the lines to paste.
    pub(crate) host: &'a str,
    /// How many sets go onto paper; none: the screen, with this set and the next.
    pub(crate) paper: Option<u16>,
}

/// The sets for people.
pub(crate) fn show(
    shape: Shape,
    secret: &SequenceSecret,
    how: Showing<'_>,
    now: UnixTime,
) -> String {
    let mut sets = shape.sets(secret, now);
    match (how.paper, sets.next(), sets.next()) {
        (None, Some(this), Some(next)) => screen(shape, &this, &next, how.host, now),
        (many, ..) => paper(
            shape.protocol(),
            shape.sets(secret, now).take(many.unwrap_or(1).into()),
        ),
    }
}

/// The sets for programs: one JSON object in one line.
pub(crate) fn json(
    shape: Shape,
    secret: &SequenceSecret,
    how: Showing<'_>,
    now: UnixTime,
) -> String {
    let many = how.paper.unwrap_or(2);
    let sets = shape.sets(secret, now).take(many.into());
    let whole = Whole {
        protocol: shape.protocol().to_string(),
        every_seconds: shape.every().as_secs(),
        now: now.as_secs(),
        sets: sets.map(One::of).collect(),
    };
    // Text and numbers alone: there is nothing in it that JSON could not say.
    serde_json::to_string(&whole).unwrap_or_default()
}

/// The fewest keystrokes that make one packet.
pub(super) fn line(protocol: Protocol, host: &str, port: u16) -> String {
    match protocol {
        Protocol::Tcp => format!("nc -z -w1 {host} {port}"),
        Protocol::Udp => format!("printf . | nc -u -w1 {host} {port}"),
    }
}

fn screen(shape: Shape, this: &Set, next: &Set, host: &str, now: UnixTime) -> String {
    let protocol = shape.protocol();
    let left = period::written(this.ends.saturating_since(now));
    let left = format!("for {left}:");
    let mut text = format!(
        "now, {left:<14} {protocol} {}\nafter that:         {protocol} {}\n",
        listed(this),
        listed(next)
    );
    for port in &this.ports {
        let _ = write!(text, "\n{}", line(protocol, host, *port));
    }
    text
}

fn paper(protocol: Protocol, sets: impl Iterator<Item = Set>) -> String {
    let mut text = format!("from                     touch in this order ({protocol})");
    for set in sets {
        let _ = write!(text, "\n{} UTC  {}", Utc(set.begins), listed(&set));
    }
    text
}

fn listed(set: &Set) -> String {
    let ports: Vec<_> = set.ports.iter().map(u16::to_string).collect();
    ports.join(" ")
}

#[derive(Serialize)]
struct Whole {
    protocol: String,
    every_seconds: u64,
    now: u64,
    sets: Vec<One>,
}

#[derive(Serialize)]
struct One {
    step: u64,
    begins: u64,
    ends: u64,
    begins_utc: String,
    ports: Vec<u16>,
}

impl One {
    fn of(set: Set) -> Self {
        Self {
            step: set.step.0,
            begins: set.begins.as_secs(),
            ends: set.ends.as_secs(),
            begins_utc: Utc(set.begins).to_string(),
            ports: set.ports,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::tests::{SHAPE, secret};
    use super::*;

    const NOW: UnixTime = UnixTime::from_secs(1_800_000_013);
    const SCREEN: Showing<'_> = Showing {
        host: "home.example.org",
        paper: None,
    };

    fn ports(place: usize) -> Vec<u16> {
        SHAPE.sets(&secret(), NOW).nth(place).unwrap().ports
    }

    fn words(ports: &[u16]) -> String {
        ports
            .iter()
            .map(u16::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn the_screen_has_this_set_the_next_and_lines_to_paste() {
        let text = show(SHAPE, &secret(), SCREEN, NOW);
        let lines: Vec<_> = text.lines().collect();
        let (this, next) = (ports(0), ports(1));
        assert_eq!(
            lines[0],
            format!("now, for 17 s:      tcp {}", words(&this))
        );
        assert_eq!(
            lines[1],
            format!("after that:         tcp {}", words(&next))
        );
        assert_eq!(lines[2], "");
        assert_eq!(lines.len(), 3 + 4);
        for (line, port) in lines[3..].iter().zip(this) {
            assert_eq!(*line, format!("nc -z -w1 home.example.org {port}"));
        }
    }

    #[test]
    fn a_datagram_is_sent_by_nc_too() {
        assert_eq!(
            line(Protocol::Udp, "192.0.2.1", 20_001),
            "printf . | nc -u -w1 192.0.2.1 20001"
        );
    }

    #[test]
    fn paper_has_as_many_sets_as_asked_for_with_their_times() {
        let how = Showing {
            paper: Some(3),
            ..SCREEN
        };
        let text = show(SHAPE, &secret(), how, NOW);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert_eq!(
            lines[2],
            format!("2027-01-15 08:00:30 UTC  {}", words(&ports(1)))
        );
    }

    #[test]
    fn programs_get_numbers() {
        let text = json(SHAPE, &secret(), SCREEN, NOW);
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["protocol"], "tcp");
        assert_eq!(told["sets"][0]["begins"], 1_800_000_000);
        assert_eq!(told["sets"][1]["begins_utc"], "2027-01-15 08:00:30");
        assert_eq!(told["sets"][0]["ports"], serde_json::json!(ports(0)));
        assert_eq!(told["sets"].as_array().unwrap().len(), 2);
    }
}
