//! Putting the gate up, or taking over the one that stands.

use std::collections::BTreeSet;

use nightlatch_core::GatePlan;
use rustix::io::Errno;

use super::Nftables;
use super::abilities::abilities_of;
use super::apply;
use super::build::{self, Ground, OWNED_AND_PERSISTENT};
use super::elements::{self, Element};
use super::list::elements_of;
use super::present::Present;
use super::sever::Cut;
use super::verbs::NEW_ELEMENT;
use crate::gate::{Hold, How, RaiseError, Raised};
use crate::key::{Flow, Key};
use crate::layout::{RUNNING_TIME, Set};
use crate::nfnl::NetlinkError;
use crate::sockets;

/// Puts the gate up in one transaction.
pub(super) fn raise(gate: &mut Nftables, plan: &GatePlan) -> Result<Raised, RaiseError> {
    let abilities = abilities_of(gate)?;
    let ours = gate.channel.port();
    let present = Present::look(&mut gate.channel)?;
    if let Some(port) = present
        .as_ref()
        .and_then(|table| table.owner)
        .filter(|port| *port != ours)
    {
        return Err(RaiseError::HeldByAnother { port: Some(port) });
    }
    let ground = match &present {
        None => Ground::Empty,
        Some(table) if table.fits(abilities.owned_tables_persist) => Ground::Fitting,
        Some(_) => Ground::Other,
    };
    let carried = match (&present, ground) {
        (Some(table), Ground::Other) => in_force(gate, table)?,
        _ => Vec::new(),
    };
    // Where a gate stood, conntrack has known every connection since.
    let mut running = match ground {
        Ground::Empty => sockets::running(&mut gate.diagnosis, &plan.guarded)?,
        Ground::Fitting | Ground::Other => BTreeSet::new(),
    };
    let flags = if abilities.owned_tables_persist {
        OWNED_AND_PERSISTENT
    } else {
        0
    };
    commit(
        gate,
        plan,
        (ground, flags),
        carried
            .iter()
            .copied()
            .chain(in_flow_sets(&running))
            .collect(),
    )?;
    gate.hold = if abilities.owned_tables_persist {
        Hold::Ours
    } else {
        Hold::Shared
    };
    if ground == Ground::Empty {
        running.extend(latecomers(gate, plan, &running)?);
    }
    gate.cuts = cuts(gate)?;
    let kept = kept(&running);
    Ok(Raised {
        how: match ground {
            Ground::Empty => How::Built,
            Ground::Fitting => How::Adopted,
            Ground::Other => How::Rebuilt,
        },
        hold: gate.hold,
        carried: carried.len(),
        running: kept,
        left_out: running.len().saturating_sub(kept),
    })
}

/// One transaction for the gate, with as many elements as fit; the rest follows at once.
fn commit(
    gate: &mut Nftables,
    plan: &GatePlan,
    (ground, flags): (Ground, u32),
    mut elements: Vec<Element>,
) -> Result<(), RaiseError> {
    elements.sort_by_key(|element| element.set);
    let mut batch = gate.channel.batch();
    build::write(&mut batch, plan, ground, flags);
    let written = elements::write(&mut batch, NEW_ELEMENT, &elements);
    batch.commit().map_err(sort)?;
    let refresh = abilities_of(gate)?.refresh;
    apply::open(
        &mut gate.channel,
        refresh,
        elements.get(written..).unwrap_or_default(),
    )
    .map_err(sort)
}

/// Connections that came into being between the first look and the transaction.
fn latecomers(
    gate: &mut Nftables,
    plan: &GatePlan,
    known: &BTreeSet<Flow>,
) -> Result<BTreeSet<Flow>, RaiseError> {
    let room = usize::try_from(Set::Flow4.size()).unwrap_or_default();
    let now = sockets::running(&mut gate.diagnosis, &plan.guarded)?;
    let late: BTreeSet<Flow> = now.difference(known).copied().collect();
    if known.len() < room {
        let refresh = abilities_of(gate)?.refresh;
        apply::open(&mut gate.channel, refresh, &in_flow_sets(&late)).map_err(sort)?;
    }
    Ok(late)
}

/// The elements of a table of another shape, with the time that they have left.
fn in_force(gate: &mut Nftables, table: &Present) -> Result<Vec<Element>, NetlinkError> {
    let mut found = Vec::new();
    for set in Set::ALL.into_iter().filter(|set| table.has(*set)) {
        // What has no end was not written by us, and is not carried on.
        let elements = elements_of(&mut gate.channel, set)?.into_iter();
        found.extend(
            elements
                .filter(|(_, time)| time.is_some())
                .map(|(key, time)| Element { set, key, time }),
        );
    }
    Ok(found)
}

fn cuts(gate: &mut Nftables) -> Result<BTreeSet<Cut>, NetlinkError> {
    let mut cuts = BTreeSet::new();
    for set in [Set::Cut4, Set::Cut6] {
        let elements = elements_of(&mut gate.channel, set)?;
        cuts.extend(elements.keys().filter_map(|key| Cut::read(key.as_bytes())));
    }
    Ok(cuts)
}

/// As elements; of each IP version as many as the set holds.
fn in_flow_sets(running: &BTreeSet<Flow>) -> Vec<Element> {
    let of = |set: Set| {
        running
            .iter()
            .filter(move |flow| flow.set() == set)
            .take(usize::try_from(set.size()).unwrap_or_default())
            .map(move |flow| Element {
                set,
                key: Key::of_flow(flow),
                time: Some(RUNNING_TIME),
            })
    };
    of(Set::Flow4).chain(of(Set::Flow6)).collect()
}

fn kept(running: &BTreeSet<Flow>) -> usize {
    in_flow_sets(running).len()
}

fn sort(error: NetlinkError) -> RaiseError {
    match error.code().map(Errno::from_raw_os_error) {
        // Somebody took it between our look and our transaction.
        Some(Errno::PERM | Errno::BUSY) => RaiseError::HeldByAnother { port: None },
        _ => RaiseError::Netlink(error),
    }
}
