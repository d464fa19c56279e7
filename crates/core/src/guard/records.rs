//! Records: who was banned before, so that the next time is longer.

use alloc::collections::{BTreeMap, BTreeSet};
use core::time::Duration;

use super::{Bans, LONGEST_BAN, Prefix};
use crate::{Instant, Now};

/// Somebody who was banned before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BannedBefore {
    /// Who.
    pub prefix: Prefix,
    /// How often.
    pub times: u32,
    /// For how long that is remembered still.
    pub remaining: Duration,
}

/// How often each was banned; forgotten after a while, and those first whose time comes first when
/// there are too many.
pub(super) struct Records {
    known: BTreeMap<Prefix, (u32, Instant)>,
    by_end: BTreeSet<(Instant, Prefix)>,
}

impl Records {
    pub(super) const fn new() -> Self {
        Self {
            known: BTreeMap::new(),
            by_end: BTreeSet::new(),
        }
    }

    /// How often this one was banned before.
    pub(super) fn before(&self, prefix: Prefix, now: Instant) -> u32 {
        let known = self.known.get(&prefix);
        known.map_or(0, |(times, until)| if *until > now { *times } else { 0 })
    }

    /// One more ban, which ends then.
    pub(super) fn add(&mut self, prefix: Prefix, ends: Instant, now: Instant) {
        let times = self.before(prefix, now).saturating_add(1);
        self.put(prefix, times, ends.saturating_add(MEMORY));
    }

    fn put(&mut self, prefix: Prefix, times: u32, until: Instant) {
        self.forget(prefix);
        if self.known.len() >= REMEMBERED
            && let Some((_, first)) = self.by_end.pop_first()
        {
            self.known.remove(&first);
        }
        self.known.insert(prefix, (times, until));
        self.by_end.insert((until, prefix));
    }

    /// The last one was none.
    pub(super) fn take_back(&mut self, prefix: Prefix) {
        match self.known.get_mut(&prefix) {
            Some((times @ 2.., _)) => *times = times.saturating_sub(1),
            _ => self.forget(prefix),
        }
    }

    /// As if it had never been.
    pub(super) fn forget(&mut self, prefix: Prefix) {
        if let Some((_, until)) = self.known.remove(&prefix) {
            self.by_end.remove(&(until, prefix));
        }
    }
}

impl Bans {
    /// Who was banned before, for the disk.
    pub fn before(&self, now: Now) -> impl Iterator<Item = BannedBefore> + '_ {
        let known = self.records.known.iter();
        let before = move |(prefix, (times, until)): (&Prefix, &(u32, Instant))| BannedBefore {
            prefix: *prefix,
            times: *times,
            remaining: until.saturating_since(now.monotonic),
        };
        known.map(before).filter(|one| !one.remaining.is_zero())
    }

    /// Takes over what a former life remembered. A clock that was wrong makes nobody remembered for
    /// longer than ever.
    pub fn remember(&mut self, before: impl IntoIterator<Item = BannedBefore>, now: Now) {
        let longest = LONGEST_BAN.saturating_add(MEMORY);
        for one in before {
            let until = now.monotonic.saturating_add(one.remaining.min(longest));
            self.records.put(one.prefix, one.times, until);
        }
    }
}

/// Who is quiet for a day begins anew.
const MEMORY: Duration = Duration::from_hours(24);
/// Some 8 MiB when all are taken.
const REMEMBERED: usize = 65_536;

#[cfg(test)]
mod tests {
    use core::net::{IpAddr, Ipv4Addr};

    use super::*;

    #[test]
    fn there_is_an_end_to_what_is_remembered() {
        let mut records = Records::new();
        let who = |number| Prefix::of(IpAddr::V4(Ipv4Addr::from_bits(number)));
        let at = |seconds| Instant::from_duration(Duration::from_secs(seconds));
        for number in 0..70_000 {
            records.add(who(number), at(number.into()), at(1));
        }
        assert_eq!(records.known.len(), REMEMBERED);
        assert_eq!(records.by_end.len(), REMEMBERED);
        assert_eq!(records.before(who(0), at(1)), 0);
        assert_eq!(records.before(who(69_999), at(1)), 1);
    }
}
