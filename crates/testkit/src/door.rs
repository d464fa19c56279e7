//! A kernel in memory: openings with timeouts that it honours by itself.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use nightlatch_core::{
    AddressSet, Effect, Instant, Member, Opening, Passage, Port, Prefix, Standing,
};

/// A kernel in memory. It outlives every crash of ours, as the real one does.
#[derive(Default)]
pub struct Door {
    open: BTreeMap<Opening, Instant>,
    banned: BTreeMap<Prefix, Instant>,
    members: BTreeMap<Member, Instant>,
    is_stuck: bool,
    refuses_once: bool,
    applied: usize,
    shortest: Option<Duration>,
}

impl Door {
    /// Does what the effect says, unless it is stuck; says whether it did.
    pub fn apply(&mut self, effect: &Effect, now: Instant) -> bool {
        if core::mem::take(&mut self.refuses_once) || self.is_stuck {
            return false;
        }
        self.applied = self.applied.saturating_add(1);
        match effect {
            Effect::Open { openings, lasts } => {
                self.shortest = Some(self.shortest.map_or(*lasts, |least| least.min(*lasts)));
                let until = now.saturating_add(*lasts);
                self.open
                    .extend(openings.iter().map(|opening| (*opening, until)));
            }
            Effect::Close { openings } => {
                self.open.retain(|opening, _| !openings.contains(opening));
            }
            Effect::Insert { stays } => {
                let until = |lasts| now.saturating_add(lasts);
                let members = stays
                    .iter()
                    .map(|stay| (stay.member.clone(), until(stay.lasts)));
                self.members.extend(members);
            }
            Effect::Remove { members } => {
                self.members.retain(|member, _| !members.contains(member));
            }
            Effect::Ban { prefixes, lasts } => {
                let until = now.saturating_add(*lasts);
                self.banned
                    .extend(prefixes.iter().map(|prefix| (*prefix, until)));
            }
            Effect::Pardon { prefixes } => {
                self.banned.retain(|prefix, _| !prefixes.contains(prefix));
            }
        }
        true
    }

    /// Refuses the next effect, and no other.
    pub const fn refuse_once(&mut self) {
        self.refuses_once = true;
    }

    /// Whether a connection would get through now.
    pub fn is_open(&self, address: IpAddr, port: Port, now: Instant) -> bool {
        [Passage::Lasting, Passage::OneShot]
            .into_iter()
            .any(|passage| {
                self.is_standing(
                    Opening {
                        address,
                        port,
                        passage,
                    },
                    now,
                )
            })
    }

    /// Connects, if that is possible; a one-shot opening is used up by it.
    pub fn connect(&mut self, address: IpAddr, port: Port, now: Instant) -> bool {
        let lasting = Opening {
            address,
            port,
            passage: Passage::Lasting,
        };
        let once = Opening {
            address,
            port,
            passage: Passage::OneShot,
        };
        if self.is_standing(lasting, now) {
            return true;
        }
        self.is_standing(once, now) && self.open.remove(&once).is_some()
    }

    /// What it holds open now, as the kernel lists it.
    pub fn standing(&self, now: Instant) -> Vec<Standing> {
        let open = self.open.iter().map(|(opening, until)| Standing {
            opening: *opening,
            remaining: until.saturating_since(now),
        });
        open.filter(|standing| !standing.remaining.is_zero())
            .collect()
    }

    /// Whether somebody is kept out of what no grant opens.
    pub fn is_banned(&self, address: IpAddr, now: Instant) -> bool {
        let mut banned = self.banned.iter();
        banned.any(|(prefix, until)| prefix.contains(address) && *until > now)
    }

    /// For how long an address stays in a set of the administrator's, if it is in it.
    pub fn stays(&self, set: &AddressSet, address: IpAddr, now: Instant) -> Option<Duration> {
        let mut members = self.members.iter();
        let (_, until) =
            members.find(|(member, _)| *member.set == *set && member.address == address)?;
        let rest = until.saturating_since(now);
        (!rest.is_zero()).then_some(rest)
    }

    /// The administrator empties all his sets.
    pub fn flush(&mut self) {
        self.members.clear();
    }

    /// Refuses every change from now on, or takes them again.
    pub fn stick(&mut self, is_stuck: bool) {
        self.is_stuck = is_stuck;
    }

    /// Forgets everything, as when somebody deletes the table.
    pub fn lose(&mut self) {
        self.open.clear();
        self.banned.clear();
    }

    /// How many effects it has carried out.
    pub const fn applied(&self) -> usize {
        self.applied
    }

    /// The shortest time that anything was ever opened for.
    pub const fn shortest(&self) -> Option<Duration> {
        self.shortest
    }

    fn is_standing(&self, opening: Opening, now: Instant) -> bool {
        self.open.get(&opening).is_some_and(|until| *until > now)
    }
}
