//! The transaction that makes the gate.

use nightlatch_core::{GatePlan, Protocol};

use super::forwards;
use super::kept_out::{banned, severed};
use super::parts::{write_base_chain, write_chain, write_counter, write_ports, write_set};
use super::verbs::{DELETE_LINE, DELETE_TABLE, NEW_LINE, NEW_TABLE, of_our_table};
use crate::addresses::LOOPBACK;
use crate::chains::{
    ADMIT, BANNED, GATE, GATE_CHAIN, GUARD, INNER_CHAINS, INSIDE, NEWCOMER, OWN, SEVERED,
};
use crate::conntrack::ESTABLISHED_OR_RELATED;
use crate::expression::Line;
use crate::layout::{COUNTERS, FLOW_TIME, KNOCKS, STRANGERS, Set, merged};
use crate::nfnl::Batch;

/// What stands before the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// Nothing.
    Empty,
    /// A table of the right shape: its sets and counters stay.
    Fitting {
        /// Whether it has the chains that lead on.
        leads: bool,
    },
    /// A table of another shape: it goes.
    Other,
}

/// Writes the whole gate; `flags` are the table's.
pub(super) fn write(batch: &mut Batch<'_>, plan: &GatePlan, ground: Ground, flags: u32) {
    if ground == Ground::Other {
        batch.message(DELETE_TABLE, of_our_table);
    }
    write_table(batch, flags);
    if let Ground::Fitting { leads } = ground {
        // Of no chain: of all chains.
        batch.message(DELETE_LINE, of_our_table);
        forwards::change_chains(batch, plan, leads);
    } else {
        for counter in COUNTERS {
            write_counter(batch, counter);
        }
        for set in Set::ALL {
            write_set(batch, set);
        }
        for chain in INNER_CHAINS {
            write_chain(batch, chain);
        }
        write_base_chain(batch, &GATE_CHAIN);
        forwards::change_chains(batch, plan, false);
    }
    admit(batch);
    newcomer(batch);
    guard(batch);
    severed(batch);
    own(batch);
    inside(batch, plan);
    banned(batch, plan);
    gate(batch, plan);
    forwards::write(batch, plan);
}

/// The table by itself: makes it, or takes over one that nobody holds.
pub(super) fn write_table(batch: &mut Batch<'_>, flags: u32) {
    batch.message(NEW_TABLE, |writer| {
        of_our_table(writer);
        writer.number32(TABLE_FLAGS, flags);
    });
}

/// The lines that every packet meets.
fn gate(batch: &mut Batch<'_>, plan: &GatePlan) {
    line(batch, GATE, |line| {
        line.came_through(LOOPBACK);
        line.ask(INSIDE);
    });
    // Before the established ones: our own answer makes the client's next knock one of these.
    if let Some(port) = plan.knock_port {
        line(batch, GATE, |line| {
            line.carries(Protocol::Udp.number());
            line.goes_to(port);
            line.count(KNOCKS);
            line.drop();
        });
    }
    for set in Set::CUTS {
        line(batch, GATE, |line| {
            line.is_in(set);
            line.go_to(SEVERED);
        });
    }
    line(batch, GATE, |line| {
        line.is_in_state(ESTABLISHED_OR_RELATED);
        line.accept();
    });
    guarded_ports(batch, plan, (GATE, GUARD), 3);
    // Behind everything that a grant or a known connection decides: a ban never stops those.
    for set in Set::BANS {
        line(batch, GATE, |line| {
            line.is_in(set);
            line.go_to(BANNED);
        });
    }
}

/// The lines for what comes through loopback. Only guarded ports pay for a closer look.
fn inside(batch: &mut Batch<'_>, plan: &GatePlan) {
    guarded_ports(batch, plan, (INSIDE, OWN), 1);
    line(batch, INSIDE, |line| {
        line.accept();
    });
}

/// The lines for packets through loopback to guarded ports; what none accepts goes on in the gate.
///
/// Whoever can write frames can put a stranger's onto loopback, where the host would answer it, and
/// conntrack would take whatever the stranger sends next for part of a known connection.
fn own(batch: &mut Batch<'_>) {
    line(batch, OWN, |line| {
        line.names_this_host_as_source();
        line.accept();
    });
    // Here conntrack has to say it: on its way out of this host it knew the packet already. A frame
    // that was put onto loopback it sees for the first time.
    line(batch, OWN, |line| {
        line.comes_from_the_link();
        line.is_confirmed();
        line.accept();
    });
}

