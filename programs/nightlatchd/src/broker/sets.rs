//! Sets of the administrator's: looked up when the configuration is taken, mended when he makes them anew.

use core::time::Duration;

use nightlatch_core::{Now, Policy};
use nightlatch_firewall::Firewall;

use super::round::Round;
use super::words::Carried;
use crate::log::Line;

/// A set that a service names and that does not take addresses as it is.
pub(crate) struct UnfitSet {
    pub(crate) service: String,
    /// What is wrong, and the command that makes it right.
    pub(crate) cause: String,
}

/// Looks all sets up that the services name; says which are unfit.
///
/// None of that is worth ending for: the administrator's own scripts may make the set a moment later,
/// and until then other services go on.
pub(crate) fn unfit(policy: &Policy, firewall: &mut dyn Firewall) -> Vec<UnfitSet> {
    let mut unfit = Vec::new();
    for service in policy.services() {
        for set in &service.inserts {
            if let Err(error) = firewall.look_up(set) {
                unfit.push(UnfitSet {
                    service: service.name.clone(),
                    cause: crate::because(&error),
                });
            }
        }
    }
    unfit
}

impl UnfitSet {
    pub(super) fn line(self) -> Line {
        Line::SetUnfit {
            service: self.service,
            cause: self.cause,
        }
    }
}

impl Round {
    /// Says which sets are unfit.
    pub(super) fn look_sets_up(&mut self) {
        for unfit in unfit(self.gatekeeper.policy(), self.firewall.as_mut()) {
            self.log.say(unfit.line());
        }
    }

    /// ipset tells nobody what becomes of its sets, so they are looked at, seldom.
    pub(super) fn look_after_sets(&mut self, now: Now) {
        if now.monotonic < self.look_after_sets_at {
            return;
        }
        self.look_after_sets_at = now.monotonic.saturating_add(LOOK_EVERY);
        if self.firewall.are_sets_made_anew() {
            self.fill_sets(now);
        }
    }

    /// Puts the addresses back that are granted, after the administrator made a set of his anew.
    pub(super) fn fill_sets(&mut self, now: Now) {
        let effects = self.gatekeeper.restore_members(now);
        let is_done = effects.iter().map(|effect| self.obey(effect));
        let done = is_done.filter(|carried| *carried == Carried::Out).count();
        if done > 0 {
            self.log.say(Line::SetsFilled);
        }
    }

    /// Says who was in a set for ever, and was left there.
    pub(super) fn say_left_alone(&mut self) {
        for member in self.firewall.left_alone() {
            self.log.say(Line::LeftAlone {
                address: member.address,
                set: member.set.place.to_string(),
            });
        }
    }
}

/// The round comes by as often when nobody knocks.
const LOOK_EVERY: Duration = Duration::from_secs(5);
