//! What is told of a recording: a line for each knock, and the sum.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::IpAddr;

use derive_more::Display;
use nightlatch_capture::RecordingError;
use nightlatch_core::{Claim, Grant, Knocker, Now, Verdict};
use serde::Serialize;

use super::date::date;
use super::failing::{Failed, Failing};
use crate::broker::{Carried, Seats, of_verdict, source};
use crate::listener::PLACES;
use crate::options::Form;
use crate::tally::Tally;

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(super) enum Line {
    /// A knock, and what it comes to.
    #[display("{_0}")]
    Knock(Knock),
    /// The end.
    #[display("{_0}")]
    Sum(Sum),
}

/// A knock, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize)]
#[display("{at}  {address}  {client}{}: {verdict}{}", self.way(), self.more())]
pub(super) struct Knock {
    at: String,
    address: IpAddr,
    client: String,
    method: &'static str,
    verdict: &'static str,
    service: Option<String>,
    seconds: Option<u64>,
    text: Option<String>,
}

/// How many packets there were, and what those came to that were no knock.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize)]
#[display("{frames} frame{}: {}{}{fails}", if *frames == 1 { "" } else { "s" }, self.counts(), self.end())]
pub(super) struct Sum {
    frames: u64,
    counted: BTreeMap<&'static str, u64>,
    ended_early: Option<String>,
    #[serde(flatten)]
    fails: Fails,
}

/// Who failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Display, Serialize)]
#[display("{}{}", self.of_loudest(), self.of_suspects())]
pub(super) struct Fails {
    loudest: Vec<Failed>,
    suspects: Vec<Failed>,
    more_suspects: u64,
}

impl Line {
    /// A knock that was judged.
    pub(super) fn of(
        claim: &Claim,
        (verdict, carried): (&Verdict, Carried),
        (seats, at): (&Seats, Duration),
    ) -> Self {
        let grant = match verdict {
            Verdict::Grant(grant) => Some(grant),
            Verdict::Close(grants) => grants.first(),
            _ => None,
        };
        let text = match verdict {
            Verdict::Tell { text, .. } => Some(text.clone()),
            _ => None,
        };
        let lasts =
            |grant: &Grant| matches!(verdict, Verdict::Grant(_)).then(|| grant.lasts.as_secs());
        Self::Knock(Knock {
            at: date(at),
            address: source(claim),
            client: whose(claim, seats),
            method: method(claim),
            verdict: of_verdict(verdict, carried),
            service: grant.map(|grant| seats.service(grant.service)),
            seconds: grant.and_then(lasts),
            text,
        })
    }

    /// As it is printed.
    pub(super) fn text(&self, form: Form) -> String {
        match form {
            Form::Human => self.to_string(),
            Form::Json => serde_json::to_string(self).unwrap_or_default(),
        }
    }
}

impl Knock {
    /// A sequence says so in its name.
    fn way(&self) -> String {
        if self.method == SEQUENCE {
            return String::new();
        }
        format!(" by {}", self.method)
    }

    fn more(&self) -> String {
        let service = self.service.iter().map(|service| format!(" {service}"));
        let seconds = self
            .seconds
            .iter()
            .map(|seconds| format!(" for {seconds} s"));
        // Whoever recorded it may have made it up.
        let text = self.text.iter().map(|text| format!(" {text:?}"));
        service.chain(seconds).chain(text).collect()
    }
}

impl Sum {
    pub(super) fn of(
        (frames, tally): (u64, &Tally),
        fails: Fails,
        ended: Option<&RecordingError>,
    ) -> Self {
        let counted = PLACES
            .iter()
            .map(|place| (place.name(), tally.at(place.number())))
            .filter(|(_, count)| *count > 0);
        Self {
            frames,
            counted: counted.collect(),
            ended_early: ended.map(|error| crate::because(error)),
            fails,
        }
    }

    fn counts(&self) -> String {
        if self.counted.is_empty() {
            return "nothing in them".to_owned();
        }
        let counts = self
            .counted
            .iter()
            .map(|(name, count)| format!("{count} {name}"));
        counts.collect::<Vec<_>>().join(", ")
    }

    fn end(&self) -> String {
        let why = self
            .ended_early
            .as_deref()
            .map(|why| why.lines().next().unwrap_or_default());
        why.map_or_else(String::new, |why| format!("; no further: {why}"))
    }
}

impl Fails {
    pub(super) fn of(failing: &mut Failing, now: Now) -> Self {
        Self {
            loudest: failing.loudest(now),
            suspects: failing.suspects(),
            more_suspects: failing.more_suspects(),
        }
    }

    fn of_loudest(&self) -> String {
        told("failed the most", &self.loudest)
    }

    fn of_suspects(&self) -> String {
        let shown = self.suspects.iter().take(SUSPECTS_SHOWN);
        let text = told("suspect", &shown.cloned().collect::<Vec<_>>());
        let unshown = self.suspects.len().saturating_sub(SUSPECTS_SHOWN);
        let more = self
            .more_suspects
            .saturating_add(u64::try_from(unshown).unwrap_or(0));
        match more {
            0 => text,
            more => format!("{text}, … and {more} more"),
        }
    }
}

/// A line of its own for those who failed; nothing where there are none.
fn told(title: &str, failed: &[Failed]) -> String {
    let parts = failed
        .iter()
        .map(|one| format!("{} {} {}", one.source, one.failure, one.count));
    let parts: Vec<_> = parts.collect();
    match parts.as_slice() {
        [] => String::new(),
        parts => format!("\n{title}: {}", parts.join(", ")),
    }
}

fn whose(claim: &Claim, seats: &Seats) -> String {
    match claim {
        Claim::Ticket(claim) => seats.client(claim.client),
        Claim::Message(claim) => seats.client(claim.client),
        Claim::Frames(claim) => seats.client(claim.client),
        Claim::Sequence(claim) => seats.spoken(Knocker::Sequence(claim.sequence)),
    }
}

const fn method(claim: &Claim) -> &'static str {
    match claim {
        Claim::Ticket(_) => "ticket",
        Claim::Message(_) => "message",
        Claim::Frames(_) => "encrypted-sequence",
        Claim::Sequence(_) => SEQUENCE,
    }
}

/// For people; programs get all that are remembered.
const SUSPECTS_SHOWN: usize = 10;
const SEQUENCE: &str = "sequence";
