//! Who is in, until when: a view of what the kernel was told, never the truth itself.

use alloc::collections::{BTreeMap, BinaryHeap};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::net::IpAddr;
use core::time::Duration;

use crate::holds::{Change, Hold, Holder, Holds};
use crate::{ClientId, Effect, Instant, Limits, Now, Opening, Service, ServiceId, Standing};

/// All grants in force.
///
/// The kernel shuts each door by itself, at the moment that the longest grant on it ends: it was
/// told so. When that moment moves, it is told again; so it is right also when we are dead.
pub(crate) struct Ledger {
    limits: Limits,
    grants: BTreeMap<Key, Live>,
    holds: Holds,
    held: BTreeMap<ClientId, u32>,
    /// What the kernel brought over from a former life, and until when that counts.
    adopted: BTreeMap<Opening, Instant>,
    ends: BinaryHeap<Reverse<(Instant, End)>>,
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

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Grant(Key),
    Adopted(Opening),
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
            held: BTreeMap::new(),
            adopted: BTreeMap::new(),
            ends: BinaryHeap::new(),
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
        let told = openings(service, key.address).filter(|opening| {
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
        for opening in openings(service, key.address) {
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
        let closing = openings(service, key.address).filter(|opening| {
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
            for opening in openings(service, key.address) {
                let hold = Hold {
                    opening,
                    until: live.until,
                    holder: key.holder(),
                };
                self.holds.remove(hold);
            }
        }
    }

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
        self.ends.push(Reverse((until, End::Adopted(opening))));
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

    /// Strikes out what has ended, up to so many at once. The kernel has closed it by itself.
    pub(crate) fn expire(&mut self, services: &[Service], most: usize, now: Now) {
        for _ in 0..most {
            if self.next_end().is_none_or(|at| at > now.monotonic) {
                break;
            }
            match self.ends.pop() {
                Some(Reverse((at, End::Grant(key)))) => self.expire_grant(key, at, services, now),
                Some(Reverse((at, End::Adopted(opening)))) => self.expire_adopted(opening, at, now),
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
        self.ends.peek().map(|Reverse((at, _))| *at)
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

    /// Gives every grant its key of today; the service behind it has to be the same.
    pub(crate) fn rename(&mut self, today: impl Fn(Key) -> Key, services: &[Service]) {
        let former = core::mem::take(&mut self.grants);
        self.held.clear();
        self.holds.keep_unowned();
        for (key, live) in former {
            let key = today(key);
            let count = self.held.entry(key.client).or_default();
            *count = count.saturating_add(1);
            self.grants.insert(key, live);
            let service = services.get(usize::from(key.service.0));
            for opening in service
                .into_iter()
                .flat_map(|service| openings(service, key.address))
            {
                let hold = Hold {
                    opening,
                    until: live.until,
                    holder: key.holder(),
                };
                self.holds.put(hold);
            }
        }
        self.rebuild_ends();
    }

    /// Writes a grant down; says until when it lasted before, if it was there.
    fn write(&mut self, key: Key, until: Instant) -> Result<Option<Instant>, Full> {
        if let Some(live) = self.grants.get_mut(&key) {
            if until < live.asked_at {
                live.asked_at = until;
                self.ends.push(Reverse((until, End::Grant(key))));
            }
            return Ok(Some(core::mem::replace(&mut live.until, until)));
        }
        let held = self.held.get(&key.client).copied().unwrap_or_default();
        if self.grants.len() >= self.limits.grants || held >= self.limits.per_client {
            return Err(Full);
        }
        let asked_at = until;
        self.grants.insert(key, Live { until, asked_at });
        self.held.insert(key.client, held.saturating_add(1));
        self.ends.push(Reverse((until, End::Grant(key))));
        // Ends of grants that were closed early lie about until their time comes.
        let alive = self.grants.len().saturating_add(self.adopted.len());
        if self.ends.len() > alive.saturating_mul(2).saturating_add(ENDS_TO_SPARE) {
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
            self.ends.push(Reverse((live.until, End::Grant(key))));
        } else if let Some(service) = services.get(usize::from(key.service.0)) {
            self.end(key, service, now);
        }
    }

    fn expire_adopted(&mut self, opening: Opening, at: Instant, now: Now) {
        if self.adopted.get(&opening) == Some(&at) {
            self.disown(opening, now);
        }
    }

    fn forget(&mut self, key: &Key) -> Option<Live> {
        let live = self.grants.remove(key)?;
        let held = self.held.remove(&key.client).unwrap_or_default();
        if held > 1 {
            self.held.insert(key.client, held.saturating_sub(1));
        }
        Some(live)
    }

    fn rebuild_ends(&mut self) {
        let adopted = self.adopted.iter();
        let adopted = adopted.map(|(opening, until)| (*until, End::Adopted(*opening)));
        let grants = self.grants.iter_mut().map(|(key, live)| {
            live.asked_at = live.until;
            (live.until, End::Grant(*key))
        });
        self.ends = grants.chain(adopted).map(Reverse).collect();
    }
}

impl Key {
    /// Whose hold on an opening it is; the address stands in the opening.
    const fn holder(self) -> Holder {
        Holder::Grant(self.client, self.service)
    }
}

/// The openings of a service for an address.
fn openings(service: &Service, address: IpAddr) -> impl Iterator<Item = Opening> + '_ {
    service.ports.iter().map(move |port| Opening {
        address,
        port: *port,
        passage: service.passage,
    })
}

/// So that a handful of knocks does not make us sort again and again.
const ENDS_TO_SPARE: usize = 1024;
