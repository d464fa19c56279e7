//! Putting the gate up, or taking over the one that stands.
//!
//! Whatever may fail the call comes before the transaction that makes the gate. After it the gate stands as the
//! caller wants it; what cannot be brought in any more is counted, and stays outside.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use nightlatch_core::{Cut, GatePlan};
use rustix::io::Errno;

use super::Nftables;
use super::abilities::abilities_of;
use super::apply;
use super::build::{self, Ground, OWNED_AND_PERSISTENT};
use super::elements::{self, Element};
use super::list::elements_of;
use super::lower::lower;
use super::present::Present;
use super::sever::{in_cut_sets, standing};
use super::verbs::NEW_ELEMENT;
use crate::gate::{Hold, How, RaiseError, Raised};
use crate::key::{Flow, Key};
use crate::layout::{RUNNING_TIME, Set};
use crate::nfnl::{Channel, NetlinkError};
use crate::sockets;

/// Puts the gate up in one transaction; what nobody holds is taken over in one before it.
pub(super) fn raise(gate: &mut Nftables, plan: &GatePlan) -> Result<Raised, RaiseError> {
    let abilities = abilities_of(gate)?;
    let (hold, flags) = if abilities.owned_tables_persist {
        (Hold::Ours, OWNED_AND_PERSISTENT)
    } else {
        (Hold::Shared, 0)
    };
    let found = look(gate, plan, abilities.owned_tables_persist)?;
    if found.is_orphan {
        take_over(gate, flags)?;
    }
    let first = found.elements.len();
    let rest = commit(gate, plan, (found.ground, flags), found.elements)?;
    gate.hold = hold;
    let cut_again = found.cuts.len();
    gate.cuts = found.cuts;
    gate.watch.settle();
    let mut bring = |elements: &[Element]| {
        brought_in(elements, |some| {
            apply::open(&mut gate.channel, abilities.refresh, some)
        })
    };
    let lost = rest.len().saturating_sub(bring(&rest));
    let mut brought = first.saturating_sub(lost);
    let mut all = first.saturating_add(found.too_many);
    if found.ground == Ground::Empty {
        let late = latecomers(&mut gate.diagnosis, plan, &found.running);
        brought = brought.saturating_add(bring(&in_flow_sets(&late)));
        all = all.saturating_add(late.len());
    }
    let (how, carried, running) = match found.ground {
        Ground::Empty => (How::Built, 0, brought.saturating_sub(cut_again)),
        Ground::Fitting { .. } => (How::Adopted, 0, 0),
        Ground::Other => (How::Rebuilt, brought, 0),
    };
    Ok(Raised {
        how,
        hold,
        carried,
        running,
        left_out: all.saturating_sub(brought),
    })
}

/// What there is before the gate goes up.
struct Found {
    ground: Ground,
    /// Its owner is dead, and it stays as it is but for its lines.
    is_orphan: bool,
    /// What goes into the gate with it: the openings of another table, or what runs already.
    elements: Vec<Element>,
    /// How many more there are than the sets hold.
    too_many: usize,
    running: BTreeSet<Flow>,
    cuts: BTreeSet<Cut>,
}

fn look(gate: &mut Nftables, plan: &GatePlan, persists: bool) -> Result<Found, RaiseError> {
    let ours = gate.channel.port();
    let Some(table) = Present::look(&mut gate.channel)? else {
        let running = sockets::running(&mut gate.diagnosis, &plan.guarded)?;
        let mut elements = in_flow_sets(&running);
        let too_many = running.len().saturating_sub(elements.len());
        // Where the gate was torn down, what was severed stays cut: conntrack knows it still.
        let cuts = gate.cuts.clone();
        elements.extend(within_room(&in_cut_sets(&cuts)));
        return Ok(Found {
            ground: Ground::Empty,
            is_orphan: false,
            too_many,
            elements,
            running,
            cuts,
        });
    };
    if let Some(port) = table.owner.filter(|port| *port != ours) {
        return Err(RaiseError::HeldByAnother { port: Some(port) });
    }
    let sets = Set::CUTS.into_iter().filter(|set| table.has(*set));
    let cuts = standing(&mut gate.channel, sets)?;
    // Where a gate stood, conntrack has known every connection since: none is looked for.
    let (ground, elements, too_many) = if table.fits(persists) {
        let leads = table.leads();
        (Ground::Fitting { leads }, Vec::new(), 0)
    } else {
        let (elements, too_many) = in_force(gate, &table)?;
        (Ground::Other, elements, too_many)
    };
    Ok(Found {
        ground,
        is_orphan: persists && table.owner.is_none() && ground != Ground::Other,
        elements,
        too_many,
        running: BTreeSet::new(),
        cuts,
    })
}

