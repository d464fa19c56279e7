//! The lines for those who are kept out: cut off, or banned.

use nightlatch_core::{GatePlan, Protocol};

use super::build::{line, pass_on};
use crate::chains::{BANNED, SEVERED};
use crate::layout::BANS;
use crate::nfnl::Batch;

/// The lines for those whose connections were cut.
pub(super) fn severed(batch: &mut Batch<'_>) {
    pass_on(batch, SEVERED);
    line(batch, SEVERED, |line| {
        line.drop();
    });
}

/// The lines for those who are banned, at ports that are not guarded.
///
/// Only what begins something is dropped: a connection that is older than conntrack's memory is none
/// that it knows, and goes on all the same. Messages of ICMP pass: without them no neighbour is found
/// and no path is right.
pub(super) fn banned(batch: &mut Batch<'_>, plan: &GatePlan) {
    pass_on(batch, BANNED);
    // A packet socket has seen a knock before any ban; a socket of UDP sees it behind this chain.
    if let Some(port) = plan.knock_socket {
        line(batch, BANNED, |line| {
            line.carries(Protocol::Udp.number());
            line.goes_to(port);
            line.accept();
        });
    }
    line(batch, BANNED, |line| {
        line.carries(Protocol::Udp.number());
        line.count(BANS);
        line.drop();
    });
    line(batch, BANNED, |line| {
        line.carries(Protocol::Tcp.number());
        line.begins();
        line.count(BANS);
        line.drop();
    });
}
