//! A variant that is watched for, with its patterns read once.

use alloc::sync::Arc;
use alloc::vec::Vec;

use nightlatch_wire::{Flags, Observation};

use super::doorway::Doorway;
use super::watch::Bearing;
use super::{FlagsWanted, Pattern, Payload, Probe, Step, Variant};

/// A variant that is watched for.
pub(super) struct Route {
    pub(super) variant: Variant,
    /// For each step the pattern of its payload; none where it has none or a wrong one.
    patterns: Vec<Option<Pattern>>,
}

impl Route {
    /// The way of a variant; none if it has no steps, or more than anybody walks.
    pub(super) fn new(variant: Variant) -> Option<Arc<Self>> {
        let is_walkable = (1..=super::MOST_STEPS).contains(&variant.steps.len());
        is_walkable.then(|| {
            Arc::new(Self {
                patterns: variant.steps.iter().map(pattern).collect(),
                variant,
            })
        })
    }

    /// How many steps it has.
    pub(super) fn length(&self) -> usize {
        self.variant.steps.len()
    }

    /// Where its first step can be taken.
    pub(super) fn begins(&self) -> impl Iterator<Item = Doorway> {
        let first = self.variant.steps.first();
        first
            .into_iter()
            .flat_map(|step| Doorway::all_of(step.probe))
    }

    /// Whether this packet is its step of that number, from 0.
    pub(super) fn is_met_by(&self, seen: &Observation<'_>, number: usize) -> bool {
        let pattern = self.patterns.get(number).and_then(Option::as_ref);
        let step = self.variant.steps.get(number);
        step.is_some_and(|step| step.is_met_by(seen, pattern))
    }
    /// Whether a packet that is no step of it changes nothing.
    pub(super) fn lets_pass(&self, bearing: Bearing) -> bool {
        match bearing {
            Bearing::Passing => true,
            Bearing::Later(flags) => !self.later().any(|later| later.is_met_by(flags)),
            Bearing::Touch => false,
        }
    }

    /// The flags of its steps that a segment of a connection can take.
    pub(super) fn later(&self) -> impl Iterator<Item = FlagsWanted> {
        let flags = self
            .variant
            .steps
            .iter()
            .filter_map(|step| match step.probe {
                Probe::Tcp { flags, .. } => Some(flags),
                Probe::Udp { .. } | Probe::Icmp { .. } => None,
            });
        flags
            .filter(|wanted| !is_excluded(*wanted, Flags::ACK) || !is_excluded(*wanted, Flags::RST))
    }
}

fn is_excluded(wanted: FlagsWanted, flag: Flags) -> bool {
    wanted.clear.contains(flag)
}

fn pattern(step: &Step) -> Option<Pattern> {
    match &step.traits.payload {
        Some(Payload::Matches(text)) => Pattern::new(text).ok(),
        _ => None,
    }
}