/// In chain `from` what goes to guarded ports goes to chain `to`; the unnamed sets have two
/// numbers.
fn guarded_ports(
    batch: &mut Batch<'_>,
    plan: &GatePlan,
    (from, to): (&str, &str),
    first_number: u32,
) {
    for (number, protocol) in (first_number..).zip([Protocol::Tcp, Protocol::Udp]) {
        let ranges = merged(&plan.guarded, protocol);
        ports(batch, (from, to), (number, protocol), &ranges);
    }
}

/// One range is compared, several are looked up.
fn ports(
    batch: &mut Batch<'_>,
    (from, to): (&str, &str),
    (number, protocol): (u32, Protocol),
    ranges: &[(u16, u16)],
) {
    if ranges.is_empty() {
        return;
    }
    let only = match ranges {
        [range] => Some(*range),
        _ => None,
    };
    if only.is_none() {
        write_ports(batch, number, ranges);
    }
    line(batch, from, |line| {
        line.carries(protocol.number());
        match only {
            Some((first, last)) if first == last => line.goes_to(first),
            Some((first, last)) => line.goes_between(first, last),
            None => line.goes_to_one_of(number),
        }
        line.go_to(to);
    });
}

/// The lines for guarded ports.
fn guard(batch: &mut Batch<'_>) {
    pass_on(batch, GUARD);
    accept_those_in(batch, [Set::Open4, Set::Open6]);
    // The same SYN once more, after a loss: its first was let in, so conntrack knows the
    // connection. Whoever comes again from the same port after the end of that connection is not
    // known any more.
    line(batch, GUARD, |line| {
        line.carries(Protocol::Tcp.number());
        line.opens_a_connection();
        line.is_confirmed();
        line.accept();
    });
    line(batch, GUARD, |line| {
        line.carries(Protocol::Tcp.number());
        line.opens_a_connection();
        line.go_to(NEWCOMER);
    });
    accept_those_in(batch, [Set::Flow4, Set::Flow6]);
    line(batch, GUARD, |line| {
        line.carries(Protocol::Udp.number());
        line.go_to(NEWCOMER);
    });
    // What is left are TCP packets from the middle of nowhere: they would use up a one-shot grant
    // for nothing.
    refuse(batch, GUARD);
}

/// The lines for first packets that no lasting grant covers.
fn newcomer(batch: &mut Batch<'_>) {
    for set in [Set::Once4, Set::Once6] {
        line(batch, NEWCOMER, |line| {
            line.is_in(set);
            line.go_to(ADMIT);
        });
    }
    refuse(batch, NEWCOMER);
}

/// The lines for the one packet that a one-shot grant lets in.
///
/// A line of its own for the flow: if its set is full, the packet still gets in, and only its
/// successors before the first answer do not.
fn admit(batch: &mut Batch<'_>) {
    for set in [Set::Once4, Set::Once6] {
        line(batch, ADMIT, |line| line.delete_from(set));
    }
    for set in [Set::Flow4, Set::Flow6] {
        line(batch, ADMIT, |line| {
            line.carries(Protocol::Udp.number());
            line.add_to(set, FLOW_TIME);
        });
    }
    line(batch, ADMIT, |line| {
        line.accept();
    });
}

/// What a container or a neighbour sends through this host to the same port elsewhere is none of
/// our business. A published port is: its destination is this host until it is redirected, which
/// comes later.
pub(super) fn pass_on(batch: &mut Batch<'_>, chain: &str) {
    line(batch, chain, |line| {
        line.is_for_another_host();
        line.accept();
    });
}

fn accept_those_in(batch: &mut Batch<'_>, sets: [Set; 2]) {
    for set in sets {
        line(batch, GUARD, |line| {
            line.is_in(set);
            line.accept();
        });
    }
}

fn refuse(batch: &mut Batch<'_>, chain: &str) {
    line(batch, chain, |line| {
        line.count(STRANGERS);
        line.drop();
    });
}

pub(super) fn line(batch: &mut Batch<'_>, chain: &str, instructions: impl FnOnce(&mut Line<'_>)) {
    batch.message(NEW_LINE, |writer| {
        of_our_table(writer);
        writer.text(LINE_CHAIN, chain);
        Line::write(writer, instructions);
    });
}

pub(super) const TABLE_FLAGS: u16 = 2;
pub(super) const TABLE_OWNER: u16 = 8;
pub(super) const OWNED: u32 = 0x2;
pub(super) const PERSISTENT: u32 = 0x4;
/// Never the one without the other: an owned table that does not persist would open every port when
/// we die.
pub(super) const OWNED_AND_PERSISTENT: u32 = OWNED | PERSISTENT;
const LINE_CHAIN: u16 = 2;
