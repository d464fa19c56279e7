//! Alarms: what the administrator should know, said once when it begins to be so.

use std::collections::BTreeSet;

use nightlatch_core::{Knocker, Now, Warning};

use super::round::Round;
use crate::log::Line;

/// What was said, and when it is time to look again.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    generation: Option<u64>,
    said: BTreeSet<Warning>,
}

impl Round {
    /// Says what has become so. It looks where a line was used, a time step has passed or the
    /// configuration is another one: never as often as strangers like.
    pub(super) fn raise_alarms(&mut self, now: Now) {
        let generation = self.gatekeeper.variants_generation(now);
        if self.alarms.generation.replace(generation) == Some(generation) {
            return;
        }
        let warnings: BTreeSet<Warning> = self.gatekeeper.warnings(now).collect();
        for warning in warnings.difference(&self.alarms.said) {
            self.log.say(Line::Warned {
                warning: self.in_words(*warning),
            });
        }
        self.alarms.said = warnings;
    }

    /// The warning, and the name of what it is about.
    pub(super) fn in_words(&self, warning: Warning) -> String {
        warning.sequence().map_or_else(
            || warning.to_string(),
            |id| {
                let name = self.seats.knocker(Knocker::Sequence(id));
                format!("sequence {name}: {warning}")
            },
        )
    }
}
