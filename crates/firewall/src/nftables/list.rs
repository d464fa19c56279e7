//! What is in the sets, read back with the time it has left.

use std::collections::BTreeMap;
use std::time::Duration;

use nightlatch_core::{Banned, Passage, Standing};
use rustix::io::Errno;

use super::elements::{
    DATA_VALUE, ELEMENT_EXPIRATION, ELEMENT_KEY, LIST_ELEMENT, LIST_ELEMENTS, LIST_SET,
};
use super::verbs::{GET_ELEMENT, about_our_table, asking};
use crate::gate::ListError;
use crate::key::{Key, read_ban, read_opening};
use crate::layout::Set;
use crate::nfnl::{Attributes, Channel, NetlinkError, Writer, number64};

/// One element as the kernel lists it.
pub(crate) struct Listed<'a> {
    key: &'a [u8],
    /// None: for ever, which only others can have written.
    pub(crate) remaining: Option<Duration>,
}

/// All openings in force.
pub(super) fn standing(channel: &mut Channel) -> Result<Vec<Standing>, ListError> {
    let mut standing = Vec::new();
    for set in Set::OPENINGS {
        let passage = if set.is_one_shot() {
            Passage::OneShot
        } else {
            Passage::Lasting
        };
        for (key, remaining) in elements_of(channel, set).map_err(sort)? {
            if let Some(opening) = read_opening(key.as_bytes(), passage) {
                let remaining = remaining.unwrap_or(Duration::MAX);
                standing.push(Standing { opening, remaining });
            }
        }
    }
    standing.sort_unstable_by_key(|each| each.opening);
    Ok(standing)
}

/// All bans in force.
pub(super) fn banned(channel: &mut Channel) -> Result<Vec<Banned>, ListError> {
    let mut banned = Vec::new();
    for set in Set::BANS {
        for (key, remaining) in elements_of(channel, set).map_err(sort)? {
            if let Some(prefix) = read_ban(key.as_bytes(), set) {
                let remaining = remaining.unwrap_or(Duration::MAX);
                banned.push(Banned { prefix, remaining });
            }
        }
    }
    Ok(banned)
}

/// Every element of one set, with the time it has left.
///
/// The kernel counts its way back to where it was for every piece of a long answer, and its table moves while it grows or
/// is swept. So a long answer is asked for until nothing is seen that was not seen before.
pub(super) fn elements_of(
    channel: &mut Channel,
    set: Set,
) -> Result<BTreeMap<Key, Option<Duration>>, NetlinkError> {
    let question = |writer: &mut Writer| {
        about_our_table(writer);
        writer.text(LIST_SET, set.name());
    };
    let mut found = BTreeMap::new();
    for _ in 0..LOOKS {
        let (before, mut pieces) = (found.len(), 0_usize);
        channel.dump(asking(GET_ELEMENT), question, |body| {
            pieces = pieces.saturating_add(1);
            each_of(body, &mut |element| {
                found.extend(Key::read(element.key).map(|key| (key, element.remaining)));
            });
        })?;
        if pieces <= 1 || found.len() == before {
            break;
        }
    }
    Ok(found)
}

/// Hands over every element in one message.
pub(crate) fn each_of(body: &[u8], each: &mut impl FnMut(Listed<'_>)) {
    let list = Attributes::of_netfilter(body)
        .find(LIST_ELEMENTS)
        .unwrap_or_default();
    for (kind, element) in Attributes::of(list) {
        if let (LIST_ELEMENT, Some(listed)) = (kind, read(element)) {
            each(listed);
        }
    }
}

fn read(element: &[u8]) -> Option<Listed<'_>> {
    let attributes = Attributes::of(element);
    Some(Listed {
        key: Attributes::of(attributes.find(ELEMENT_KEY)?).find(DATA_VALUE)?,
        remaining: attributes
            .find(ELEMENT_EXPIRATION)
            .and_then(number64)
            .map(Duration::from_millis),
    })
}

fn sort(error: NetlinkError) -> ListError {
    match error.code().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => ListError::NoGate,
        _ => ListError::Netlink(error),
    }
}

/// A table that moves this often between looks is never at rest; what was seen until then has to do. For 100,000 elements
/// one look takes the kernel about a second.
const LOOKS: usize = 3;
