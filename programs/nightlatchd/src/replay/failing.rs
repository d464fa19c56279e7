//! Who fails in a recording: the loudest of all of it, and whom the daemon would have suspected.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::IpAddr;

use nightlatch_core::{
    Failure, Glance, Now, PortRange, Prefix, Refused, Sentry, SentryPlan, Suspect,
};
use nightlatch_wire::Observation;
use serde::Serialize;

use crate::random;

/// Counts who fails, in memory that no recording makes grow.
pub(super) struct Failing {
    /// As the listener counts, with the configuration's window.
    sentry: Sentry,
    /// The whole recording is its window.
    ledger: Sentry,
    suspects: BTreeMap<(Prefix, Failure), u32>,
    more_suspects: u64,
}

/// One who failed, and how often at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Failed {
    pub(super) source: String,
    pub(super) failure: &'static str,
    pub(super) count: u32,
}

impl Failing {
    pub(super) fn new(plan: &SentryPlan, in_use: &[PortRange]) -> Self {
        let whole = SentryPlan {
            window: Duration::MAX,
            ..plan.clone()
        };
        let [sentry, ledger] = [plan.clone(), whole].map(|plan| {
            let mut sentry = Sentry::new(plan, random::draw());
            sentry.replace_ports(in_use);
            sentry
        });
        Self {
            sentry,
            ledger,
            suspects: BTreeMap::new(),
            more_suspects: 0,
        }
    }

    /// What the doorstep made of a packet.
    pub(super) fn see(&mut self, seen: &Observation<'_>, glance: &Glance, now: Now) {
        let _ = self.ledger.observe(seen, glance, now);
        let suspect = self.sentry.observe(seen, glance, now);
        self.note(suspect);
    }

    /// What the gatekeeper refused without a word.
    pub(super) fn refused(&mut self, source: IpAddr, reason: Refused, now: Now) {
        let _ = self.ledger.refused(source, reason, now);
        let suspect = self.sentry.refused(source, reason, now);
        self.note(suspect);
    }

    /// The loudest, the loudest first.
    pub(super) fn loudest(&mut self, now: Now) -> Vec<Failed> {
        let loudest = self.ledger.loudest(now).into_iter().take(SHOWN);
        let told = loudest.map(|loud| Failed {
            source: loud.prefix.to_string(),
            failure: loud.failure.name(),
            count: loud.count,
        });
        told.collect()
    }

    /// The suspects, as far as they are remembered.
    pub(super) fn suspects(&self) -> Vec<Failed> {
        let told = self
            .suspects
            .iter()
            .map(|((prefix, failure), count)| Failed {
                source: prefix.to_string(),
                failure: failure.name(),
                count: *count,
            });
        told.collect()
    }

    /// How often there was one more than is remembered.
    pub(super) const fn more_suspects(&self) -> u64 {
        self.more_suspects
    }

    fn note(&mut self, suspect: Option<Suspect>) {
        let Some(suspect) = suspect else { return };
        let who = (suspect.prefix, suspect.failure);
        if self.suspects.len() < REMEMBERED || self.suspects.contains_key(&who) {
            let most = self.suspects.entry(who).or_default();
            *most = suspect.count.max(*most);
        } else {
            self.more_suspects = self.more_suspects.saturating_add(1);
        }
    }
}

/// As many as `status` shows.
const SHOWN: usize = 10;
/// A page or two; with more of them, it is the sum that matters.
const REMEMBERED: usize = 100;
