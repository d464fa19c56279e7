//! Who is in, until when: a view of what the kernel was told, never the truth itself.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::ends::{End, Ends};
use crate::holds::{Change, Hold, Holder, Holds};
use crate::{ClientId, Effect, Instant, Limits, Now, Opening, Service, ServiceId, Standing};

/// All grants in force.
///
/// The kernel shuts each door by itself, at the moment that the longest grant on it ends: it was
/// told so. When that moment moves, it is told again; so it is right also when we are dead.
pub(crate) struct Ledger {
    pub(crate) limits: Limits,
    grants: BTreeMap<Key, Live>,
    pub(crate) holds: Holds,
    /// How many grants each client has; as long as the highest one that ever had any.
    held: Vec<u32>,
    /// What the kernel brought over from a former life, and until when that counts.
    pub(crate) adopted: BTreeMap<Opening, Instant>,
    pub(crate) ends: Ends,
}

/// What makes two knocks one grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) client: ClientId,
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

/// What ended, and what is to be closed for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) remaining: Duration,
    pub(crate) openings: Vec<Opening>,
}

impl Ledger {
    /// An empty ledger.
    pub(crate) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            grants: BTreeMap::new(),
            holds: Holds::new(),
            held: Vec::new(),
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
    ) -> Result<Vec<Opening>, Full> {
        let until = now.monotonic.saturating_add(lasts);
        let former = self.write(key, until)?;
        let holder = key.holder();
        let told = service.openings(key.address).filter(|opening| {
            let hold = Hold {
                opening: *opening,
                until,
                holder,
            };
            self.holds.set(hold, former) == Change::Tell
        });
        Ok(told.collect())
    }

    /// Ends one grant of a client who asks for it; and what the kernel brought over from a former
    /// life goes with it, since nobody can say whose that was: a door in doubt is shut.
    pub(crate) fn close(&mut self, key: Key, service: &Service, now: Now) -> Option<Ended> {
        let remaining = self
            .grants
            .get(&key)
            .map(|live| live.until.saturating_since(now.monotonic));
        let mut closing = self.end(key, service, now);
        for opening in service.openings(key.address) {
            if self.disown(opening, now) && !closing.contains(&opening) {
                closing.push(opening);
            }
        }
        (remaining.is_some() || !closing.is_empty()).then(|| Ended {
            remaining: remaining.unwrap_or_default(),
            openings: closing,
        })
    }

    /// Ends one grant; says which of its openings nobody else holds.
    pub(crate) fn end(&mut self, key: Key, service: &Service, now: Now) -> Vec<Opening> {
        let Some(live) = self.forget(&key) else {
            return Vec::new();
        };
        let holder = key.holder();
        let closing = service.openings(key.address).filter(|opening| {
            let hold = Hold {
                opening: *opening,
                until: live.until,
                holder,
            };
            self.holds.leave(hold, now) == Change::Tell
        });
        closing.collect()
    }

    /// Takes a grant back that the kernel did not take: there everything is as it was before.
    pub(crate) fn withdraw(&mut self, key: Key, service: &Service) {
        if let Some(live) = self.forget(&key) {
            for opening in service.openings(key.address) {
                let hold = Hold {
                    opening,
                    until: live.until,
                    holder: key.holder(),
                };
                self.holds.remove(hold);
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

    /// Where the kernel holds open for longer, or shorter, than all grants together say.
    pub(crate) fn corrections(&mut self, now: Now) -> Vec<Effect> {
        self.holds.corrections(now)
    }

    /// Whether there is something to correct.
    pub(crate) fn has_corrections(&self) -> bool {
        self.holds.has_corrections()
    }

    /// When something ends next.
    pub(crate) fn next_end(&self) -> Option<Instant> {
        self.ends.next()
    }

    /// The keys of all grants, in the order of their clients.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> + '_ {
        self.grants.keys().copied()
    }

    /// How many grants there are.
    pub(crate) fn len(&self) -> usize {
        self.grants.len()
    }

    /// The grants in force, in the order of their clients.
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
        for (key, live) in former {
            let key = today(key);
            self.count(key.client, 1);
            self.grants.insert(key, live);
            let service = services.get(usize::from(key.service.0));
            for opening in service
                .into_iter()
                .flat_map(|service| service.openings(key.address))
            {
                let hold = Hold {
                    opening,
                    until: live.until,
                    holder: key.holder(),
                };
                self.holds.put(hold, None);
            }
        }
        self.rebuild_ends();
    }

    /// Writes a grant down; says until when it lasted before, if it was there.
    fn write(&mut self, key: Key, until: Instant) -> Result<Option<Instant>, Full> {
        let room = self.limits.grants.saturating_sub(self.grants.len());
        let held = self
            .held
            .get(key.client.index())
            .copied()
            .unwrap_or_default();
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
            Entry::Vacant(_) if room == 0 || held >= self.limits.per_client => return Err(Full),
            Entry::Vacant(place) => place.insert(Live { until, asked_at }),
        };
        self.count(key.client, 1);
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
        self.count(key.client, -1);
        Some(live)
    }

    fn count(&mut self, client: ClientId, change: i32) {
        let place = client.index();
        if place >= self.held.len() {
            self.held.resize(place.saturating_add(1), 0);
        }
        if let Some(held) = self.held.get_mut(place) {
            *held = held.saturating_add_signed(change);
        }
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
        Holder::Grant(self.client, self.service)
    }
}
