//! A change of mind: which grants end before their time.

use alloc::vec::Vec;
use core::net::IpAddr;

use crate::effect::{in_pieces, remove_in_pieces};
use crate::gatekeeper::{is_opened_by, plain};
use crate::ledger::Key;
use crate::verdict::members_of;
use crate::{Effect, Gatekeeper, Grant, Knocker, Member, Now, Opening, ServiceId};

/// Whose grants the administrator takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoke {
    /// Everybody's, also what the kernel brought over from a former life.
    Everything,
    /// One client's, or those by one sequence.
    Knocker(Knocker),
    /// One service's.
    Service(ServiceId),
    /// Everybody's at one address.
    Address(IpAddr),
}

/// What ended before its time.
#[must_use]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// What the firewall is to do for it.
    pub effects: Vec<Effect>,
    /// The grants that ended, so that what runs for them is undone; the firewall has nothing more
    /// to do for them. Their places are those of the policy and the roster that were in force.
    pub grants: Vec<Grant>,
}

impl Gatekeeper {
    /// Takes grants back before their time.
    pub fn revoke(&mut self, which: Revoke, now: Now) -> TakenBack {
        let is_meant = |key: Key| match which {
            Revoke::Everything => true,
            Revoke::Knocker(knocker) => key.knocker == knocker,
            Revoke::Service(service) => key.service == service,
            Revoke::Address(address) => key.address == plain(address),
        };
        let grants = self.end_where(is_meant, now);
        let service = match which {
            Revoke::Service(id) => self.policy.service(id).cloned(),
            _ => None,
        };
        let is_meant = |opening: Opening| match which {
            Revoke::Everything => true,
            // Whose it is, nobody knows: it may be anybody's.
            Revoke::Knocker(_) => false,
            Revoke::Service(_) => service
                .as_ref()
                .is_some_and(|service| is_opened_by(opening, service)),
            Revoke::Address(address) => opening.address == plain(address),
        };
        let disowned = self.disown_where(is_meant, now);
        self.taken_back(grants, disowned, now)
    }

    /// What closes, and what that means for those who share an opening with somebody.
    pub(crate) fn taken_back(
        &mut self,
        grants: Vec<Grant>,
        disowned: Vec<Opening>,
        now: Now,
    ) -> TakenBack {
        let mut closing = disowned;
        closing.extend(grants.iter().flat_map(|grant| &grant.openings));
        let mut effects = in_pieces(&closing);
        let removed: Vec<Member> = members_of(&grants).collect();
        effects.extend(remove_in_pieces(&removed));
        effects.extend(self.ledger.corrections(now));
        TakenBack { effects, grants }
    }

    pub(crate) fn end_where(&mut self, is_meant: impl Fn(Key) -> bool, now: Now) -> Vec<Grant> {
        let meant: Vec<Key> = self.ledger.keys().filter(|key| is_meant(*key)).collect();
        let ended = meant.into_iter().filter_map(|key| {
            let service = self.policy.service(key.service)?;
            self.ledger.end_early(key, service, now)
        });
        ended.collect()
    }

    pub(crate) fn disown_where(
        &mut self,
        is_meant: impl Fn(Opening) -> bool,
        now: Now,
    ) -> Vec<Opening> {
        let adopted = self.ledger.adopted(now).map(|standing| standing.opening);
        let mut openings: Vec<Opening> = adopted.filter(|opening| is_meant(*opening)).collect();
        openings.retain(|opening| self.ledger.disown(*opening, now));
        openings
    }
}
