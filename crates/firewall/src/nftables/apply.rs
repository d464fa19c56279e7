//! Openings, opened and closed: the hot path.

use std::time::Duration;

use nightlatch_core::{Cut, Effect, Opening, Prefix};
use rustix::io::Errno;

use super::Nftables;
use super::abilities::{Refresh, abilities_of};
use super::elements::{self, Element};
use super::sever::in_cut_sets;
use super::verbs::{DELETE_ELEMENT, DESTROY_ELEMENT, NEW_ELEMENT};
use crate::gate::ApplyError;
use crate::key::Key;
use crate::layout::Set;
use crate::nfnl::{Channel, NetlinkError};
use crate::sets;

/// Carries out one effect; what does not fit into one transaction goes in several.
pub(super) fn apply(gate: &mut Nftables, effect: &Effect) -> Result<(), ApplyError> {
    let refresh = abilities_of(gate).map_err(sort)?.refresh;
    match effect {
        Effect::Open { openings, lasts } => {
            lift(gate, refresh, openings)?;
            let opened = in_sets(openings, Some(*lasts));
            open(&mut gate.channel, refresh, &opened).map_err(sort)
        }
        Effect::Close { openings } => {
            close(&mut gate.channel, refresh, &in_sets(openings, None)).map_err(sort)
        }
        Effect::Insert { stays } => Ok(gate.sets.insert(&mut gate.channel, refresh, stays)?),
        Effect::Remove { members } => Ok(sets::remove(&mut gate.channel, refresh, members)?),
        Effect::Ban { prefixes, lasts } => {
            let banned = in_ban_sets(prefixes, Some(*lasts));
            open(&mut gate.channel, refresh, &banned).map_err(sort)
        }
        Effect::Pardon { prefixes } => {
            let pardoned = in_ban_sets(prefixes, None);
            close(&mut gate.channel, refresh, &pardoned).map_err(sort)
        }
    }
}

/// Puts elements in, or sets their time anew.
pub(super) fn open(
    channel: &mut Channel,
    refresh: Refresh,
    elements: &[Element],
) -> Result<(), NetlinkError> {
    let mut rest = elements;
    while !rest.is_empty() {
        if refresh == Refresh::DeleteFirst {
            close(channel, refresh, rest)?;
        }
        let mut batch = channel.batch();
        // Half of the room for taking out, so that the same elements fit in again.
        let some = rest
            .get(..rest.len().min(batch.room() / TWICE_AN_ELEMENT))
            .unwrap_or(rest);
        if refresh == Refresh::DestroyFirst {
            elements::write(&mut batch, DESTROY_ELEMENT, some);
        }
        let written = elements::write(&mut batch, NEW_ELEMENT, some);
        batch.commit()?;
        if written == 0 {
            return Err(NetlinkError::TooLong);
        }
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// Takes elements out; those that are not there are as they should be.
pub(super) fn close(
    channel: &mut Channel,
    refresh: Refresh,
    elements: &[Element],
) -> Result<(), NetlinkError> {
    if refresh == Refresh::DeleteFirst {
        return elements
            .iter()
            .try_for_each(|element| delete(channel, *element));
    }
    let mut rest = elements;
    while !rest.is_empty() {
        let mut batch = channel.batch();
        let written = elements::write(&mut batch, DESTROY_ELEMENT, rest);
        batch.commit()?;
        if written == 0 {
            return Err(NetlinkError::TooLong);
        }
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// One by one, since a missing element would undo the others.
fn delete(channel: &mut Channel, element: Element) -> Result<(), NetlinkError> {
    let mut batch = channel.batch();
    elements::write(
        &mut batch,
        DELETE_ELEMENT,
        &[Element {
            time: None,
            ..element
        }],
    );
    match batch.commit() {
        Err(error) if error.code().map(Errno::from_raw_os_error) == Some(Errno::NOENT) => Ok(()),
        outcome => outcome,
    }
}

/// Who is granted anew was cut before: the grant comes first, or he would stand before a closed door.
fn lift(gate: &mut Nftables, refresh: Refresh, openings: &[Opening]) -> Result<(), ApplyError> {
    if gate.cuts.is_empty() {
        return Ok(());
    }
    let cuts: Vec<Cut> = openings
        .iter()
        .map(|opening| Cut::of(*opening))
        .filter(|cut| gate.cuts.contains(cut))
        .collect();
    close(&mut gate.channel, refresh, &in_cut_sets(&cuts)).map_err(sort)?;
    gate.cuts.retain(|cut| !cuts.contains(cut));
    Ok(())
}

fn in_sets(openings: &[Opening], time: Option<Duration>) -> Vec<Element> {
    let mut elements: Vec<Element> = openings
        .iter()
        .map(|opening| Element {
            set: Set::of(opening),
            key: Key::of_opening(opening),
            time,
        })
        .collect();
    elements.sort_by_key(|element| element.set);
    elements
}

fn in_ban_sets(prefixes: &[Prefix], time: Option<Duration>) -> Vec<Element> {
    let element = |prefix: &Prefix| {
        Some(Element {
            set: Set::of_ban(*prefix)?,
            key: Key::of_ban(*prefix),
            time,
        })
    };
    let mut elements: Vec<Element> = prefixes.iter().filter_map(element).collect();
    elements.sort_by_key(|element| element.set);
    elements
}

pub(super) fn sort(error: NetlinkError) -> ApplyError {
    match error.code().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => ApplyError::NoGate,
        Some(Errno::NFILE) => ApplyError::Full,
        Some(Errno::PERM) => ApplyError::HeldByAnother,
        _ => ApplyError::Netlink(error),
    }
}

/// The bytes that taking out and putting in one element need, at most.
const TWICE_AN_ELEMENT: usize = 128;
