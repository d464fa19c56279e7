//! Sequences that get in each other's way: the same twice, one the beginning of another or within it, a crowd.

use std::ops::Range;

use nightlatch_core::{Probe, Step};

use super::found::{Found, List, ListLine, Places};
use crate::{
    beginning::{OnTheWay, beginning},
    desk::Desk,
    remark::Remark,
    source::Source,
};

/// Complains about sequences that cannot all be walked, and warns of those that are walked along with others.
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
    } else if let Some(title) = set_off((&theirs, &other), (&ours, &name)) {
        title
    } else {
        for (short, long) in [(first, second), (second, first)] {
            inside(short, long, desk);
        }
        return;
    };
    desk.add(
        Remark::error(second.all_steps(), title)
            .also(first.all_steps(), format!("the steps of {other}"))
            .advise(APART),
    );
}

/// Warns where one is walked after the beginning of the other.
fn inside(short: &Found, long: &Found, desk: &mut Desk) {
    let [steps, rest] = [short, long].map(steps_of);
    let later = (1..rest.len()).filter_map(|place| Some(rest.split_at_checked(place)?.1));
    let found = later
        .take_while(|rest| rest.len() >= steps.len())
        .find_map(|rest| Some((beginning(&steps, rest)?, rest.len() == steps.len())));
    let [name, other] = [short, long].map(|one| format!("`{}`", one.name));
    let remark = |title| {
        Remark::warning(long.all_steps(), title)
            .also(short.all_steps(), format!("the steps of {name}"))
            .advise("let no sequence hold the steps of another, unless it is meant so")
    };
    match found {
        Some((_, true)) => desk.add(
            remark(format!("{other} ends with the steps of {name}")).label(format!(
                "where its beginning is late or lost, {name} is set off"
            )),
        ),
        Some((certainty, false)) => desk.add(remark(sets_off(certainty, &other, &name))),
        None => {}
    }
}

fn plain_and_list(plain: &Found, listed: &Found, desk: &mut Desk) {
    let (steps, Places::OneTime(list)) = (steps_of(plain), &listed.method) else {
        return;
    };
    let name = format!("`{}`", plain.name);
    let clash = |line: &ListLine| {
        let theirs: Vec<&Step> = line.steps().iter().collect();
        let this = format!("this line of `{}`", listed.name);
        set_off((&steps, &name), (&theirs, &this))
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

/// What is said where one of two sequences is walked on the way to the other.
fn set_off(one: (&[&Step], &str), other: (&[&Step], &str)) -> Option<String> {
    [(one, other), (other, one)]
        .into_iter()
        .filter_map(|((short, name), (long, walked))| Some((beginning(short, long)?, walked, name)))
        .min_by_key(|(certainty, ..)| *certainty)
        .map(|(certainty, walked, name)| sets_off(certainty, walked, name))
}

fn sets_off(certainty: OnTheWay, walked: &str, set_off: &str) -> String {
    let verb = match certainty {
        OnTheWay::Surely => "sets off",
        OnTheWay::Perhaps => "can set off",
    };
    format!("walking {walked} {verb} {set_off} on the way")
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
