//! What is watched for beside knocks: sets of steps, as the broker names them, and the span of encrypted sequences.

use nightlatch_capture::Touches;
use nightlatch_core::{Doorstep, PortRange, Protocol, Variant};
use nightlatch_ticket::Span;

use super::ListenerError;
use super::touches::touches;
use crate::channel::VariantText;

/// What is watched for now, and what is to be watched for next.
pub(super) struct Watching {
    span: Option<(Span, Protocol)>,
    /// Sets of steps that were named, until the broker says that they are all.
    coming: Vec<Variant>,
    touches: Touches,
    has_changed: bool,
}

impl Watching {
    pub(super) fn new(span: Option<(Span, Protocol)>) -> Self {
        Self {
            touches: touches(&[], &[], span.as_ref()),
            span,
            coming: Vec::new(),
            has_changed: true,
        }
    }

    /// Where encrypted sequences are heard, if they are.
    pub(super) const fn span(&self) -> Option<&(Span, Protocol)> {
        self.span.as_ref()
    }

    /// One more set of steps.
    pub(super) fn take(&mut self, variant: &VariantText) -> Result<(), ListenerError> {
        self.coming
            .push(variant.read().ok_or(ListenerError::Disorder)?);
        Ok(())
    }

    /// All were named: they are watched for from now on.
    pub(super) fn begin(&mut self, doorstep: &mut Doorstep, edition: u32, in_use: &[PortRange]) {
        let variants = core::mem::take(&mut self.coming);
        let touches = touches(&variants, in_use, self.span.as_ref());
        self.has_changed |= touches != self.touches;
        self.touches = touches;
        doorstep.replace_variants(edition, variants, in_use);
    }

    /// What the kernel is to let through.
    pub(super) const fn touches(&self) -> &Touches {
        &self.touches
    }

    /// Whether the kernel has to be told.
    pub(super) const fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// The kernel was told.
    pub(super) const fn is_told(&mut self) {
        self.has_changed = false;
    }
}
