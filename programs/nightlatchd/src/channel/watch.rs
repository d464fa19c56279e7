//! What the listener is to watch for beside tickets, in words that both halves read alike.

use core::time::Duration;

use nightlatch_core::{PortRange, Protocol, SequenceId, Step, Variant};
use nightlatch_ticket::Span;
use serde::{Deserialize, Serialize};

/// Where encrypted sequences are touched; made before the start, so it cannot be wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SpanPlan {
    first: u16,
    last: u16,
    skip: Vec<(u16, u16)>,
    carrier: String,
}

impl SpanPlan {
    pub(crate) fn of(span: &Span, carrier: Protocol) -> Self {
        let (first, last) = span.bounds();
        Self {
            first,
            last,
            skip: span.skipped().to_vec(),
            carrier: carrier.to_string(),
        }
    }

    pub(crate) fn read(&self) -> Option<(Span, Protocol)> {
        let span = Span::new(self.first, self.last, &self.skip).ok()?;
        Some((span, self.carrier.parse().ok()?))
    }
}

/// One set of steps that counts now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VariantText {
    sequence: u16,
    number: u64,
    steps: Vec<String>,
    within: Duration,
}

impl VariantText {
    pub(crate) fn of(variant: &Variant) -> Self {
        Self {
            sequence: variant.sequence.0,
            number: variant.number,
            steps: variant.steps.iter().map(ToString::to_string).collect(),
            within: variant.within,
        }
    }

    pub(crate) fn read(&self) -> Option<Variant> {
        let steps: Result<Vec<Step>, _> = self.steps.iter().map(|step| step.parse()).collect();
        Some(Variant {
            sequence: SequenceId(self.sequence),
            number: self.number,
            steps: steps.ok()?,
            within: self.within,
        })
    }
}

/// Ports at which a touch does not count, as they are written in the configuration.
pub(crate) fn ranges_as_text(ranges: &[PortRange]) -> Vec<String> {
    ranges.iter().map(ToString::to_string).collect()
}

/// The same, read again.
pub(crate) fn ranges_of_text(texts: &[String]) -> Option<Vec<PortRange>> {
    texts.iter().map(|text| text.parse().ok()).collect()
}
