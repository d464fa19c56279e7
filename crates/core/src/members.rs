//! Who keeps which address in which set of the administrator's, and until when.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::effect::{insert_in_pieces, remove_in_pieces};
use crate::holds::Holder;
use crate::{Effect, Instant, Member, Now, Service, Stay};

/// Who keeps which address in which set.
///
/// As with openings, the kernel knows a member once, with one timeout: the furthest end of all
/// grants that keep it there. But nothing is kept back from the kernel here: the administrator may
/// flush his set at any time, and then the next knock puts the address in again.
pub(crate) struct Members {
    kept: BTreeMap<Member, BTreeSet<Share>>,
    /// Where the kernel was told something else than the grants say now.
    to_correct: BTreeSet<Member>,
}

/// One grant's part in it, in the order of their ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Share {
    pub(crate) until: Instant,
    pub(crate) holder: Holder,
}

/// A service, from where it was granted, and the part that the grant has.
pub(crate) type Keeper<'a> = (&'a Service, IpAddr, Share);

impl Members {
    pub(crate) const fn new() -> Self {
        Self {
            kept: BTreeMap::new(),
            to_correct: BTreeSet::new(),
        }
    }

    /// A grant was given, or renewed that lasted until `former`; says what the kernel is to be told.
    pub(crate) fn set_all(
        &mut self,
        (service, address, share): Keeper<'_>,
        former: Option<Instant>,
        now: Now,
    ) -> Vec<Stay> {
        let members = service.members(address);
        let stays = members.map(|member| self.set(member, share, former, now));
        stays.collect()
    }

    /// A grant ended; says whom the kernel is to take out for it.
    pub(crate) fn leave_all(
        &mut self,
        (service, address, share): Keeper<'_>,
        now: Now,
    ) -> Vec<Stay> {
        let lasts = share.until.saturating_since(now.monotonic);
        let members = service.members(address);
        let left = members.filter(|member| self.leave(member, share, now));
        left.map(|member| Stay { member, lasts }).collect()
    }

    /// The kernel did not take a grant, or not all of it: what it holds is put right.
    pub(crate) fn withdraw_all(&mut self, (service, address, share): Keeper<'_>) {
        for member in service.members(address) {
            self.remove(&member, share);
            self.to_correct.insert(member);
        }
    }

    /// Notes that the kernel is to be told of this member anew.
    pub(crate) fn correct(&mut self, member: Member) {
        self.to_correct.insert(member);
    }

    /// Writes a grant down, telling nobody.
    pub(crate) fn put_all(&mut self, (service, address, share): Keeper<'_>) {
        for member in service.members(address) {
            self.put(member, share, None);
        }
    }

    /// Takes a share, or renews one that lasted until `former`; says what the kernel is to be told.
    fn set(&mut self, member: Member, share: Share, former: Option<Instant>, now: Now) -> Stay {
        self.to_correct.remove(&member);
        let until = self.put(member.clone(), share, former);
        Stay {
            member,
            lasts: until.saturating_since(now.monotonic),
        }
    }

    /// Writes a share down, telling nobody; says the furthest end of all.
    fn put(&mut self, member: Member, share: Share, former: Option<Instant>) -> Instant {
        let shares = self.kept.entry(member).or_default();
        if let Some(until) = former {
            shares.remove(&Share { until, ..share });
        }
        shares.insert(share);
        furthest(shares)
    }

    /// Gives a share up; true if the kernel is to take the member out for it.
    fn leave(&mut self, member: &Member, share: Share, now: Now) -> bool {
        let after = self.remove(member, share);
        if share.until <= now.monotonic {
            return false;
        }
        match after.filter(|until| *until > now.monotonic) {
            None => {
                self.to_correct.remove(member);
                true
            }
            Some(after) => {
                if after < share.until {
                    self.to_correct.insert(member.clone());
                }
                false
            }
        }
    }

    /// Strikes a share out, telling nobody; says the furthest end of those that are left.
    fn remove(&mut self, member: &Member, share: Share) -> Option<Instant> {
        let shares = self.kept.get_mut(member)?;
        shares.remove(&share);
        if shares.is_empty() {
            self.kept.remove(member);
            return None;
        }
        Some(furthest(shares))
    }

    /// Strikes out all shares.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }

    pub(crate) fn has_corrections(&self) -> bool {
        !self.to_correct.is_empty()
    }

    /// What the kernel is to be told, for all that was noted.
    pub(crate) fn corrections(&mut self, now: Now) -> Vec<Effect> {
        let (mut removed, mut stays) = (Vec::new(), Vec::new());
        for member in core::mem::take(&mut self.to_correct) {
            match self.rest(&member, now) {
                None => removed.push(member),
                Some(rest) => stays.push(Stay {
                    member,
                    lasts: rest.max(SHORTEST),
                }),
            }
        }
        let mut effects = remove_in_pieces(&removed);
        effects.extend(insert_in_pieces(&stays));
        effects
    }

    /// For how long a member is to stay in its set; none if nobody keeps it there.
    pub(crate) fn rest(&self, member: &Member, now: Now) -> Option<Duration> {
        let until = furthest(self.kept.get(member)?);
        let rest = until.saturating_since(now.monotonic);
        (!rest.is_zero()).then_some(rest)
    }

    /// What puts all of them back into sets that were made anew.
    pub(crate) fn restore(&self, now: Now) -> Vec<Effect> {
        let stay = |member: &Member| {
            // Rounded up: nobody loses the rest of a second.
            let seconds = self.rest(member, now)?.as_secs().saturating_add(1);
            Some(Stay {
                member: member.clone(),
                lasts: Duration::from_secs(seconds),
            })
        };
        let stays: Vec<Stay> = self.kept.keys().filter_map(stay).collect();
        insert_in_pieces(&stays)
    }
}

fn furthest(shares: &BTreeSet<Share>) -> Instant {
    shares.last().map(|share| share.until).unwrap_or_default()
}

/// No less, so that no rounding on its way makes it nothing, which is for ever.
const SHORTEST: Duration = Duration::from_secs(1);
