//! What a door does, as far as its commands can be understood.

use nightlatch_core::PortRange;

use super::halves::Halves;
use crate::knockd::commands::{Act, Change, Unread, read};

/// What a door does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It opens ports to the address that knocked.
    Open(Opening),
    /// It takes back what another door opened; no ports at all: whatever that was.
    Close(Vec<PortRange>),
    /// It runs something; why that is no grant.
    Run(Unread),
    /// Nothing but a line in the log.
    Log,
}

/// What a door opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) ports: Vec<PortRange>,
    pub(super) lasts: Lasts,
    /// What the commands say and a grant does not.
    pub(super) dropped: Vec<String>,
    pub(super) families: Families,
    /// What the stop command forgets to close.
    pub(super) left_open: Vec<PortRange>,
}

/// Until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lasts {
    /// A stop command runs after `Cmd_Timeout`.
    UntilStop,
    /// The firewall itself forgets it after so many seconds.
    Seconds(u64),
    /// Nothing ends it but another door.
    UntilClosed,
}

/// For which addresses knockd's commands worked; a grant is for the address that knocked, whichever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Families {
    Both,
    FourOnly,
    SixOnly,
}

/// What these commands do.
pub(super) fn of(halves: &Halves) -> Deed {
    match (&halves.four.start, &halves.six.start) {
        (None, None) => Deed::Log,
        _ => understood(halves).unwrap_or_else(Deed::Run),
    }
}

fn understood(halves: &Halves) -> Result<Deed, Unread> {
    let reading = |command: &Option<String>| command.as_deref().map(read).transpose();
    let (four, six) = (reading(&halves.four.start)?, reading(&halves.six.start)?);
    let stops: Vec<Change> = halves.stops().map(read).collect::<Result<_, _>>()?;
    let changes: Vec<&Change> = [&four, &six].into_iter().flatten().collect();
    let is_alike = |one: &Change, other: &Change| (one.act, one.lasts) == (other.act, other.lasts);
    let act = match changes.as_slice() {
        [] => return Err(Unread::Unknown),
        [first, rest @ ..] if rest.iter().all(|other| is_alike(first, other)) => first.act,
        _ => return Err(Unread::Mixed),
    };
    let fours = four
        .as_ref()
        .map(|change| change.four.clone())
        .unwrap_or_default();
    let sixes = six
        .as_ref()
        .map(|change| change.six.clone())
        .unwrap_or_default();
    let (ports, families) = match (fours.is_empty(), sixes.is_empty()) {
        (false, false) if fours == sixes => (fours, Families::Both),
        (false, false) => return Err(Unread::Mixed),
        (false, true) => (fours, Families::FourOnly),
        (true, false) => (sixes, Families::SixOnly),
        (true, true) if act == Act::Open => return Err(Unread::OtherFamily),
        (true, true) => (Vec::new(), Families::Both),
    };
    if stops.iter().any(|stop| stop.act == act) || act == Act::Close && !stops.is_empty() {
        return Err(Unread::Mixed);
    }
    if !stops.is_empty() && changes.iter().any(|change| change.lasts.is_some()) {
        return Err(Unread::TwoEnds);
    }
    Ok(match act {
        Act::Close => Deed::Close(ports),
        Act::Open => Deed::Open(Opening {
            lasts: lasts(&stops, &changes),
            left_open: left_open(&stops, &ports),
            dropped: dropped(&changes),
            ports,
            families,
        }),
    })
}

fn lasts(stops: &[Change], starts: &[&Change]) -> Lasts {
    let forgotten = starts.iter().find_map(|change| change.lasts);
    match forgotten {
        _ if !stops.is_empty() => Lasts::UntilStop,
        Some(seconds) => Lasts::Seconds(seconds),
        None => Lasts::UntilClosed,
    }
}

fn left_open(stops: &[Change], opened: &[PortRange]) -> Vec<PortRange> {
    let closed: Vec<&PortRange> = stops
        .iter()
        .flat_map(|stop| stop.four.iter().chain(&stop.six))
        .collect();
    // A stop command that names no ports finds by itself what was opened.
    let is_open = |port: &&PortRange| !closed.is_empty() && !closed.contains(port);
    opened.iter().filter(is_open).copied().collect()
}

fn dropped(changes: &[&Change]) -> Vec<String> {
    let mut dropped: Vec<String> = Vec::new();
    for what in changes.iter().flat_map(|change| &change.dropped) {
        if !dropped.contains(what) {
            dropped.push(what.clone());
        }
    }
    dropped
}
