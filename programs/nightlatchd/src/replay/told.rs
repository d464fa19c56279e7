//! What is told of a recording: a line for each knock, and the sum.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::IpAddr;

use derive_more::Display;
use nightlatch_capture::RecordingError;
use nightlatch_core::{Claim, Grant, Knocker, Verdict};
use serde::Serialize;

use super::date::date;
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
#[display("{frames} frame{}: {}{}", if *frames == 1 { "" } else { "s" }, self.counts(), self.end())]
pub(super) struct Sum {
    frames: u64,
    counted: BTreeMap<&'static str, u64>,
    ended_early: Option<String>,
}

impl Line {
    /// A knock that was judged.
    pub(super) fn of(claim: &Claim, verdict: &Verdict, (seats, at): (&Seats, Duration)) -> Self {
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
            verdict: of_verdict(verdict, Carried::Out),
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
    pub(super) fn of(frames: u64, tally: &Tally, ended: Option<&RecordingError>) -> Self {
        let counted = PLACES
            .iter()
            .map(|place| (place.name(), tally.at(place.number())))
            .filter(|(_, count)| *count > 0);
        Self {
            frames,
            counted: counted.collect(),
            ended_early: ended.map(|error| crate::because(error)),
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

const SEQUENCE: &str = "sequence";
