//! Who is in, until when: a view of what the kernel was told, never the truth itself.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::ends::{End, Ends};
use crate::held::Held;
use crate::holds::{Change, Hold, Holder, Holds};
use crate::members::{Keeper, Members, Share};
use crate::{Grant, Instant, Knocker, Limits, Now, Opening, Service, ServiceId, Standing, Stay};

/// All grants in force.
///
/// The kernel shuts each door by itself, at the moment that the longest grant on it ends: it was
/// told so. When that moment moves, it is told again; so it is right also when we are dead.
pub(crate) struct Ledger {
    pub(crate) limits: Limits,
    grants: BTreeMap<Key, Live>,
    pub(crate) holds: Holds,
    pub(crate) members: Members,
    held: Held,
    /// What the kernel brought over from a former life, and until when that counts.
    pub(crate) adopted: BTreeMap<Opening, Instant>,
    pub(crate) ends: Ends,
}

/// What makes two knocks one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) knocker: Knocker,
    pub(crate) service: ServiceId,
    pub(crate) address: IpAddr,
}

#[derive(Clone, Copy)]
struct Live {
    until: Instant,
    /// When the heap of ends will ask for it, never after `until`.
    asked_at: Instant,
}

/// There are as many grants as the policy allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// What a grant that was written down means for the kernel.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) openings: Vec<Opening>,
    pub(crate) stays: Vec<Stay>,
    pub(crate) is_renewal: bool,
}

/// What ended, and what is to be closed for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) remaining: Duration,
    pub(crate) openings: Vec<Opening>,
    pub(crate) stays: Vec<Stay>,
}