/// Makes a gate ours that its process left behind; all of it stands on as it was.
///
/// By itself: the kernel hangs no chain into a table whose owner changes in the same transaction.
fn take_over(gate: &mut Nftables, flags: u32) -> Result<(), RaiseError> {
    let mut batch = gate.channel.batch();
    build::write_table(&mut batch, flags);
    batch.commit().map_err(sort)
}

/// One transaction for the gate, with as many elements as fit; hands back the rest.
///
/// The cuts come first: a cut that came late would let in once more whom it keeps out.
fn commit(
    gate: &mut Nftables,
    plan: &GatePlan,
    (ground, flags): (Ground, u32),
    mut elements: Vec<Element>,
) -> Result<Vec<Element>, RaiseError> {
    elements.sort_by_key(|element| Reverse(element.set));
    let mut batch = gate.channel.batch();
    build::write(&mut batch, plan, ground, flags);
    let written = elements::write(&mut batch, NEW_ELEMENT, &elements);
    if let Err(error) = batch.commit() {
        // The kernel did not say no, and may have done it: the caller must not stand before a
        // closed gate that he takes for missing.
        if ground == Ground::Empty && error.code().is_none() {
            let _ = lower(&mut gate.channel);
        }
        return Err(sort(error));
    }
    Ok(elements.split_off(written.min(elements.len())))
}

/// Brings in what it can, and says how much that is: what the kernel refuses stays outside.
fn brought_in(
    elements: &[Element],
    mut open: impl FnMut(&[Element]) -> Result<(), NetlinkError>,
) -> usize {
    elements
        .chunk_by(|one, next| one.set == next.set)
        .flat_map(|of_one_set| of_one_set.chunks(AT_ONCE))
        .filter(|some| open(some).is_ok())
        .fold(0, |sum, some| sum.saturating_add(some.len()))
}

/// Connections that came into being between the first look and the transaction.
///
/// If the kernel does not tell, there are none: the gate stands, and it is the safe side of it.
fn latecomers(diagnosis: &mut Channel, plan: &GatePlan, known: &BTreeSet<Flow>) -> BTreeSet<Flow> {
    let now = sockets::running(diagnosis, &plan.guarded).unwrap_or_default();
    now.difference(known).copied().collect()
}

/// The elements of a table of another shape, with the time that they have left, and how many more
/// there are than our sets hold.
fn in_force(gate: &mut Nftables, table: &Present) -> Result<(Vec<Element>, usize), NetlinkError> {
    let (mut found, mut too_many) = (Vec::new(), 0_usize);
    for set in Set::ALL.into_iter().filter(|set| table.has(*set)) {
        // What has no end was not written by us, and is not carried on.
        let mut elements: Vec<Element> = elements_of(&mut gate.channel, set)?
            .into_iter()
            .filter(|(_, time)| time.is_some())
            .map(|(key, time)| Element { set, key, time })
            .collect();
        let beyond = elements.len().saturating_sub(room_of(set));
        elements.truncate(room_of(set));
        too_many = too_many.saturating_add(beyond);
        found.append(&mut elements);
    }
    Ok((found, too_many))
}

/// Of each set as many as it holds.
fn within_room(elements: &[Element]) -> Vec<Element> {
    let of_one_set = elements.chunk_by(|one, next| one.set == next.set);
    let some = of_one_set.flat_map(|some| {
        some.iter()
            .take(some.first().map_or(0, |one| room_of(one.set)))
    });
    some.copied().collect()
}

/// As elements; of each IP version as many as the set holds.
fn in_flow_sets(running: &BTreeSet<Flow>) -> Vec<Element> {
    let of = |set: Set| {
        running
            .iter()
            .filter(move |flow| flow.set() == set)
            .take(room_of(set))
            .map(move |flow| Element {
                set,
                key: Key::of_flow(flow),
                time: Some(RUNNING_TIME),
            })
    };
    of(Set::Flow4).chain(of(Set::Flow6)).collect()
}

fn room_of(set: Set) -> usize {
    usize::try_from(set.size()).unwrap_or_default()
}

fn sort(error: NetlinkError) -> RaiseError {
    match error.code().map(Errno::from_raw_os_error) {
        // Somebody took it between our look and our transaction.
        Some(Errno::PERM | Errno::BUSY) => RaiseError::HeldByAnother { port: None },
        _ => RaiseError::Netlink(error),
    }
}

/// Few enough that little stays outside with what is refused.
const AT_ONCE: usize = 1000;

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn what_the_kernel_refuses_after_the_gate_stands_is_left_out_and_the_rest_comes_in() {
        let flow = |number| Flow {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            source_port: number,
            port: "tcp/22".parse().unwrap(),
        };
        let elements = in_flow_sets(&(0..2500).map(flow).collect());
        let mut asked = 0;
        let brought = brought_in(&elements, |_| {
            asked += 1;
            if asked == 2 {
                Err(NetlinkError::AnswerLost)
            } else {
                Ok(())
            }
        });
        assert_eq!((asked, brought), (3, 1500));
    }
}
