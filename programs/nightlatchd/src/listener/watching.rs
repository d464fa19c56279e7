//! What is watched for beside knocks: sets of steps, as the broker names them, the span of encrypted sequences, and
//! whatever fails.

use nightlatch_capture::Touches;
use nightlatch_core::{Doorstep, PortRange, Protocol, Sentry, SentryPlan, Variant};
use nightlatch_ticket::Span;

use super::ListenerError;
use super::touches::{touches, with_failures};
use crate::attention::Notice;
use crate::channel::{GuardText, VariantText};

/// What is watched for now, and what is to be watched for next.
pub(super) struct Watching {
    span: Option<(Span, Protocol)>,
    knock_port: Option<u16>,
    decoys: Vec<PortRange>,
    is_banning: bool,
    /// Sets of steps that were named, until the broker says that they are all.
    coming: Vec<Variant>,
    /// What may be a part of a knock.
    of_knocks: Touches,
    /// That, and what fails.
    of_all: Touches,
    notice: Notice,
    has_changed: bool,
}

impl Watching {
    pub(super) fn new(span: Option<(Span, Protocol)>, knock_port: Option<u16>) -> Self {
        let of_knocks = touches(&[], &[], span.as_ref());
        Self {
            of_all: of_knocks.clone(),
            of_knocks,
            span,
            knock_port,
            decoys: Vec::new(),
            is_banning: false,
            coming: Vec::new(),
            notice: Notice::Failures,
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

    /// Another plan of what failures are; it counts when the ports in use are named next.
    pub(super) fn guard(&mut self, guard: &GuardText) -> Result<SentryPlan, ListenerError> {
        let plan = guard.read().ok_or(ListenerError::Disorder)?;
        self.decoys.clone_from(&plan.decoys);
        self.is_banning = guard.is_banning;
        Ok(plan)
    }

    /// All were named: they are watched for from now on.
    pub(super) fn begin(
        &mut self,
        (doorstep, sentry): (&mut Doorstep, &mut Sentry),
        edition: u32,
        in_use: &[PortRange],
    ) {
        let variants = core::mem::take(&mut self.coming);
        let of_knocks = touches(&variants, in_use, self.span.as_ref());
        let of_all = with_failures(&of_knocks, in_use, (&self.decoys, self.knock_port));
        self.has_changed |= of_knocks != self.of_knocks || of_all != self.of_all;
        (self.of_knocks, self.of_all) = (of_knocks, of_all);
        sentry.replace_ports(in_use);
        doorstep.replace_variants(edition, variants, in_use);
    }

    /// Sees so much from now on.
    pub(super) fn attend(&mut self, notice: Notice) {
        self.has_changed |= self.notice != notice;
        self.notice = notice;
    }

    /// What the kernel is to let through.
    pub(super) const fn touches(&self) -> &Touches {
        match self.notice {
            Notice::Failures => &self.of_all,
            Notice::Knocks => &self.of_knocks,
        }
    }

    /// Whether the filter need never change again where there are more clients than it has room for:
    /// only knocks to the knock port matter, and nobody is banned for anything else.
    pub(super) fn may_be_final(&self) -> bool {
        self.of_knocks == Touches::default() && !self.is_banning
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
