//! Bans: who is kept from this host for a while, as the broker decides.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use super::records::Records;
use super::{BanPlan, Banning, LONGEST_BAN, MOST_BANS, Prefix, Sentence, Spared, Suspect};
use crate::effect::ban_again;
use crate::{Effect, Gatekeeper, Instant, Now};

/// One ban as the kernel lists it, or as we know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Banned {
    /// Who.
    pub prefix: Prefix,
    /// For how long still.
    pub remaining: Duration,
}

/// Judges suspects. The listener is believed only so far: never about who may not be banned, never
/// for more than so many, never for longer than the plan says.
pub struct Bans {
    plan: BanPlan,
    in_force: BTreeMap<Prefix, Instant>,
    by_end: BTreeSet<(Instant, Prefix)>,
    pub(super) records: Records,
    /// The minute that runs, and how many were banned in it.
    minute: (u64, usize),
}

impl Bans {
    /// Nobody is banned.
    pub const fn new(plan: BanPlan) -> Self {
        Self {
            plan,
            in_force: BTreeMap::new(),
            by_end: BTreeSet::new(),
            records: Records::new(),
            minute: (0, 0),
        }
    }

    /// Bans a suspect, or says why not. The caller carries [`Sentence::effect`] out, and says
    /// [`Bans::withdraw`] if the kernel refuses.
    pub fn judge(
        &mut self,
        suspect: &Suspect,
        gatekeeper: &Gatekeeper,
        now: Now,
    ) -> Result<Sentence, Spared> {
        let prefix = suspect.prefix;
        self.may_be_banned(prefix)?;
        // Before the grants, which may be many to look through.
        self.has_room_for(prefix, now.monotonic)?;
        if gatekeeper.has_grant_within(prefix, now) {
            return Err(Spared::HoldsGrant);
        }
        self.minute.1 = self.minute.1.saturating_add(1);
        let before = self.records.before(prefix, now.monotonic);
        let lasts = self.plan.time(before);
        let until = now.monotonic.saturating_add(lasts);
        self.put(prefix, until);
        self.records.add(prefix, until, now.monotonic);
        Ok(Sentence {
            prefix,
            failure: suspect.failure,
            count: suspect.count,
            lasts,
            nth: before.saturating_add(1),
        })
    }

    /// Whether somebody may be told as a suspect to others who ban, by their own rules: whom we would
    /// spare for who he is, they must not hear of.
    pub fn may_be_told(
        &self,
        prefix: Prefix,
        gatekeeper: &Gatekeeper,
        now: Now,
    ) -> Result<(), Spared> {
        self.may_ever_be_banned(prefix)?;
        if gatekeeper.has_grant_within(prefix, now) {
            return Err(Spared::HoldsGrant);
        }
        Ok(())
    }

    /// Forgets a ban that the kernel refused.
    pub fn withdraw(&mut self, prefix: Prefix) {
        self.take(prefix);
        self.records.take_back(prefix);
    }

    /// Takes over what the kernel holds from a former life; what may not be banned any more comes
    /// back as an effect.
    pub fn adopt(&mut self, banned: &[Banned], now: Now) -> Vec<Effect> {
        for ban in banned {
            let remaining = ban.remaining.min(LONGEST_BAN);
            self.put(ban.prefix, now.monotonic.saturating_add(remaining));
        }
        self.lift_where(|bans, prefix| bans.may_be_banned(prefix).is_err())
    }

    /// Takes another plan; what it does not allow any more comes back as an effect.
    pub fn replace(&mut self, plan: BanPlan) -> Vec<Effect> {
        self.plan = plan;
        self.lift_where(|bans, prefix| bans.may_be_banned(prefix).is_err())
    }

    /// Ends the bans that cover an address: whoever was granted something there is no stranger.
    pub fn lift(&mut self, address: IpAddr) -> Vec<Effect> {
        let covering = [Some(Prefix::of(address)), Prefix::network_of(address)];
        let lifted: Vec<Prefix> = covering
            .into_iter()
            .flatten()
            .filter(|prefix| self.take(*prefix))
            .collect();
        for prefix in &lifted {
            self.records.forget(*prefix);
        }
        pardon(lifted)
    }

    /// Strikes out what has ended, which the kernel did by itself; says whose it was.
    pub fn expire(&mut self, now: Now) -> Vec<Prefix> {
        let mut ended = Vec::new();
        while let Some((at, prefix)) = self.by_end.first().copied()
            && at <= now.monotonic
            && ended.len() < ENDS_AT_ONCE
        {
            self.take(prefix);
            ended.push(prefix);
        }
        ended
    }

