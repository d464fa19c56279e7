//! The ration: so many of each kind in a minute are told one by one, and the rest is summed up.

use core::time::Duration;
use std::collections::BTreeMap;

use nightlatch_core::Instant;

/// How much of each kind is told. One kind never uses up another's: strangers cause bans, and shall not so
/// keep a grant untold. It remembers a kind for a minute, and then until it is summed up: so the kinds must be
/// few, and no stranger may make one.
#[derive(Debug)]
pub(crate) struct Ration<K> {
    per_minute: u32,
    minutes: BTreeMap<K, Minute>,
}

/// What was told of a kind since its minute began.
#[derive(Debug)]
struct Minute {
    began: Instant,
    told: u32,
    left_out: u64,
}

impl<K: Ord> Ration<K> {
    pub(crate) const fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            minutes: BTreeMap::new(),
        }
    }

    /// Changes it, and forgets nothing that is to be summed up.
    pub(crate) const fn replace(&mut self, per_minute: u32) {
        self.per_minute = per_minute;
    }

    /// Whether one more of a kind is told by itself; else it is counted.
    pub(crate) fn take(&mut self, kind: K, now: Instant) -> bool {
        let per_minute = self.per_minute;
        let minute = self.minute(kind, now);
        if minute.told < per_minute {
            minute.told = minute.told.saturating_add(1);
            return true;
        }
        minute.left_out = minute.left_out.saturating_add(1);
        false
    }

    /// So many of a kind could not be told.
    pub(crate) fn leave_out(&mut self, kind: K, how_many: u64, now: Instant) {
        let minute = self.minute(kind, now);
        minute.left_out = minute.left_out.saturating_add(how_many);
    }

    /// What is to be summed up now, if anything; it is told once.
    pub(crate) fn sums(&mut self, now: Instant) -> Option<BTreeMap<K, u64>> {
        let over = self.minutes.extract_if(.., |_, minute| minute.is_over(now));
        let sums: BTreeMap<K, u64> = over
            .map(|(kind, minute)| (kind, minute.left_out))
            .filter(|(_, left_out)| *left_out > 0)
            .collect();
        (!sums.is_empty()).then_some(sums)
    }

    /// When something is to be summed up.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let waiting = self.minutes.values().filter(|minute| minute.left_out > 0);
        waiting.map(Minute::end).min()
    }

    fn minute(&mut self, kind: K, now: Instant) -> &mut Minute {
        // One that is over and left nothing out is nobody's any more; one that did waits for its sum.
        let is_done = |minute: &Minute| minute.is_over(now) && minute.left_out == 0;
        if self.minutes.get(&kind).is_some_and(is_done) {
            self.minutes.remove(&kind);
        }
        self.minutes.entry(kind).or_insert(Minute {
            began: now,
            told: 0,
            left_out: 0,
        })
    }
}

impl Minute {
    const fn end(&self) -> Instant {
        self.began.saturating_add(MINUTE)
    }

    fn is_over(&self, now: Instant) -> bool {
        self.end() <= now
    }
}

const MINUTE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_duration(Duration::from_secs(seconds))
    }

    #[test]
    fn a_flood_of_one_kind_is_summed_up_and_the_others_are_told() {
        let mut ration = Ration::new(2);
        let taken = (0..5).filter(|_| ration.take("banned", at(0))).count();
        assert_eq!(taken, 2);
        assert!(ration.take("granted", at(1)));
        assert_eq!(ration.sums(at(59)), None);
        assert_eq!(ration.next_deadline(), Some(at(60)));
        assert_eq!(ration.sums(at(60)).unwrap(), [("banned", 3)].into());
        assert_eq!((ration.sums(at(61)), ration.next_deadline()), (None, None));
        assert!(ration.take("banned", at(61)));
    }

    #[test]
    fn nothing_is_summed_up_where_nothing_was_left_out() {
        let mut ration = Ration::new(2);
        for minute in 0..5 {
            assert!(ration.take("banned", at(minute * 60)));
            assert!(ration.take("banned", at(minute * 60 + 59)));
            assert_eq!(ration.next_deadline(), None);
        }
        assert_eq!(ration.sums(at(1000)), None);
    }

    #[test]
    fn what_found_no_room_is_summed_up_too() {
        let mut ration = Ration::new(2);
        ration.leave_out("granted", 7, at(0));
        assert!(ration.take("granted", at(0)));
        assert_eq!(ration.sums(at(60)).unwrap(), [("granted", 7)].into());
    }
}
