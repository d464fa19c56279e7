//! What came of a knock, as one JSON object.

use std::net::IpAddr;

use nightlatch_ticket::{Happened, Outcome, Repairs};
use serde::Serialize;

use super::{Report, Trouble};
use crate::knock::{Family, Visit};

/// The outcome for programs. Fields are added, never renamed.
pub(super) fn json(report: &Report<'_>) -> String {
    let whole = Whole {
        server: report.server,
        service: report.service,
        done: report.trouble().is_none(),
        exit: report.exit().number(),
        visits: report.visits.iter().map(One::of).collect(),
    };
    // Text and numbers alone: there is nothing in it that JSON could not say.
    serde_json::to_string(&whole).unwrap_or_default()
}

#[derive(Serialize)]
struct Whole<'a> {
    server: &'a str,
    service: &'a str,
    /// Whether what was wanted was done, over at least one family.
    done: bool,
    exit: u8,
    visits: Vec<One>,
}

/// One family.
#[derive(Default, Serialize)]
struct One {
    family: &'static str,
    place: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    open_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    repaired: Vec<&'static str>,
    /// By how many milliseconds the server's clock is ahead; left out where the clocks agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    server_clock_ahead_milliseconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packets: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_microseconds: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl One {
    fn of(visit: &Visit) -> Self {
        let knocked = visit.end.as_ref().ok();
        let done = visit.done();
        let trouble = Trouble::of(visit);
        let outcome = done
            .map(|done| word(&done))
            .or_else(|| trouble.map(|trouble| trouble.word()));
        Self {
            family: match visit.family {
                Family::V4 => "ipv4",
                Family::V6 => "ipv6",
            },
            place: visit.place.to_string(),
            outcome: outcome.unwrap_or_default(),
            address: done.and_then(|done| done.seen),
            open_seconds: done.and_then(|done| match done.happened {
                Happened::Granted { seconds } => Some(seconds),
                _ => None,
            }),
            repaired: done.map(|done| repaired(done.repairs)).unwrap_or_default(),
            server_clock_ahead_milliseconds: knocked
                .map(|knocked| knocked.after.offset)
                .filter(|offset| *offset != 0),
            packets: knocked.map(|knocked| knocked.exchange.diary.knocks()),
            took_microseconds: knocked.map(|knocked| knocked.exchange.took.as_micros()),
            reason: trouble.map(|trouble| trouble.to_string()),
        }
    }
}

const fn word(outcome: &Outcome) -> &'static str {
    match outcome.happened {
        Happened::Granted { .. } => "granted",
        Happened::Closed => "closed",
        Happened::Seen => "seen",
        Happened::Taken => "taken",
        Happened::Sent => "sent",
    }
}

fn repaired(repairs: Repairs) -> Vec<&'static str> {
    let Repairs {
        clock,
        counter,
        address,
    } = repairs;
    let named = [("clock", clock), ("counter", counter), ("address", address)];
    named
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, _)| name)
        .collect()
}
