//! What time does to a scene: it passes, it jumps, or nobody was awake to see it pass.

use core::time::Duration;

use nightlatch_core::{Instant, Now};

use crate::Scene;

impl Scene {
    /// Lets time pass; every deadline on the way is met.
    pub fn wait(&mut self, while_: Duration) {
        let end = self.now().monotonic.saturating_add(while_);
        loop {
            let due = self.next_deadline().filter(|due| *due < end);
            let Some(due) = due else { break };
            // A deadline in the past means at once; a little time passes in any case.
            self.pass_until(
                due.max(self.now().monotonic.saturating_add(A_LITTLE))
                    .min(end),
            );
            self.meet_deadlines();
        }
        self.pass_until(end);
        self.meet_deadlines();
    }

    /// Lets time pass while nobody is awake: the machine is suspended.
    pub fn sleep_through(&mut self, while_: Duration) {
        self.pass_until(self.now().monotonic.saturating_add(while_));
    }

    /// Somebody sets the clock: forwards, or backwards when negative. No time passes.
    pub fn jump(&mut self, seconds: i64) {
        let now = self.now();
        self.set_now(Now {
            unix: now.unix.shifted(seconds.saturating_mul(1000)),
            ..now
        });
    }

    fn pass_until(&mut self, moment: Instant) {
        let now = self.now();
        self.set_now(Now {
            monotonic: moment,
            unix: now
                .unix
                .saturating_add(moment.saturating_since(now.monotonic)),
        });
    }
}

/// The quickest that anybody comes back to a deadline.
const A_LITTLE: Duration = Duration::from_millis(1);
