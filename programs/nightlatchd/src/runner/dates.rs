//! Dates: a stop in the running runner is due by the clock that only runs forward, on the disk by the date.

use core::time::Duration;

use nightlatch_core::Now;
use nightlatch_ticket::UnixTime;

use super::run::Key;
use super::stops::{Note, Stop, StopKey};
use super::waiting::{Began, Pending};
use crate::errand::Name;

/// What is written down of a stop.
pub(super) fn due(action: &Name, key: &Key, pending: &Pending, now: Now) -> Note {
    let remaining = pending.due.saturating_since(now.monotonic);
    Note::Due(Stop {
        key: stop_key(action, key),
        client: pending.client.clone(),
        seconds: pending.seconds,
        at: now.unix.saturating_add(remaining),
    })
}

/// What is to be done about a stop that a life before this one wrote down.
pub(super) fn pending(stop: Stop, now: Now) -> (Key, Pending) {
    let pending = Pending {
        client: stop.client,
        seconds: stop.seconds,
        due: now
            .monotonic
            .saturating_add(remaining(stop.at, stop.seconds, now)),
        began: Began::InDoubt,
    };
    let key = Key {
        address: stop.key.address,
        service: stop.key.service,
    };
    (key, pending)
}

/// Which stop it is, among those of all actions.
pub(super) fn stop_key(action: &Name, key: &Key) -> StopKey {
    StopKey {
        action: action.clone(),
        address: key.address,
        service: key.service.clone(),
    }
}

/// For how long a stop has to wait still. A clock that was set back makes it wait no longer than the
/// grant was.
fn remaining(at: UnixTime, seconds: u32, now: Now) -> Duration {
    let nanos = at.as_nanos().saturating_sub(now.unix.as_nanos());
    Duration::from_nanos(nanos).min(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use core::net::IpAddr;

    use nightlatch_core::Instant;

    use super::*;

    fn now(monotonic: u64, unix: u64) -> Now {
        Now {
            monotonic: Instant::from_duration(Duration::from_secs(monotonic)),
            unix: UnixTime::from_nanos(Duration::from_secs(unix).as_nanos().try_into().unwrap()),
        }
    }

    /// A grant of 30 s that began when the clocks showed 1000 and 5000, read later.
    fn waits(later: Now) -> Duration {
        let began = now(1000, 5000);
        let key = Key {
            address: IpAddr::from([192, 0, 2, 7]),
            service: Name::of("ssh"),
        };
        let written = Pending {
            client: Name::of("alice"),
            seconds: 30,
            due: now(1030, 0).monotonic,
            began: Began::UnderWay,
        };
        let Note::Due(stop) = due(&Name::of("act"), &key, &written, began) else {
            panic!("nothing is due");
        };
        let (same, read) = pending(stop, later);
        assert_eq!((same, read.began), (key, Began::InDoubt));
        read.due.saturating_since(later.monotonic)
    }

    #[test]
    fn a_stop_is_due_at_its_date_after_a_boot() {
        assert_eq!(waits(now(3, 5010)), Duration::from_secs(20));
    }

    #[test]
    fn what_fell_due_meanwhile_is_due_now() {
        assert_eq!(waits(now(3, 9000)), Duration::ZERO);
    }

    #[test]
    fn a_clock_that_was_set_back_keeps_nothing_open_for_longer_than_it_was_granted() {
        assert_eq!(waits(now(3, 17)), Duration::from_secs(30));
    }
}
