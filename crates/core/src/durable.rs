//! Which counters survive a crash, without a disk write in the path of a knock.

use core::time::Duration;

use nightlatch_ticket::Counter;

use crate::{ClientId, Now, Record};

/// How far the watermark runs ahead of the clock, and so how long a crash leaves in doubt.
pub const WINDOW: Duration = Duration::from_secs(5);

/// What the disk said when the broker started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Every counter up to this one may have been used before a crash; 0 after a clean stop.
    pub floor: Counter,
    /// Every counter up to this one is as good as recorded now.
    pub watermark: Counter,
}

/// The watermark: a promise on disk that covers the counters to come.
pub(crate) struct Durable {
    marks: Marks,
    has_knocked: bool,
}

impl Durable {
    pub(crate) const fn new(marks: Marks) -> Self {
        Self {
            marks,
            has_knocked: false,
        }
    }

    /// Whether a crash may have swallowed the use of this counter.
    pub(crate) fn is_in_doubt(&self, counter: Counter) -> bool {
        counter <= self.marks.floor
    }

    /// Whether knocks are in doubt, or wait for the disk, because the clock was later once.
    pub(crate) fn is_ahead(&self, now: Now) -> bool {
        // Twice the window: what a clock that is merely disciplined may lose.
        let late = now.unix.saturating_add(WINDOW.saturating_mul(2));
        self.marks.floor > Counter(late.as_nanos())
    }

    /// The counter above which nothing is refused, for a client whose last one is given.
    pub(crate) fn clear_above(&self, last: Counter) -> Counter {
        last.max(self.marks.floor)
    }

    /// What has to be written before a packet with this counter may have an effect.
    pub(crate) fn record(
        &mut self,
        client: ClientId,
        counter: Counter,
        now: Now,
    ) -> Option<Record> {
        self.has_knocked = true;
        let reach = reach(now);
        if counter <= self.marks.watermark {
            None
        } else if counter <= reach {
            Some(Record::Watermark(reach))
        } else {
            // A clock ahead of ours must not drag the watermark along: after a crash everybody
            // would be in doubt up to there.
            Some(Record::Ahead { client, counter })
        }
    }

    /// The watermark that the background should write, while knocks arrive.
    pub(crate) fn renewal(&self, now: Now) -> Option<Counter> {
        let half = Counter(now.unix.saturating_add(HALF_WINDOW).as_nanos());
        (self.has_knocked && self.marks.watermark < half).then(|| reach(now))
    }

    /// This watermark is on disk.
    pub(crate) fn synced(&mut self, watermark: Counter) {
        self.marks.watermark = self.marks.watermark.max(watermark);
        self.has_knocked = false;
    }
}

/// Renewed while half of it is left: the disk has that long to answer.
const HALF_WINDOW: Duration = Duration::from_millis(2500);

fn reach(now: Now) -> Counter {
    Counter(now.unix.saturating_add(WINDOW).as_nanos())
}

#[cfg(test)]
mod tests {
    use nightlatch_ticket::UnixTime;

    use super::*;
    use crate::Instant;

    fn at(milliseconds: u64) -> Now {
        Now {
            monotonic: Instant::from_duration(Duration::from_millis(milliseconds)),
            unix: UnixTime::from_millis(milliseconds),
        }
    }

    fn counter(milliseconds: u64) -> Counter {
        Counter(UnixTime::from_millis(milliseconds).as_nanos())
    }

    fn durable(watermark: u64) -> Durable {
        Durable::new(Marks {
            floor: Counter(0),
            watermark: counter(watermark),
        })
    }

    #[test]
    fn below_the_watermark_nothing_is_written() {
        let mut durable = durable(10_000);
        assert_eq!(
            durable.record(ClientId(1), counter(10_000), at(6_000)),
            None
        );
    }

    #[test]
    fn above_it_the_watermark_is_raised_and_an_early_clock_gets_its_own_line() {
        let mut durable = durable(10_000);
        assert_eq!(
            durable.record(ClientId(1), counter(11_000), at(11_000)),
            Some(Record::Watermark(counter(16_000)))
        );
        assert_eq!(
            durable.record(ClientId(1), counter(16_001), at(11_000)),
            Some(Record::Ahead {
                client: ClientId(1),
                counter: counter(16_001)
            })
        );
    }

    #[test]
    fn the_watermark_is_renewed_in_time_and_only_while_knocks_arrive() {
        let mut durable = durable(10_000);
        assert_eq!(durable.renewal(at(9_000)), None, "nobody has knocked");
        let _ = durable.record(ClientId(1), counter(7_000), at(7_000));
        assert_eq!(durable.renewal(at(7_500)), None, "half of it is left");
        assert_eq!(durable.renewal(at(7_501)), Some(counter(12_501)));
        durable.synced(counter(12_501));
        assert_eq!(
            durable.record(ClientId(1), counter(12_500), at(9_000)),
            None
        );
    }

    #[test]
    fn a_watermark_never_falls_back() {
        let mut durable = durable(10_000);
        durable.synced(counter(5_000));
        assert_eq!(durable.record(ClientId(1), counter(9_999), at(4_000)), None);
    }

    #[test]
    fn after_a_crash_everything_up_to_the_floor_is_in_doubt() {
        let durable = Durable::new(Marks {
            floor: counter(10_000),
            watermark: counter(10_000),
        });
        assert!(durable.is_in_doubt(counter(10_000)));
        assert!(!durable.is_in_doubt(Counter(counter(10_000).0 + 1)));
        assert_eq!(durable.clear_above(counter(3)), counter(10_000));
        assert_eq!(durable.clear_above(counter(11_000)), counter(11_000));
    }
}
