//! Rationing: refusals cost whoever holds a key nothing, and each would be a line of the log and an event.

use core::time::Duration;

use nightlatch_core::{Claim, Instant, Knocker, Now, Verdict};

use super::reporting::{event, knocker};
use super::round::Round;
use super::words::Carried;
use crate::clock;
use crate::events::Kind;
use crate::log::Line;
use crate::pace::Pace;
use crate::ration::Ration;

/// How many refusals of each knocker are told one by one.
#[derive(Debug)]
pub(super) struct Rationing {
    refusals: Ration<Knocker>,
    /// How many lines say that the kernel or the disk refused something.
    failures: Pace,
    /// When minutes are looked for that are over.
    look_at: Instant,
}

impl Default for Rationing {
    fn default() -> Self {
        Self {
            refusals: Ration::new(REFUSALS_TOLD_A_MINUTE),
            failures: Pace::new(FAILURES_TOLD_A_MINUTE, 60),
            look_at: Instant::default(),
        }
    }
}

impl Round {
    /// Whether this is told by itself. What opens or closes something always is.
    pub(super) fn is_told(
        &mut self,
        claim: &Claim,
        verdict: &Verdict,
        carried: Carried,
        now: Now,
    ) -> bool {
        let is_refusal = match verdict {
            Verdict::Answer(_) => true,
            Verdict::Grant(_) | Verdict::Close(_) => carried == Carried::Refused,
            Verdict::Tell { .. } | Verdict::Ignore(_) => false,
        };
        let refusals = &mut self.rationing.refusals;
        !is_refusal || refusals.take(knocker(claim), now.monotonic)
    }

    /// Says what failed for a knock: where a set is missing, each knock fails anew.
    pub(super) fn say_failed(&mut self, line: Line) {
        let Some(left_out) = self.rationing.failures.take(clock::now()) else {
            return;
        };
        if left_out > 0 {
            self.log.say(Line::LeftOut {
                about: "what failed".to_owned(),
                lines: left_out,
            });
        }
        self.log.say(line);
    }

    /// Tells how many were left out in the minutes that are over.
    pub(super) fn sum_refusals_up(&mut self, now: Now) {
        if now.monotonic >= self.rationing.look_at {
            self.rationing.look_at = now.monotonic.saturating_add(LOOK_EVERY);
            self.tell_of_refusals(now.monotonic);
        }
    }

    /// The same of all minutes, before nobody is called by his name any more.
    pub(super) fn sum_all_refusals_up(&mut self) {
        self.tell_of_refusals(Instant::from_duration(Duration::MAX));
    }

    fn tell_of_refusals(&mut self, until: Instant) {
        for (knocker, count) in self.rationing.refusals.sums(until).unwrap_or_default() {
            self.log.say(Line::LeftOut {
                about: format!("refusals of {}", self.seats.spoken(knocker)),
                lines: count,
            });
            let untold = event(Kind::RefusalsUntold).by(self.who(knocker));
            self.report(&untold.counting(count));
        }
    }
}

/// A page of them, as of bans.
const REFUSALS_TOLD_A_MINUTE: u32 = 60;
const FAILURES_TOLD_A_MINUTE: u32 = 60;
/// The round comes by as often when nobody knocks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
