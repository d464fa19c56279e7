//! Somebody's leave to reach one service from one address for a while.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::ledger::{Ended, Key};
use crate::{ActionId, Cut, Knocker, Opening, Passage, Service, ServiceId, Stay};

/// Somebody's leave to reach one service from one address; one without an end cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Who knocked.
    pub knocker: Knocker,
    /// For what.
    pub service: ServiceId,
    /// From where; an IPv4 address is never written as an IPv6 one.
    pub address: IpAddr,
    /// For how long; at least a second when it is given, what was left when it is closed.
    pub lasts: Duration,
    /// How often it lets through.
    pub passage: Passage,
    /// What the kernel is to be told. A port that somebody else's grant holds open longer for the
    /// same address (people behind one NAT) is missing here: nobody shortens another's time.
    pub openings: Vec<Opening>,
    /// Which of the administrator's sets the address is put into, or taken out of when it ends: one
    /// that another's grant keeps it in is missing then.
    pub stays: Vec<Stay>,
    /// What runs when it is given, and is undone when it ends.
    pub runs: Option<ActionId>,
    /// What it shall not leave running; nothing while it is in force. Somebody else's grant may
    /// let the same through: ask [`Gatekeeper::may_cut`](crate::Gatekeeper::may_cut).
    pub cuts: Vec<Cut>,
    /// Whether it was in force already and only its time is set anew. After a restart nobody knows:
    /// what a former life granted is granted for the first time again.
    pub is_renewal: bool,
}

impl Grant {
    /// A grant that ended before its time.
    pub(crate) fn ended(key: Key, service: &Service, ended: Ended) -> Self {
        Self {
            knocker: key.knocker,
            service: key.service,
            address: key.address,
            lasts: ended.remaining,
            passage: service.passage,
            openings: ended.openings,
            stays: ended.stays,
            runs: service.runs,
            cuts: service.cut(key.address),
            is_renewal: false,
        }
    }
}

/// One grant in force, as the ledger sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// Whose it is.
    pub knocker: Knocker,
    /// For what.
    pub service: ServiceId,
    /// From where.
    pub address: IpAddr,
    /// For how long still.
    pub remaining: Duration,
    /// How often it lets through; a one-shot grant may be used up without the ledger knowing.
    pub passage: Passage,
}
