//! Ending what already runs, when a grant is taken back.

use std::collections::BTreeSet;
use std::net::IpAddr;

use nightlatch_core::{Cut, Opening, Passage};

use super::abilities::abilities_of;
use super::elements::Element;
use super::list::elements_of;
use super::{Nftables, apply};
use crate::gate::{SeverError, Severed};
use crate::key::{Flow, Key, read_opening};
use crate::layout::{CUT_TIME, Set};
use crate::nfnl::{Channel, NetlinkError};
use crate::sockets;

/// Cuts what is not cut already.
///
/// A cut stands before everything that conntrack knows. So it also ends connections that are forwarded to other hosts, and
/// conntrack's habit of taking up a connection in its middle lets none of them back in.
pub(super) fn sever(gate: &mut Nftables, cuts: &[Cut]) -> Result<Severed, SeverError> {
    // Only a grant lifts a cut: where one stands, nothing runs.
    let fresh = cuts.iter().filter(|cut| !gate.cuts.contains(cut));
    let fresh: BTreeSet<Cut> = fresh.copied().collect();
    if fresh.is_empty() {
        return Ok(Severed { sockets: 0 });
    }
    let refresh = abilities_of(gate).map_err(apply::sort)?.refresh;
    apply::open(&mut gate.channel, refresh, &in_cut_sets(&fresh)).map_err(apply::sort)?;
    remember(gate, &fresh).map_err(apply::sort)?;
    forget_flows(gate, &fresh).map_err(apply::sort)?;
    let sockets = sockets::destroy(&mut gate.diagnosis, &fresh).map_err(SeverError::Sockets)?;
    Ok(Severed { sockets })
}

/// As elements of their sets.
pub(super) fn in_cut_sets<'a>(cuts: impl IntoIterator<Item = &'a Cut>) -> Vec<Element> {
    let mut elements: Vec<Element> = cuts.into_iter().map(element).collect();
    elements.sort_by_key(|element| element.set);
    elements
}

/// The cuts that the kernel lists, of these sets.
pub(super) fn standing(
    channel: &mut Channel,
    sets: impl Iterator<Item = Set>,
) -> Result<BTreeSet<Cut>, NetlinkError> {
    let mut cuts = BTreeSet::new();
    for set in sets {
        let elements = elements_of(channel, set)?;
        let read = |key: &Key| read_opening(key.as_bytes(), Passage::Lasting).map(Cut::of);
        cuts.extend(elements.keys().filter_map(read));
    }
    Ok(cuts)
}

fn element(cut: &Cut) -> Element {
    let opening = Opening {
        address: cut.address,
        port: cut.port,
        passage: Passage::Lasting,
    };
    Element {
        set: Set::of_cut(&opening),
        key: Key::of_opening(&opening),
        time: Some(CUT_TIME),
    }
}

/// Notes them; those that have run out in the kernel are forgotten before they are too many.
fn remember(gate: &mut Nftables, fresh: &BTreeSet<Cut>) -> Result<(), NetlinkError> {
    gate.cuts.extend(fresh);
    if gate.cuts.len() > MOST_REMEMBERED {
        gate.cuts = standing(&mut gate.channel, Set::CUTS.into_iter())?;
    }
    Ok(())
}

fn forget_flows(gate: &mut Nftables, cuts: &BTreeSet<Cut>) -> Result<(), NetlinkError> {
    let refresh = abilities_of(gate)?.refresh;
    let concerns = |set: Set, address: IpAddr| (set == Set::Flow4) == address.is_ipv4();
    for set in [Set::Flow4, Set::Flow6] {
        if !cuts.iter().any(|cut| concerns(set, cut.address)) {
            continue;
        }
        let is_cut = |flow: Flow| {
            let (address, port) = (flow.address, flow.port);
            cuts.contains(&Cut { address, port })
        };
        let doomed: Vec<Element> = elements_of(&mut gate.channel, set)?
            .into_keys()
            .filter(|key| Flow::read(key.as_bytes()).is_some_and(is_cut))
            .map(|key| Element {
                set,
                key,
                time: None,
            })
            .collect();
        apply::close(&mut gate.channel, refresh, &doomed)?;
    }
    Ok(())
}

/// As many as both sets can hold.
const MOST_REMEMBERED: usize = 131_072;
