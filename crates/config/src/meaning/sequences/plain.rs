//! `steps = […]`: always the same ones.

use std::ops::Range;

use nightlatch_core::{MOST_STEPS, Pattern, PatternError, Payload, Step};
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
    let remark = match written.get_ref().parse::<Step>() {
        Err(error) => Remark::of(written.span(), &error),
        Ok(step) => match pattern_error(&step) {
            None => return Some(step),
            Some(error) => unreadable(written.span(), &error),
        },
    };
    desk.add(remark);
    None
}

/// What is wrong with the regular expression that a payload must match, if it must.
fn pattern_error(step: &Step) -> Option<PatternError> {
    match &step.traits.payload {
        Some(Payload::Matches(text)) => Pattern::new(text).err(),
        _ => None,
    }
}

/// The parser draws the place below the pattern, which the carets do here; what is wrong stands in its last line.
fn unreadable(span: Range<usize>, error: &PatternError) -> Remark {
    let PatternError::Unreadable(said) = error else {
        return Remark::of(span, error);
    };
    let why = said.lines().last().unwrap_or_default();
    let why = why.strip_prefix("error: ").unwrap_or(why);
    Remark::error(span, format!("not a regular expression: {why}"))
        .advise("write it as the Rust crate regex has it; it is looked for in bytes")
}