    /// When a ban ends next.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.by_end.first().map(|(at, _)| *at)
    }

    /// What puts the bans back into a gate that was taken away.
    pub fn restore(&self, now: Now) -> Vec<Effect> {
        ban_again(self.in_force(now))
    }

    /// The bans in force, in the order of their ends.
    pub fn in_force(&self, now: Now) -> impl Iterator<Item = Banned> + '_ {
        let rest = move |(at, prefix): &(Instant, Prefix)| Banned {
            prefix: *prefix,
            remaining: at.saturating_since(now.monotonic),
        };
        self.by_end
            .iter()
            .map(rest)
            .filter(|ban| !ban.remaining.is_zero())
    }

    /// How many are in force, those included that ended a moment ago.
    pub fn len(&self) -> usize {
        self.in_force.len()
    }

    /// Whether nobody is banned.
    pub fn is_empty(&self) -> bool {
        self.in_force.is_empty()
    }

    fn may_be_banned(&self, prefix: Prefix) -> Result<(), Spared> {
        if self.plan.banning == Banning::CountOnly {
            return Err(Spared::CountOnly);
        }
        self.may_ever_be_banned(prefix)
    }

    fn may_ever_be_banned(&self, prefix: Prefix) -> Result<(), Spared> {
        if prefix.address().is_none() && !prefix.is_network() {
            return Err(Spared::TooWide);
        }
        if !is_elsewhere(prefix.first()) {
            return Err(Spared::NoHost);
        }
        if self
            .plan
            .allow
            .iter()
            .any(|allowed| allowed.overlaps(prefix))
        {
            return Err(Spared::Allowed);
        }
        Ok(())
    }

    fn has_room_for(&mut self, prefix: Prefix, now: Instant) -> Result<(), Spared> {
        let covering = [Some(prefix), Prefix::network_of(prefix.first())];
        let is_in_force =
            |prefix: &Prefix| self.in_force.get(prefix).is_some_and(|until| *until > now);
        if covering.iter().flatten().any(is_in_force) {
            return Err(Spared::InForce);
        }
        if self.in_force.len() >= self.plan.at_most.min(MOST_BANS) {
            return Err(Spared::Full);
        }
        let minute = now.since_start().as_secs() / 60;
        if self.minute.0 != minute {
            self.minute = (minute, 0);
        }
        if self.minute.1 >= BANS_A_MINUTE {
            return Err(Spared::TooOften);
        }
        Ok(())
    }

    fn lift_where(&mut self, is_meant: impl Fn(&Self, Prefix) -> bool) -> Vec<Effect> {
        let prefixes = self.in_force.keys().copied();
        let meant: Vec<Prefix> = prefixes.filter(|prefix| is_meant(self, *prefix)).collect();
        for prefix in &meant {
            self.take(*prefix);
        }
        pardon(meant)
    }

    fn put(&mut self, prefix: Prefix, until: Instant) {
        self.take(prefix);
        self.in_force.insert(prefix, until);
        self.by_end.insert((until, prefix));
    }

    fn take(&mut self, prefix: Prefix) -> bool {
        let until = self.in_force.remove(&prefix);
        until.is_some_and(|until| self.by_end.remove(&(until, prefix)))
    }
}

impl BanPlan {
    /// For how long, after so many bans before.
    fn time(&self, before: u32) -> Duration {
        let before = usize::try_from(before).unwrap_or(usize::MAX);
        let time = self.times.get(before).or_else(|| self.times.last());
        let time = time.copied().unwrap_or(SHORTEST_BAN);
        time.clamp(SHORTEST_BAN, LONGEST_BAN)
    }
}

impl Sentence {
    /// What the firewall is to do.
    pub fn effect(&self) -> Effect {
        Effect::Ban {
            prefixes: alloc::vec![self.prefix],
            lasts: self.lasts,
        }
    }
}

fn pardon(prefixes: Vec<Prefix>) -> Vec<Effect> {
    match prefixes.as_slice() {
        [] => Vec::new(),
        _ => alloc::vec![Effect::Pardon { prefixes }],
    }
}

/// Neighbours on the link stay reachable whatever they do: one of them is the way to all others.
const fn is_elsewhere(address: IpAddr) -> bool {
    let is_of_the_link = match address {
        IpAddr::V4(address) => address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !is_of_the_link
        && !address.is_loopback()
        && !address.is_unspecified()
        && !address.is_multicast()
}

/// A stranger who forges sources can have this many banned, and lines written about it; no more.
const BANS_A_MINUTE: usize = 60;
/// The kernel's own.
const SHORTEST_BAN: Duration = Duration::from_secs(1);
/// Some 200 µs: a knock that comes in between does not notice it.
const ENDS_AT_ONCE: usize = 512;
