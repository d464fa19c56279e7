//! Which knocks are of now.

use core::time::Duration;

use nightlatch_ticket::UnixTime;

use crate::Now;

/// Whether the sender's clock and ours agree well enough.
///
/// The counter stops what was honoured once; this stops what never arrived: a knock that somebody
/// held back opens nothing an hour later.
pub(crate) fn is_fresh(sent: UnixTime, within: Duration, now: Now) -> bool {
    now.unix.distance(sent) <= within
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;

    #[test]
    fn a_clock_may_be_wrong_by_a_minute_in_either_direction() {
        let now = Now {
            monotonic: Instant::default(),
            unix: UnixTime::from_millis(1_000_000),
        };
        let within = Duration::from_mins(1);
        let fresh = |milliseconds| is_fresh(UnixTime::from_millis(milliseconds), within, now);
        assert!(fresh(940_000) && fresh(1_000_000) && fresh(1_060_000));
        assert!(!fresh(939_999) && !fresh(1_060_001));
        assert!(!fresh(0) && !fresh(u64::MAX));
    }
}
