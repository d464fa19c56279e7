//! Sequences that get in each other's way: the same twice, one the beginning of another, a crowd at one port.

use std::ops::Range;

use nightlatch_core::{Probe, Step};

use super::found::{Found, List, ListLine, Places};
use crate::{desk::Desk, remark::Remark, source::Source};

/// Complains about sequences that cannot all be walked.
pub(super) fn complain(found: &[Found], knock_port: Option<u16>, desk: &mut Desk) {
    for (place, one) in found.iter().enumerate() {
        at_the_knock_port(one, knock_port, desk);
        let before = || found.iter().take(place);
        for other in before() {
            plain_and_plain(other, one, desk);
            timed_and_timed(other, one, desk);
            for (plain, listed) in [(one, other), (other, one)] {
                plain_and_list(plain, listed, desk);
            }
        }
        crowd(one, before(), desk);
    }
}

fn at_the_knock_port(one: &Found, knock_port: Option<u16>, desk: &mut Desk) {
    let is_there =
        |step: &Step| matches!(step.probe, Probe::Udp { port } if Some(port) == knock_port);
    let remark = |span| {
        Remark::error(span, "a step is at the knock port")
            .label("sealed knocks come in there, and nothing else counts")
            .advise("take another port for it")
    };
    for (_, span) in one.steps().iter().filter(|(step, _)| is_there(step)) {
        desk.add(remark(span.clone()));
    }
    if let Places::OneTime(list) = &one.method {
        let line = list
            .lines
            .iter()
            .find(|line| line.steps().iter().any(is_there));
        if let Some(line) = line {
            at_line(list, line, remark, desk);
        }
    }
}

fn plain_and_plain(first: &Found, second: &Found, desk: &mut Desk) {
    let [theirs, ours] = [first, second].map(steps_of);
    let [other, name] = [first, second].map(|one| format!("`{}`", one.name));
    let title = if theirs.is_empty() || ours.is_empty() {
        return;
    } else if ours == theirs {
        format!("{name} has the same steps as {other}")
    } else if is_beginning(&theirs, &ours) {
        sets_off(&name, &other)
    } else if is_beginning(&ours, &theirs) {
        sets_off(&other, &name)
    } else {
        return;
    };
    desk.add(
        Remark::error(second.all_steps(), title)
            .also(first.all_steps(), format!("the steps of {other}"))
            .advise(APART),
    );
}

fn plain_and_list(plain: &Found, listed: &Found, desk: &mut Desk) {
    let (steps, Places::OneTime(list)) = (steps_of(plain), &listed.method) else {
        return;
    };
    let name = format!("`{}`", plain.name);
    let clash = |line: &ListLine| {
        let theirs: Vec<&Step> = line.steps().iter().collect();
        let this = format!("this line of `{}`", listed.name);
        if is_beginning(&steps, &theirs) {
            Some(sets_off(&this, &name))
        } else if is_beginning(&theirs, &steps) {
            Some(sets_off(&name, &this))
        } else {
            None
        }
    };
    let mut clashes = list
        .lines
        .iter()
        .filter_map(|line| Some((line, clash(line)?)));
    if let Some((line, title)) = clashes.next().filter(|_| !steps.is_empty()) {
        let remark = |span| Remark::error(span, title.clone()).advise(APART);
        at_line(list, line, remark, desk);
    }
}

/// Told from each other by nothing, they would use each other up.
fn timed_and_timed(first: &Found, second: &Found, desk: &mut Desk) {
    if let (
        Places::Timed { timed, place },
        Places::Timed {
            timed: ours,
            place: here,
        },
    ) = (&first.method, &second.method)
        && timed.secret == ours.secret
    {
        desk.add(
            Remark::error(
                here.clone(),
                format!("`{}` has the same secret as `{}`", second.name, first.name),
            )
            .also(place.clone(), "first here")
            .advise("make another one with nightlatch sequence new"),
        );
    }
}

/// One packet may set out on so many walks, for the state of each source is bounded.
fn crowd<'a>(one: &Found, before: impl Iterator<Item = &'a Found> + Clone, desk: &mut Desk) {
    let [(step, span), _, ..] = one.steps() else {
        return;
    };
    let others = before.filter_map(|other| match other.steps() {
        [(first, place), _, ..] if first.overlaps(step) => Some(place),
        _ => None,
    });
    if others.clone().count() < MOST_WALKS {
        return;
    }
    let remark = Remark::error(
        span.clone(),
        format!("more than {MOST_WALKS} sequences begin with this step"),
    )
    .advise("let this one begin with another");
    desk.add(match others.clone().next() {
        Some(first) => remark.also(first.clone(), "the first of them"),
        None => remark,
    });
}

fn steps_of(one: &Found) -> Vec<&Step> {
    one.steps().iter().map(|(step, _)| step).collect()
}

fn sets_off(walked: &str, set_off: &str) -> String {
    format!("walking {walked} sets off {set_off} on the way")
}

/// Whether whoever walks `long` walks `short` by the way.
fn is_beginning(short: &[&Step], long: &[&Step]) -> bool {
    let mut pairs = short.iter().zip(long);
    short.len() <= long.len() && pairs.all(|(short, long)| short.covers(long))
}

/// Says something about a line of a list, at its place there.
pub(super) fn at_line(
    list: &List,
    line: &ListLine,
    remark: impl Fn(Range<usize>) -> Remark,
    desk: &mut Desk,
) {
    let source = Source::line(&list.path, &line.text, line.number);
    desk.add_elsewhere(source, remark(0..line.text.len()));
}

const APART: &str = "let them differ before the shorter one ends";

/// How many walks the listener follows for one source.
const MOST_WALKS: usize = 8;
