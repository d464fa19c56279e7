//! The clock: the one place of the daemon where time is read.

use core::time::Duration;

use nightlatch_core::{Instant, Now};
use nightlatch_ticket::UnixTime;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Reads both clocks: the one that only runs forward and the one that people set.
///
/// The first counts the time asleep too: a grant that ran out while a laptop slept has run out.
pub(crate) fn now() -> Now {
    Now {
        monotonic: Instant::from_duration(duration(clock_gettime(ClockId::Boottime))),
        unix: UnixTime::from_nanos(nanos(duration(clock_gettime(ClockId::Realtime)))),
    }
}

/// A time before 1970 is taken for 1970: the repair path heals a clock that wrong.
fn duration(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, nanos)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