impl Ledger {
    /// An empty ledger.
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            grants: BTreeMap::new(),
            holds: Holds::new(),
            members: Members::new(),
            held: Held::new(),
            adopted: BTreeMap::new(),
            ends: Ends::new(),
        }
    }

    /// Sets other limits; what is in already stays.
    pub(crate) const fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Writes a grant down and says what the kernel is to be told. A grant that is there already
    /// is always renewed, however full the ledger is.
    pub(crate) fn open(
        &mut self,
        key: Key,
        service: &Service,
        lasts: Duration,
        now: Now,
    ) -> Result<Opened, Full> {
        let until = now.monotonic.saturating_add(lasts);
        let former = self.write(key, until)?;
        let told = service.openings(key.address).filter(|opening| {
            let hold = key.hold(*opening, until);
            self.holds.set(hold, former) == Change::Tell
        });
        let openings = told.collect();
        let keeper = key.keeper(service, until);
        let stays = self.members.set_all(keeper, former, now);
        Ok(Opened {
            openings,
            stays,
            is_renewal: former.is_some_and(|former| former > now.monotonic),
        })
    }

    /// Ends one grant, if it is there and has not ended by itself.
    pub(crate) fn end_early(&mut self, key: Key, service: &Service, now: Now) -> Option<Grant> {
        let ended = self.end(key, service, now)?;
        (!ended.remaining.is_zero()).then(|| Grant::ended(key, service, ended))
    }

    /// Ends one grant, if there is such a one; says which of its openings nobody else holds.
    fn end(&mut self, key: Key, service: &Service, now: Now) -> Option<Ended> {
        let live = self.forget(&key)?;
        let closing = service.openings(key.address).filter(|opening| {
            let hold = key.hold(*opening, live.until);
            self.holds.leave(hold, now) == Change::Tell
        });
        let openings = closing.collect();
        let remaining = live.until.saturating_since(now.monotonic);
        let keeper = key.keeper(service, live.until);
        let stays = self.members.leave_all(keeper, now);
        Some(Ended {
            remaining,
            openings,
            stays,
        })
    }

    /// Takes a grant back that the kernel did not take. What the kernel holds of it, from a term before
    /// this one or by halves, is put right.
    pub(crate) fn withdraw(&mut self, key: Key, service: &Service) {
        if let Some(live) = self.forget(&key) {
            self.members.withdraw_all(key.keeper(service, live.until));
            for opening in service.openings(key.address) {
                self.holds.remove(key.hold(opening, live.until));
                self.holds.correct(opening);
            }
        }
    }

    /// Strikes out what has ended, up to so many at once. The kernel has closed it by itself.
    pub(crate) fn expire(&mut self, services: &[Service], most: usize, now: Now) {
        for _ in 0..most {
            match self.ends.pop_due(now) {
                Some((at, End::Grant(key))) => self.expire_grant(key, at, services, now),
                Some((at, End::Adopted(opening))) => self.expire_adopted(opening, at, now),
                None => break,
            }
        }
    }

    /// When something ends next.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.ends.next()
    }

    /// The keys of all grants, those of clients first, in their order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.grants.keys().copied()
    }

    /// Whether somebody new could be kept out.
    pub(crate) fn is_full(&self) -> bool {
        self.grants.len() >= self.limits.grants || self.held.is_full_of_unproven(self.limits)
    }

    /// The grants in force, those of clients first, in their order.
    pub(crate) fn grants(&self, now: Now) -> impl Iterator<Item = (Key, Duration)> + '_ {
        self.grants
            .iter()
            .map(move |(key, live)| (*key, live.until.saturating_since(now.monotonic)))
            .filter(|(_, remaining)| !remaining.is_zero())
    }

    /// What the kernel should hold open now.
    pub(crate) fn standing(&self, now: Now) -> impl Iterator<Item = Standing> + '_ {
        self.holds.standing(now)
    }

    /// Gives every grant its key of today; the service behind it has to be the same.
    pub(crate) fn rename(&mut self, today: impl Fn(Key) -> Key, services: &[Service]) {
        let former = core::mem::take(&mut self.grants);
        self.held.clear();
        self.holds.keep_unowned();
        self.members.clear();
        for (key, live) in former {
            let key = today(key);
            self.held.count(key.knocker, 1);
            self.grants.insert(key, live);
            let Some(service) = services.get(usize::from(key.service.0)) else {
                continue;
            };
            self.members.put_all(key.keeper(service, live.until));
            for opening in service.openings(key.address) {
                self.holds.put(key.hold(opening, live.until), None);
            }
        }
        self.rebuild_ends();
    }

    /// Writes a grant down; says until when it lasted before, if it was there.
    fn write(&mut self, key: Key, until: Instant) -> Result<Option<Instant>, Full> {
        let has_room =
            self.grants.len() < self.limits.grants && self.held.has_room(key.knocker, self.limits);
        let asked_at = until;
        match self.grants.entry(key) {
            Entry::Occupied(live) => {
                let live = live.into_mut();
                if until < live.asked_at {
                    live.asked_at = until;
                    self.ends.push(until, End::Grant(key));
                }
                return Ok(Some(core::mem::replace(&mut live.until, until)));
            }
            Entry::Vacant(_) if !has_room => return Err(Full),
            Entry::Vacant(place) => place.insert(Live { until, asked_at }),
        };
        self.held.count(key.knocker, 1);
        self.ends.push(until, End::Grant(key));
        let alive = self.grants.len().saturating_add(self.adopted.len());
        if self.ends.is_littered(alive) {
            self.rebuild_ends();
        }
        Ok(None)
    }

    /// A grant's time has come, unless it was renewed, shortened or closed since it was noted.
    fn expire_grant(&mut self, key: Key, at: Instant, services: &[Service], now: Now) {
        let Some(live) = self.grants.get_mut(&key).filter(|live| live.asked_at == at) else {
            return;
        };
        if live.until > now.monotonic {
            live.asked_at = live.until;
            self.ends.push(live.until, End::Grant(key));
        } else if let Some(service) = services.get(usize::from(key.service.0)) {
            self.end(key, service, now);
        }
    }

    fn forget(&mut self, key: &Key) -> Option<Live> {
        let live = self.grants.remove(key)?;
        self.held.count(key.knocker, -1);
        Some(live)
    }

    fn rebuild_ends(&mut self) {
        let adopted = self.adopted.iter();
        let adopted = adopted.map(|(opening, until)| (*until, End::Adopted(*opening)));
        let grants = self.grants.iter_mut().map(|(key, live)| {
            live.asked_at = live.until;
            (live.until, End::Grant(*key))
        });
        self.ends = grants.chain(adopted).collect();
    }
}

impl Key {
    /// Whose hold on an opening it is; the address stands in the opening.
    const fn holder(self) -> Holder {
        Holder::Grant(self.knocker, self.service)
    }

    /// Its hold on an opening.
    const fn hold(self, opening: Opening, until: Instant) -> Hold {
        let holder = self.holder();
        Hold {
            opening,
            until,
            holder,
        }
    }

    /// Its part in keeping its address in the sets of a service.
    const fn keeper(self, service: &Service, until: Instant) -> Keeper<'_> {
        let holder = self.holder();
        (service, self.address, Share { until, holder })
    }
}
