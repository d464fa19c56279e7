//! `steps = […]`: always the same ones.

use std::ops::Range;

use nightlatch_core::{MOST_STEPS, Step, StepError};
use serde_spanned::Spanned;

use crate::{desk::Desk, remark::Remark, text::List};

/// Reads the steps, each with its place.
pub(super) fn read(written: &Spanned<List>, desk: &mut Desk) -> Option<Vec<(Step, Range<usize>)>> {
    let list = &written.get_ref().0;
    if list.is_empty() {
        desk.add(
            Remark::error(written.span(), "a sequence without steps could never be walked")
                .advise("write what to touch, in this order: steps = [\"tcp/31007\", \"udp/4711\", \"tcp/29001\"]"),
        );
        return None;
    }
    if let Some(first_too_many) = list.get(MOST_STEPS) {
        desk.add(
            Remark::error(
                first_too_many.span(),
                format!("this is step {}", MOST_STEPS.saturating_add(1)),
            )
            .advise(format!("a sequence has up to {MOST_STEPS} steps")),
        );
        return None;
    }
    let before = desk.errors();
    let steps = list
        .iter()
        .filter_map(|written| Some((step(written, desk)?, written.span())))
        .collect();
    (desk.errors() == before).then_some(steps)
}

fn step(written: &Spanned<String>, desk: &mut Desk) -> Option<Step> {
    match written.get_ref().parse() {
        Ok(step) => Some(step),
        Err(error) => {
            let error: StepError = error;
            desk.add(Remark::of(written.span(), &error));
            None
        }
    }
}
