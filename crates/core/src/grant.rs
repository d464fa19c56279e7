//! A client's leave to reach one service from one address for a while.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::{ClientId, Opening, Passage, ServiceId};

/// A client's leave to reach one service from one address; one without an end cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who knocked.
    pub client: ClientId,
    /// For what.
    pub service: ServiceId,
    /// From where; an IPv4 address is never written as an IPv6 one.
    pub address: IpAddr,
    /// For how long; at least a second when it is given, what was left when it is closed.
    pub lasts: Duration,
    /// How often it lets through.
    pub passage: Passage,
    /// What the kernel is to be told. A port that another client's grant holds open longer for the
    /// same address (people behind one NAT) is missing here: nobody shortens another's time.
    pub openings: Vec<Opening>,
}

/// One grant in force, as the ledger sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Whose it is.
    pub client: ClientId,
    /// For what.
    pub service: ServiceId,
    /// From where.
    pub address: IpAddr,
    /// For how long still.
    pub remaining: Duration,
    /// How often it lets through; a one-shot grant may be used up without the ledger knowing.
    pub passage: Passage,
}
