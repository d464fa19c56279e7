//! Lists of one-time sequences beside each other: their lines are ports and nothing else, so a look-up tells.

use std::collections::BTreeMap;

use super::{
    clashes::at_line,
    found::{Found, List, ListLine, Places},
};
use crate::{desk::Desk, remark::Remark};

/// Complains about the first line of each list that stands in another, or begins with a line of another.
pub(super) fn complain(found: &[Found], desk: &mut Desk) {
    let lists: Vec<(&str, &List)> = found
        .iter()
        .filter_map(|one| match &one.method {
            Places::OneTime(list) => Some((one.name.as_str(), list)),
            Places::Plain(_) | Places::Timed { .. } => None,
        })
        .collect();
    if lists.len() < 2 {
        return;
    }
    let mut known: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, (_, list)) in lists.iter().enumerate() {
        for line in &list.lines {
            known
                .entry(beginnings(line).last().unwrap_or_default())
                .or_default()
                .push(place);
        }
    }
    for (place, (_, list)) in lists.iter().enumerate() {
        let other = |line: &ListLine| {
            beginnings(line)
                .filter_map(|text| known.get(&text))
                .flatten()
                .copied()
                .find(|other| *other != place)
        };
        let clash = list
            .lines
            .iter()
            .find_map(|line| Some((line, other(line)?)));
        let name = clash
            .and_then(|(_, other)| lists.get(other))
            .map(|(name, _)| *name);
        if let (Some((line, _)), Some(name)) = (clash, name) {
            let remark = |span| {
                Remark::error(
                    span,
                    format!("this line begins with a line of the list of `{name}`"),
                )
                .advise("walking it would set off both: change one of them")
            };
            at_line(list, line, remark, desk);
        }
    }
}

/// The first step of a line, the first two, and so on to all of them.
fn beginnings(line: &ListLine) -> impl Iterator<Item = String> + '_ {
    line.steps().iter().scan(String::new(), |text, step| {
        text.push_str(&step.to_string());
        text.push(' ');
        Some(text.clone())
    })
}
