//! What is granted and what ends, whoever asks and however that was proved.

use alloc::vec::Vec;
use core::time::Duration;

use nightlatch_ticket::Status;

use crate::ledger::{Ended, Full, Key};
use crate::{Gatekeeper, Grant, Now, Service, Verdict};

impl Gatekeeper {
    /// Grants what was asked for, if there is room.
    pub(super) fn grant(&mut self, key: Key, wanted: u32, now: Now) -> Verdict {
        self.reap(ENDS_PER_GRANT, now);
        let mut granted = self.write_down(key, wanted, now);
        if granted == Verdict::Answer(Status::Full) {
            // Full of what has ended is not full.
            self.reap(usize::MAX, now);
            granted = self.write_down(key, wanted, now);
        }
        granted
    }

    fn write_down(&mut self, key: Key, wanted: u32, now: Now) -> Verdict {
        let Some(service) = self.policy.service(key.service) else {
            return Verdict::Answer(Status::Forbidden);
        };
        if !service.does_something_for(key.address) {
            return Verdict::Answer(Status::Unavailable);
        }
        let lasts = granted_time(wanted, service);
        match self.ledger.open(key, service, lasts, now) {
            Ok(opened) => Verdict::Grant(Grant {
                knocker: key.knocker,
                service: key.service,
                address: key.address,
                lasts,
                passage: service.passage,
                openings: opened.openings,
                stays: opened.stays,
                runs: service.runs,
                cuts: Vec::new(),
                is_renewal: opened.is_renewal,
            }),
            Err(Full) => Verdict::Answer(Status::Full),
        }
    }

    /// Ends what a client opened, or what any sequence opened where this one closes; and what the
    /// kernel brought over from a former life goes with it, since nobody can say whose that was: a
    /// door in doubt is shut.
    pub(super) fn close(&mut self, closing: Key, now: Now) -> Verdict {
        let Some(service) = self.policy.service(closing.service) else {
            return Verdict::Answer(Status::Forbidden);
        };
        let keys = self.policy.closed_by(closing);
        let ended = keys.filter_map(|key| self.ledger.end_early(key, service, now));
        let mut grants: Vec<Grant> = ended.collect();
        let mut openings = self.ledger.disown_all(service, closing.address, now);
        openings.retain(|opening| !grants.iter().any(|grant| grant.openings.contains(opening)));
        // What a former life started may run still, and only who started it knows; whom it put into
        // a set, nobody does. So may connections of a grant that has run out; but the listener's word
        // alone cuts nothing that is not in force.
        let cuts_late = service.cuts && closing.knocker.client().is_some();
        let sets_off = service.runs.is_some() || !service.inserts.is_empty();
        let is_in_doubt = grants.is_empty() && (sets_off || cuts_late);
        if let (Some(grant), false) = (grants.first_mut(), openings.is_empty()) {
            grant.openings.append(&mut openings);
        } else if is_in_doubt || !openings.is_empty() {
            let may_cut = cuts_late || !openings.is_empty();
            let ended = Ended {
                remaining: Duration::ZERO,
                openings,
                stays: self.ledger.left_over(service, closing.address, now),
            };
            let mut grant = Grant::ended(closing, service, ended);
            grant.cuts.retain(|_| may_cut);
            grants.push(grant);
        }
        if grants.is_empty() {
            return Verdict::Answer(Status::Closed);
        }
        Verdict::Close(grants)
    }
}

/// What the client wants, within what the service allows; never nothing, never without an end.
fn granted_time(wanted: u32, service: &Service) -> Duration {
    match wanted {
        0 => service.lasts,
        seconds => Duration::from_secs(seconds.into()).min(service.at_most),
    }
}

/// More than one, so that the ledger empties faster than it fills.
const ENDS_PER_GRANT: usize = 4;
