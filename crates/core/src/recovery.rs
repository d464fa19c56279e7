//! Who is told the time although neither his clock nor his counter is right, and how seldom.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec;
use alloc::vec::Vec;

use crate::{ClientId, Instant, Now, Refused};

/// The budget of recovery answers.
///
/// A recovery knock needs no fresh counter, so it is the one packet whose replay could earn an
/// answer: each client has one per half minute, and each packet has one at all.
pub(crate) struct Recovery {
    started: Instant,
    /// For each client the tick after its last answer; empty until somebody needs one.
    answered: Vec<u32>,
    seen: BTreeSet<[u8; 12]>,
    order: VecDeque<[u8; 12]>,
}

impl Recovery {
    pub(crate) const fn new(now: Now) -> Self {
        Self {
            started: now.monotonic,
            answered: Vec::new(),
            seen: BTreeSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Takes one answer out of the client's budget, or says why there is none.
    ///
    /// Only for packets whose seal was opened: strangers must not use up anybody's budget.
    pub(crate) fn take(
        &mut self,
        client: ClientId,
        nonce: [u8; 12],
        clients: usize,
        now: Now,
    ) -> Result<(), Refused> {
        if self.seen.contains(&nonce) {
            return Err(Refused::RecoveryRepeated);
        }
        let tick = self.tick(now);
        if self.answered.len() != clients {
            self.answered = vec![0; clients];
        }
        let Some(answered) = self.answered.get_mut(client.index()) else {
            return Err(Refused::UnknownClient);
        };
        if *answered != 0 && tick.saturating_sub(*answered) < TICKS_BETWEEN {
            return Err(Refused::RecoveryTooSoon);
        }
        *answered = tick;
        self.remember(nonce);
        Ok(())
    }

    /// Starts the budgets over: after a reload the same number means somebody else.
    pub(crate) fn reset_budgets(&mut self) {
        self.answered = Vec::new();
    }

    /// A nonce that is pushed out costs one more answer at the usual pace, and locks nobody out.
    fn remember(&mut self, nonce: [u8; 12]) {
        if self.order.len() >= REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.order.push_back(nonce);
        self.seen.insert(nonce);
    }

    /// Ticks since the start, from 1 on: 0 is "never".
    fn tick(&self, now: Now) -> u32 {
        let since = now.monotonic.saturating_since(self.started);
        let ticks = u32::try_from(since.as_millis() / MILLISECONDS_PER_TICK).unwrap_or(u32::MAX);
        ticks.saturating_add(1)
    }
}

/// Fine enough that half a minute is half a minute; 32 bits of it last for 13 years.
const MILLISECONDS_PER_TICK: u128 = 100;
/// Half a minute: a client that repairs itself needs one answer, a recorder gets few.
const TICKS_BETWEEN: u32 = 300;
/// Whole epochs' worth of answers for thousands of clients in trouble at once; some 4 MiB if full.
const REMEMBERED: usize = 65_536;

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use nightlatch_ticket::UnixTime;

    use super::*;

    fn at(milliseconds: u64) -> Now {
        Now {
            monotonic: Instant::from_duration(Duration::from_millis(milliseconds)),
            unix: UnixTime::default(),
        }
    }

    fn nonce(number: u32) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[..4].copy_from_slice(&number.to_be_bytes());
        nonce
    }

    #[test]
    fn a_client_is_answered_once_in_half_a_minute() {
        let mut recovery = Recovery::new(at(0));
        let mut take = |number, ms| recovery.take(ClientId(0), nonce(number), 2, at(ms));
        assert_eq!(take(1, 0), Ok(()));
        assert_eq!(take(2, 29_999), Err(Refused::RecoveryTooSoon));
        assert_eq!(take(2, 30_000), Ok(()));
        assert_eq!(take(3, 59_000), Err(Refused::RecoveryTooSoon));
    }

    #[test]
    fn one_clients_budget_is_not_anothers() {
        let mut recovery = Recovery::new(at(0));
        assert_eq!(recovery.take(ClientId(0), nonce(1), 2, at(0)), Ok(()));
        assert_eq!(recovery.take(ClientId(1), nonce(2), 2, at(0)), Ok(()));
    }

    #[test]
    fn a_packet_is_answered_once_at_all() {
        let mut recovery = Recovery::new(at(0));
        assert_eq!(recovery.take(ClientId(0), nonce(1), 1, at(0)), Ok(()));
        assert_eq!(
            recovery.take(ClientId(0), nonce(1), 1, at(86_400_000)),
            Err(Refused::RecoveryRepeated)
        );
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut recovery = Recovery::new(at(0));
        for number in 0..70_000 {
            recovery.remember(nonce(number));
        }
        assert_eq!(
            (recovery.seen.len(), recovery.order.len()),
            (REMEMBERED, REMEMBERED)
        );
    }

    #[test]
    fn a_client_that_does_not_exist_has_no_budget() {
        let mut recovery = Recovery::new(at(0));
        assert_eq!(
            recovery.take(ClientId(1), nonce(1), 1, at(0)),
            Err(Refused::UnknownClient)
        );
    }
}
