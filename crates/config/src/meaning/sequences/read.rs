//! A sequence's table: how its steps come about, and what it is for.

use std::{path::Path, time::Duration};

use nightlatch_core::{Deed, MOST_SEQUENCES, Protocol, Sequence, ServiceId};
use nightlatch_ticket::Span;
use serde_spanned::Spanned;

use super::{
    clashes,
    found::{Found, Places},
    lists, one_time, plain, timed, weakness,
};
use crate::{
    desk::Desk,
    document::Named,
    meaning::{
        ServiceBook,
        values::{bounded, short_time},
    },
    names::{NAME_ADVICE, is_name},
    remark::Remark,
    text::SequenceText,
};

/// What sequences stand beside.
pub(crate) struct Surroundings<'a> {
    /// What they open and close.
    pub(crate) services: &'a ServiceBook,
    /// Where sealed knocks come in, over UDP.
    pub(crate) knock_port: Option<u16>,
    /// Where encrypted sequences are heard.
    pub(crate) span: Option<&'a (Span, Protocol)>,
    /// The folder of the file.
    pub(crate) folder: &'a Path,
}

/// Reads all sequences, in the order of the file.
pub(crate) fn read(
    written: &[Named<SequenceText>],
    around: &Surroundings<'_>,
    desk: &mut Desk,
) -> Vec<Sequence> {
    if let Some(first_too_many) = written.get(MOST_SEQUENCES) {
        desk.add(
            Remark::error(
                first_too_many.name.span(),
                format!("more than {MOST_SEQUENCES} sequences"),
            )
            .advise("give each person a key instead: [client.NAME]"),
        );
    }
    let found: Vec<Found> = written
        .iter()
        .take(MOST_SEQUENCES)
        .filter_map(|sequence| meant(sequence, around, desk))
        .collect();
    clashes::complain(&found, around.knock_port, desk);
    lists::complain(&found, desk);
    weakness::judge(&found, around.span, desk);
    found.into_iter().map(Found::into_sequence).collect()
}

fn meant(
    written: &Named<SequenceText>,
    around: &Surroundings<'_>,
    desk: &mut Desk,
) -> Option<Found> {
    let Named { name, text } = written;
    if !is_name(name.get_ref()) {
        desk.add(
            Remark::error(
                name.span(),
                format!("a sequence cannot be called {:?}", name.get_ref()),
            )
            .advise(NAME_ADVICE),
        );
    }
    let method = method(name, text, around.folder, desk);
    let aim = aim(name, text, around.services, desk);
    let within = match &text.within {
        Some(written) => short_time(written, SHORTEST..=LONGEST, desk),
        None => Some(USUAL_WITHIN),
    };
    let per_minute = bounded(
        text.per_minute.as_ref(),
        1..=MOST_PER_MINUTE,
        USUAL_PER_MINUTE,
        desk,
    );
    let (deed, service) = aim?;
    Some(Found {
        name: name.get_ref().clone(),
        place: name.span(),
        service,
        deed,
        method: method?,
        within: within?,
        per_minute: per_minute?,
    })
}

fn method(
    name: &Spanned<String>,
    text: &SequenceText,
    folder: &Path,
    desk: &mut Desk,
) -> Option<Places> {
    if text.time_based.is_none() {
        complain_of_idle(text, desk);
    }
    match (&text.steps, &text.one_time, &text.time_based) {
        (Some(steps), None, None) => plain::read(steps, desk).map(Places::Plain),
        (None, Some(file), None) => one_time::read(file, folder, desk).map(Places::OneTime),
        (None, None, Some(file)) => Some(Places::Timed {
            timed: timed::read(file, text, folder, desk)?,
            place: file.span(),
        }),
        (None, None, None) => {
            desk.add(
                Remark::error(
                    name.span(),
                    format!("sequence `{}` has no steps", name.get_ref()),
                )
                .advise("write what to touch: steps = [\"tcp/31007\", \"udp/4711\", \"tcp/29001\"]")
                .advise("or name a file: one-time = \"FILE\", or time-based = \"FILE\""),
            );
            None
        }
        (steps, one_time, time_based) => {
            let mut places = [
                steps.as_ref().map(Spanned::span),
                one_time.as_ref().map(Spanned::span),
                time_based.as_ref().map(Spanned::span),
            ]
            .into_iter()
            .flatten();
            let first = places.next().unwrap_or_default();
            let remark = Remark::error(
                places.next().unwrap_or_default(),
                format!("sequence `{}` has its steps twice", name.get_ref()),
            );
            desk.add(
                remark
                    .also(first, "here they are already")
                    .advise("keep one of steps, one-time and time-based"),
            );
            None
        }
    }
}

/// What only time-based sequences have says nothing elsewhere.
fn complain_of_idle(text: &SequenceText, desk: &mut Desk) {
    let idle = [
        ("ports", text.ports.as_ref().map(Spanned::span)),
        ("span", text.span.as_ref().map(Spanned::span)),
        ("protocol", text.protocol.as_ref().map(Spanned::span)),
        ("every", text.every.as_ref().map(Spanned::span)),
    ];
    for (key, span) in idle {
        if let Some(span) = span {
            desk.add(
                Remark::error(span, format!("`{key}` means nothing here"))
                    .advise("it belongs to sequences with time-based = \"FILE\""),
            );
        }
    }
}

fn aim(
    name: &Spanned<String>,
    text: &SequenceText,
    services: &ServiceBook,
    desk: &mut Desk,
) -> Option<(Deed, ServiceId)> {
    let (deed, written) = match (&text.opens, &text.closes) {
        (Some(written), None) => (Deed::Open, written),
        (None, Some(written)) => (Deed::Close, written),
        (None, None) => {
            desk.add(
                Remark::error(
                    name.span(),
                    format!("sequence `{}` does nothing", name.get_ref()),
                )
                .advise("name a service: opens = \"ssh\", or closes = \"ssh\""),
            );
            return None;
        }
        (Some(opens), Some(closes)) => {
            desk.add(
                Remark::error(
                    closes.span(),
                    format!("sequence `{}` opens and closes", name.get_ref()),
                )
                .also(opens.span(), "opens")
                .advise("make two sequences of it, with other steps"),
            );
            return None;
        }
    };
    match services.find(written.get_ref(), written.span()) {
        Ok(service) => Some((deed, service)),
        Err(remark) => {
            desk.add(remark);
            None
        }
    }
}

/// A program that touches ports without a pause takes less; below, what networks do to packets decides.
const SHORTEST: Duration = Duration::from_millis(100);

/// Whoever takes longer has forgotten where he began.
const LONGEST: Duration = Duration::from_mins(10);

const USUAL_WITHIN: Duration = Duration::from_secs(10);

/// A hundred a second: who needs more has no use for sequences.
const MOST_PER_MINUTE: i64 = 6000;

const USUAL_PER_MINUTE: u32 = 60;
