//! Sequences that a stranger comes upon by chance.

use nightlatch_core::Protocol;

use super::{block::Risk, candidate::Candidate, deed::Deed};
use crate::{
    knockd::reading::Key,
    scanned::{is_scanned, is_stock},
    strength::Strength,
};

/// What is weak about a door's ports. What a stranger closes is his own.
pub(super) fn risks(candidate: &Candidate<'_>) -> Vec<Risk> {
    let Some(said) = candidate.door.last(Key::Sequence) else {
        return Vec::new();
    };
    if candidate.way.steps().is_empty() || matches!(candidate.deed, Deed::Close(_)) {
        return Vec::new();
    }
    let risk = |(title, advice)| Risk::new(said.value.clone(), title, advice);
    let touches = &candidate.door.touches;
    let ports: Vec<u16> = touches.iter().map(|touch| touch.port).collect();
    if is_stock(&ports) {
        let title = String::from("these ports stand in every manual: scanners try them first");
        return vec![risk((
            title,
            "choose others, at random, and in mixed order",
        ))];
    }
    let short = (ports.len() < 3).then(|| {
        let strength = Strength::of_steps(candidate.way.steps());
        risk((
            format!("this is short: {strength}"),
            "three steps are the least that scans and guesses do not find",
        ))
    });
    short.into_iter().chain(scanned(candidate)).collect()
}

/// Ports that come first in scans.
fn scanned(candidate: &Candidate<'_>) -> Option<Risk> {
    let touches = &candidate.door.touches;
    let tried = |protocol: Protocol, port| is_scanned(protocol, port);
    let mut found = touches
        .iter()
        .filter(|touch| tried(touch.protocol, touch.port));
    let first = found.next()?;
    let list: Vec<String> = std::iter::once(first)
        .chain(found)
        .map(|touch| format!("{}/{}", touch.protocol, touch.port))
        .collect();
    Some(Risk::new(
        first.span.clone(),
        format!("scanners try {} before most others", list.join(", ")),
        "take ports that nobody has a reason to try",
    ))
}
