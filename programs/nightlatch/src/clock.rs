//! The one place of the person's tool where a clock is read and waited for.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nightlatch_ticket::UnixTime;

/// This computer's clock, or one that is wrong by a known amount.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    ahead: i64,
}

impl Clock {
    /// The clock as this computer has it.
    pub const fn system() -> Self {
        Self { ahead: 0 }
    }

    /// A clock that runs so many milliseconds ahead of this computer's (behind, when negative): for
    /// the demonstration and the tests, which show that a wrong clock locks nobody out.
    pub const fn ahead_by_millis(ahead: i64) -> Self {
        Self { ahead }
    }

    /// What time it is, as this clock believes.
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock is read here and nowhere else"
    )]
    pub fn unix(&self) -> UnixTime {
        // A clock before 1970 counts as 1970: the server's answer tells the right time.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let shift = Duration::from_millis(self.ahead.unsigned_abs());
        let shifted = match self.ahead {
            0.. => since.saturating_add(shift),
            _ => since.saturating_sub(shift),
        };
        UnixTime::from_nanos(u64::try_from(shifted.as_nanos()).unwrap_or(u64::MAX))
    }

    /// A point on the clock that nobody can set: for waiting.
    #[expect(
        clippy::disallowed_methods,
        reason = "the clock is read here and nowhere else"
    )]
    pub fn monotonic(&self) -> Instant {
        Instant::now()
    }

    /// Lets so much time pass.
    #[expect(
        clippy::disallowed_methods,
        reason = "between two packets there is nothing to wait for but time"
    )]
    pub fn pause(&self, length: Duration) {
        if !length.is_zero() {
            thread::sleep(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_clock_is_off_by_its_shift() {
        let day = 86_400_000;
        let now = Clock::system().unix().as_millis();
        let behind = Clock::ahead_by_millis(-day).unix().as_millis();
        let ahead = Clock::ahead_by_millis(day).unix().as_millis();
        assert!(now.abs_diff(behind).abs_diff(86_400_000) < 5_000);
        assert!(now.abs_diff(ahead).abs_diff(86_400_000) < 5_000);
    }
}
