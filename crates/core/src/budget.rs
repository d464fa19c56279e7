//! How often sequences succeed: so far the listener is believed, and no further.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;

use crate::{Instant, Now, Policy, SequenceId};

/// When each sequence succeeded in the last minute.
///
/// A listener that was taken over can say that any sequence was walked, from anywhere. It cannot say
/// so more often than the administrator wrote down.
pub(crate) struct Budgets(Vec<VecDeque<Instant>>);

impl Budgets {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Takes one success out of a sequence's budget, if there is one left.
    pub(crate) fn take(&mut self, id: SequenceId, per_minute: u32, now: Now) -> bool {
        let place = usize::from(id.0);
        if place >= self.0.len() {
            self.0.resize_with(place.saturating_add(1), VecDeque::new);
        }
        let Some(taken) = self.0.get_mut(place) else {
            return false;
        };
        let is_over = |at: &Instant| now.monotonic.saturating_since(*at) >= A_MINUTE;
        while taken.front().is_some_and(is_over) {
            taken.pop_front();
        }
        let has_room = u32::try_from(taken.len()).is_ok_and(|taken| taken < per_minute);
        if has_room {
            taken.push_back(now.monotonic);
        }
        has_room
    }

    /// Carries what was taken over to the sequences of the same names.
    pub(crate) fn follow(&mut self, former: &Policy, policy: &Policy) {
        let mut taken = |name: &str| {
            let (id, _) = former.sequence_by_name(name)?;
            self.0.get_mut(usize::from(id.0)).map(core::mem::take)
        };
        let carried = policy.sequences().iter();
        let carried = carried.map(|sequence| taken(&sequence.name).unwrap_or_default());
        *self = Self(carried.collect());
    }
}

const A_MINUTE: Duration = Duration::from_mins(1);

#[cfg(test)]
mod tests {
    use nightlatch_ticket::UnixTime;

    use super::*;

    fn at(milliseconds: u64) -> Now {
        Now {
            monotonic: Instant::from_duration(Duration::from_millis(milliseconds)),
            unix: UnixTime::default(),
        }
    }

    #[test]
    fn so_many_succeed_in_any_minute() {
        let mut budgets = Budgets::new();
        let mut take = |ms| budgets.take(SequenceId(3), 2, at(ms));
        assert!(take(0) && take(50_000));
        assert!(!take(59_999));
        assert!(take(60_000));
        assert!(!take(109_999) && take(110_000));
    }

    #[test]
    fn one_sequences_budget_is_not_anothers() {
        let mut budgets = Budgets::new();
        assert!(budgets.take(SequenceId(0), 1, at(0)));
        assert!(!budgets.take(SequenceId(0), 1, at(0)));
        assert!(budgets.take(SequenceId(1), 1, at(0)));
    }
}
