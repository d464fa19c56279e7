//! What the kernel holds open from a former life of ours, when nobody knows whose it was.

use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::ends::End;
use crate::holds::{Change, Hold, Holder};
use crate::ledger::Ledger;
use crate::{Instant, Now, Opening, Service, Standing, Stay};

impl Ledger {
    /// Takes over what the kernel holds open from a former life, for at most so long.
    pub(crate) fn adopt(&mut self, standing: Standing, at_most: Duration, now: Now) {
        let opening = standing.opening;
        let most = self.limits.grants.saturating_mul(crate::MOST_PORTS);
        if at_most.is_zero() || self.adopted.len() >= most {
            // Nobody may have this open, or nobody could keep count of it.
            return self.holds.correct(opening);
        }
        if self.holds.until(opening).is_some() {
            return;
        }
        let until = now
            .monotonic
            .saturating_add(standing.remaining.min(at_most));
        self.holds.set(
            Hold {
                opening,
                until,
                holder: Holder::FormerLife,
            },
            None,
        );
        self.adopted.insert(opening, until);
        self.ends.push(until, End::Adopted(opening));
        if standing.remaining > at_most {
            self.holds.correct(opening);
        }
    }

    /// Lets go of what the kernel brought over; true if that is to be closed.
    pub(crate) fn disown(&mut self, opening: Opening, now: Now) -> bool {
        self.adopted.remove(&opening).is_some_and(|until| {
            let hold = Hold {
                opening,
                until,
                holder: Holder::FormerLife,
            };
            self.holds.leave(hold, now) == Change::Tell
        })
    }

    /// Lets go of all that the kernel brought over and this service would open for the address; says
    /// what is to be closed for it.
    pub(crate) fn disown_all(
        &mut self,
        service: &Service,
        address: IpAddr,
        now: Now,
    ) -> Vec<Opening> {
        let openings = service.openings(address);
        openings
            .filter(|opening| self.disown(*opening, now))
            .collect()
    }

    /// Whom this service puts into sets, as far as nobody's grant keeps the address there now: a
    /// former life may have done it. Their own timeouts end those, so nothing else is adopted.
    pub(crate) fn left_over(&self, service: &Service, address: IpAddr, now: Now) -> Vec<Stay> {
        let members = service.members(address);
        let unkept = members.filter(|member| self.members.rest(member, now).is_none());
        let stay = |member| Stay {
            member,
            lasts: Duration::ZERO,
        };
        unkept.map(stay).collect()
    }

    /// Its time has come, unless somebody closed it and it was adopted anew since.
    pub(crate) fn expire_adopted(&mut self, opening: Opening, at: Instant, now: Now) {
        if self.adopted.get(&opening) == Some(&at) {
            self.disown(opening, now);
        }
    }

    /// What the kernel brought over from a former life and is still open.
    pub(crate) fn adopted(&self, now: Now) -> impl Iterator<Item = Standing> + '_ {
        self.adopted
            .iter()
            .map(move |(opening, until)| Standing {
                opening: *opening,
                remaining: until.saturating_since(now.monotonic),
            })
            .filter(|standing| !standing.remaining.is_zero())
    }
}
