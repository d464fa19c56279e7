//! Pace: so many in a while, and how many more there were.

use nightlatch_core::Now;

/// So many in each stretch of time; what is more is only counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    most: u32,
    seconds: u64,
    stretch: u64,
    taken: u32,
    left_out: u64,
}

impl Pace {
    /// At most so many in so many seconds.
    pub(crate) const fn new(most: u32, seconds: u64) -> Self {
        Self {
            most,
            seconds,
            stretch: 0,
            taken: 0,
            left_out: 0,
        }
    }

    /// Takes one, if there is one left; says how many were left out since the last one.
    pub(crate) fn take(&mut self, now: Now) -> Option<u64> {
        let stretch = now
            .monotonic
            .since_start()
            .as_secs()
            .checked_div(self.seconds);
        if stretch != Some(self.stretch) {
            (self.stretch, self.taken) = (stretch.unwrap_or(0), 0);
        }
        if self.taken >= self.most {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.taken = self.taken.saturating_add(1);
        Some(core::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use nightlatch_core::Instant;
    use nightlatch_ticket::UnixTime;

    use super::*;

    #[test]
    fn so_many_come_through_in_a_minute_and_the_rest_is_counted() {
        let at = |seconds| Now {
            monotonic: Instant::from_duration(Duration::from_secs(seconds)),
            unix: UnixTime::default(),
        };
        let mut pace = Pace::new(2, 60);
        let taken = [60, 61, 62, 119, 120, 121].map(|second| pace.take(at(second)));
        assert_eq!(taken, [Some(0), Some(0), None, None, Some(2), Some(0)]);
    }
}
