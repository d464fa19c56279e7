//! Attention: in quiet times everything that fails is seen and counted; in a flood the kernel drops it first.

use core::time::Duration;

use nightlatch_core::{Instant, Now};

/// How much of what is no knock is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// Whatever fails, so that it is counted by its source.
    Failures,
    /// Only what may be a part of a knock.
    Knocks,
}

/// Who floods us makes us look away for a while: counting must never cost a knock.
#[derive(Debug, Default)]
pub(crate) struct Attention {
    second: u64,
    failed: u32,
    away_until: Instant,
}

impl Attention {
    /// One more that was no knock.
    pub(crate) fn count(&mut self, now: Now) {
        let second = now.monotonic.since_start().as_secs();
        if self.second != second {
            (self.second, self.failed) = (second, 0);
        }
        self.failed = self.failed.saturating_add(1);
        if self.failed > TOO_MANY_A_SECOND {
            self.away_until = now.monotonic.saturating_add(AWAY);
        }
    }

    /// What is wanted now.
    pub(crate) fn notice(&self, now: Now) -> Notice {
        if now.monotonic < self.away_until {
            Notice::Knocks
        } else {
            Notice::Failures
        }
    }
}

/// Some hundredths of one processor; far more than a host is scanned by anybody who wants an answer.
const TOO_MANY_A_SECOND: u32 = 2000;
/// Then one look, a tenth of a second of the flood or less, for who it is by now.
const AWAY: Duration = Duration::from_secs(10);

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
    fn a_flood_is_looked_away_from_and_looked_at_again() {
        let mut attention = Attention::default();
        for number in 0..=2000 {
            assert_eq!(attention.notice(at(1000)), Notice::Failures, "{number}");
            attention.count(at(1000));
        }
        assert_eq!(attention.notice(at(1000)), Notice::Knocks);
        assert_eq!(attention.notice(at(10_999)), Notice::Knocks);
        assert_eq!(attention.notice(at(11_000)), Notice::Failures);
    }

    #[test]
    fn what_is_spread_over_time_is_no_flood() {
        let mut attention = Attention::default();
        for number in 0..100_000 {
            attention.count(at(number));
            assert_eq!(attention.notice(at(number)), Notice::Failures);
        }
    }
}
