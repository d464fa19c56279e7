//! The parts of the gate for connections that lead on to other hosts.

use nightlatch_core::{Forward, GatePlan, Shows};

use super::build::{line, pass_on};
use super::parts::{delete_chain, write_base_chain};
use crate::chains::{ANSWERS, FORWARDS, LEADING_CHAINS, MASKED};
use crate::layout::{Set, leading_ports};
use crate::nfnl::Batch;

/// Adds the chains that lead on where they are wanted, and takes them away where they are not; their lines
/// have to be gone.
pub(super) fn change_chains(batch: &mut Batch<'_>, plan: &GatePlan, are_there: bool) {
    match (are_there, !plan.forwards.is_empty()) {
        (false, true) => {
            for chain in &LEADING_CHAINS {
                write_base_chain(batch, chain);
            }
        }
        (true, false) => {
            for chain in &LEADING_CHAINS {
                delete_chain(batch, chain.name);
            }
        }
        (true, true) | (false, false) => {}
    }
}

/// The lines that lead on.
pub(super) fn write(batch: &mut Batch<'_>, plan: &GatePlan) {
    if plan.forwards.is_empty() {
        return;
    }
    pass_on(batch, FORWARDS);
    for forward in &plan.forwards {
        lead(batch, forward);
    }
    // Whoever was let in and has no place to go to (the other IP version, or his time ran out on the way
    // from there to here) was let in to another host, and not to this one.
    for port in leading_ports(plan) {
        line(batch, FORWARDS, |line| {
            line.carries(port.protocol.number());
            line.goes_to(port.number());
            line.drop();
        });
    }
    let masked = |forward: &&Forward| forward.shows == Shows::Ours;
    for forward in plan.forwards.iter().filter(masked) {
        mask(batch, forward);
    }
    answers(batch);
}

/// The gate has judged the packet already. It is asked again all the same: without the gate's own chain
/// nobody is led on.
fn lead(batch: &mut Batch<'_>, forward: &Forward) {
    line(batch, FORWARDS, |line| {
        line.carries(forward.port.protocol.number());
        line.goes_to(forward.port.number());
        line.is_in(Set::open_for(forward.to.ip()));
        line.lead_to(forward.to);
    });
}

fn mask(batch: &mut Batch<'_>, forward: &Forward) {
    line(batch, MASKED, |line| {
        line.goes_to_host(forward.to.ip());
        line.carries(forward.port.protocol.number());
        line.goes_to(forward.to.port());
        line.was_led_on_from(forward.port.number());
        line.masquerade();
    });
}

/// Whoever was cut off hears no more of the other host either. Sockets of this host end by themselves.
fn answers(batch: &mut Batch<'_>) {
    for set in Set::CUTS {
        line(batch, ANSWERS, |line| {
            line.comes_back_from_elsewhere();
            line.goes_back_to_one_in(set);
            line.drop();
        });
    }
}
