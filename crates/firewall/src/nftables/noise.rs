//! The tallies of what was dropped.

use super::verbs::{GET_OBJECT, OF_TABLE, about_our_table, asking};
use crate::gate::{Noise, NoiseError, Tally};
use crate::layout::{BANS, KNOCKS, STRANGERS, TABLE};
use crate::nfnl::{Attributes, Channel, number64, text};

/// Reads all counters.
pub(super) fn noise(channel: &mut Channel) -> Result<Noise, NoiseError> {
    let (mut knocks, mut strangers, mut banned) = (None, None, None);
    channel
        .dump(asking(GET_OBJECT), about_our_table, |body| {
            let attributes = Attributes::of_netfilter(body);
            if attributes.find(OF_TABLE).and_then(text) != Some(TABLE) {
                return;
            }
            match attributes.find(OBJECT_NAME).and_then(text) {
                Some(KNOCKS) => knocks = read(&attributes),
                Some(STRANGERS) => strangers = read(&attributes),
                Some(BANS) => banned = read(&attributes),
                _ => {}
            }
        })
        .map_err(NoiseError::Netlink)?;
    let (Some(knocks), Some(strangers), Some(banned)) = (knocks, strangers, banned) else {
        return Err(NoiseError::NoGate);
    };
    Ok(Noise {
        knocks,
        strangers,
        banned,
    })
}

fn read(object: &Attributes<'_>) -> Option<Tally> {
    let tally = Attributes::of(object.find(OBJECT_CONTENT)?);
    Some(Tally {
        bytes: tally.find(COUNTER_BYTES).and_then(number64)?,
        packets: tally.find(COUNTER_PACKETS).and_then(number64)?,
    })
}

pub(super) const OBJECT_NAME: u16 = 2;
pub(super) const OBJECT_KIND: u16 = 3;
pub(super) const OBJECT_CONTENT: u16 = 4;
const COUNTER_BYTES: u16 = 1;
const COUNTER_PACKETS: u16 = 2;
