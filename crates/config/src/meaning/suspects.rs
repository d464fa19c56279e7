//! `[guard]`: who is suspect, who is banned for it, and who never is.

use std::{
    ops::{Range, RangeInclusive},
    time::Duration,
};

use nightlatch_core::{
    BanPlan, Banning, LONGEST_BAN, MOST_BANS, PortRange, Prefix, Protocol, SentryPlan, Sequence,
};
use nightlatch_ticket::Span;
use serde_spanned::Spanned;

use super::{
    ServiceBook, decoys,
    values::{bounded, time},
};
use crate::{
    desk::Desk,
    guarding::{FailureLog, Guarding},
    ports::read_ports,
    remark::Remark,
    text::{GuardText, List},
};

/// What a decoy must not lie beside.
pub(super) struct Neighbours<'a> {
    pub(super) services: &'a ServiceBook,
    pub(super) sequences: &'a [Sequence],
    pub(super) knock_port: Option<u16>,
    pub(super) span: Option<&'a (Span, Protocol)>,
}

/// Reads what failures lead to.
pub(super) fn read(text: &GuardText, around: &Neighbours<'_>, desk: &mut Desk) -> Option<Guarding> {
    let usual = Guarding::default();
    let window = match &text.window {
        Some(written) => time(written, WINDOWS, desk),
        None => Some(usual.sentry.window),
    };
    let failures = bounded(
        text.failures.as_ref(),
        FAILURES,
        usual.sentry.failures,
        desk,
    );
    let closed_ports = bounded(
        text.closed_ports.as_ref(),
        CLOSED_PORTS,
        usual.sentry.closed_ports,
        desk,
    );
    let decoys = each(text.decoys.as_ref(), desk, read_ports);
    if let Some(decoys) = &decoys {
        decoys::complain(decoys, around, desk);
    }
    let times = times(text.times.as_ref(), &usual.bans.times, desk);
    let allow = each(text.allow.as_ref(), desk, str::parse::<Prefix>);
    let at_most = bounded(text.at_most.as_ref(), BANS, usual.bans.at_most, desk);
    let is_on = |written: &Option<Spanned<bool>>| {
        written.as_ref().is_some_and(|written| *written.get_ref())
    };
    Some(Guarding {
        sentry: SentryPlan {
            window: window?,
            failures: failures?,
            closed_ports: closed_ports?,
            decoys: decoys?.into_iter().map(|(range, _)| range).collect(),
        },
        bans: BanPlan {
            banning: if is_on(&text.ban) {
                Banning::Ban
            } else {
                Banning::CountOnly
            },
            times: times?,
            allow: allow?.into_iter().map(|(prefix, _)| prefix).collect(),
            at_most: at_most?,
        },
        failures: if is_on(&text.log_failures) {
            FailureLog::Suspects
        } else {
            FailureLog::Bans
        },
    })
}

/// A decoy and where it was written.
pub(super) type Decoy = (PortRange, Range<usize>);

/// Reads each word of a list, with its place; none if one of them is wrong.
fn each<T, E: std::fmt::Display>(
    written: Option<&Spanned<List>>,
    desk: &mut Desk,
    read: impl Fn(&str) -> Result<T, E>,
) -> Option<Vec<(T, Range<usize>)>> {
    let before = desk.errors();
    let mut found = Vec::new();
    for text in written.iter().flat_map(|list| &list.get_ref().0) {
        match read(text.get_ref()) {
            Ok(value) => found.push((value, text.span())),
            Err(error) => desk.add(Remark::of(text.span(), &error)),
        }
    }
    (desk.errors() == before).then_some(found)
}

fn times(
    written: Option<&Spanned<List>>,
    usual: &[Duration],
    desk: &mut Desk,
) -> Option<Vec<Duration>> {
    let Some(written) = written else {
        return Some(usual.to_vec());
    };
    let list = &written.get_ref().0;
    if !(1..=MOST_TIMES).contains(&list.len()) {
        let title = match list.len() {
            0 => "a ban needs a time".to_owned(),
            many => format!("{many} times are too many"),
        };
        desk.add(Remark::error(written.span(), title).advise(format!(
            "write 1 to {MOST_TIMES}: for the first ban, the second, and all later ones"
        )));
        return None;
    }
    let before = desk.errors();
    let times = list.iter().filter_map(|text| time(text, BAN_TIMES, desk));
    let times: Vec<Duration> = times.collect();
    (desk.errors() == before).then_some(times)
}

const WINDOWS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(1);
const FAILURES: RangeInclusive<i64> = 1..=100_000;
/// Two, or the first connection to a service that was stopped would be a scan; and no more than are
/// told apart.
const CLOSED_PORTS: RangeInclusive<i64> = 2..=SentryPlan::MOST_PORTS as i64;
const BANS: RangeInclusive<i64> = 1..=65_536;
const _: () = assert!(MOST_BANS == 65_536);
const BAN_TIMES: RangeInclusive<Duration> = Duration::from_secs(1)..=LONGEST_BAN;
/// Longer than a day no ban is: more steps say nothing.
const MOST_TIMES: usize = 8;
