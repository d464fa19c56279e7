//! systemd: told when the daemon is ready, still alive, reloading, ending. Elsewhere all of this is nothing.

use core::time::Duration;

use nightlatch_core::{Instant, Now};
use sd_notify::NotifyState;

/// Tells systemd that the round still turns, twice as often as it asks for.
#[derive(Debug)]
pub(crate) struct Watchdog {
    every: Option<Duration>,
    due: Instant,
}

impl Watchdog {
    /// As the unit asks for it (`WatchdogSec=`).
    pub(crate) fn new(now: Now) -> Self {
        let every = sd_notify::watchdog_enabled().map(|limit| limit.mul_f32(0.5));
        Self {
            every,
            due: now.monotonic,
        }
    }

    /// Call it every round.
    pub(crate) fn pat(&mut self, now: Now) {
        if let Some(every) = self.every
            && now.monotonic >= self.due
        {
            self.due = now.monotonic.saturating_add(every);
            tell(&[NotifyState::Watchdog]);
        }
    }
}

/// Knocks are heard from now on.
pub(crate) fn ready(clients: usize) {
    tell(&[
        NotifyState::Ready,
        NotifyState::Status(&format!("{clients} clients may knock")),
    ]);
}

/// A start with very many clients takes a while.
pub(crate) fn starting(done: usize, clients: usize) {
    let more = NotifyState::ExtendTimeoutUsec(30_000_000);
    tell(&[
        more,
        NotifyState::Status(&format!("deriving keys: {done} of {clients}")),
    ]);
}

/// A reload has begun.
pub(crate) fn reloading() {
    let Ok(since) = NotifyState::monotonic_usec_now() else {
        return;
    };
    tell(&[NotifyState::Reloading, since]);
}

/// The daemon ends.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Without systemd there is nobody to tell, and that is no error.
fn tell(state: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(state);
}
