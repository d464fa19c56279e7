//! What stands in the kernel already, and whether it is what we would build.

use std::collections::BTreeSet;

use super::abilities::{SET_FLAGS, SET_KEY_LENGTH, SET_KEY_TYPE};
use super::build::{PERSISTENT, TABLE_FLAGS, TABLE_OWNER};
use super::noise::OBJECT_NAME;
use super::parts::{
    BASE_CHAIN_ATTRIBUTES as CHAIN, SET_CONTENT_LIMIT, SET_DEFAULT_TIME, SET_SIZE, flags_of,
};
use super::verbs::{GET_CHAIN, GET_OBJECT, GET_SET, GET_TABLE, OF_TABLE, about_our_table, asking};
use crate::chains::{BaseChain, GATE_CHAIN, INNER_CHAINS, LEADING_CHAINS};
use crate::layout::{COUNTERS, DEFAULT_TIME, Set, TABLE};
use crate::nfnl::{Attributes, Channel, Envelope, NetlinkError, number32, number64, text};

/// A table with our name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Present {
    /// The netlink port of the living process that owns it.
    pub(super) owner: Option<u32>,
    pub(super) persists: bool,
    pub(super) parts: BTreeSet<Part>,
}

/// One named part of the table, as far as its shape goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Set {
        name: String,
        flags: u32,
        key_type: u32,
        key_length: u32,
        size: u32,
        time: u64,
    },
    Chain {
        name: String,
        hook: Option<Hook>,
    },
    Counter {
        name: String,
    },
}

/// Where a base chain hangs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hook {
    kind: String,
    number: u32,
    priority: u32,
    policy: u32,
}

impl Present {
    /// Looks; none if there is no table of our name.
    pub(super) fn look(channel: &mut Channel) -> Result<Option<Self>, NetlinkError> {
        let Some((owner, flags)) = Self::table(channel)? else {
            return Ok(None);
        };
        let mut parts = BTreeSet::new();
        ours(channel, GET_SET, |set| parts.extend(set_part(set)))?;
        ours(channel, GET_CHAIN, |chain| parts.extend(chain_part(chain)))?;
        ours(channel, GET_OBJECT, |object| {
            parts.extend(name_of(object, OBJECT_NAME).map(|name| Part::Counter { name }));
        })?;
        Ok(Some(Self {
            owner,
            persists: flags & PERSISTENT != 0,
            parts,
        }))
    }

    /// The owner and the flags of the table alone.
    pub(super) fn table(channel: &mut Channel) -> Result<Option<(Option<u32>, u32)>, NetlinkError> {
        let mut found = None;
        ours(channel, GET_TABLE, |table| {
            let flags = table
                .find(TABLE_FLAGS)
                .and_then(number32)
                .unwrap_or_default();
            found = Some((table.find(TABLE_OWNER).and_then(number32), flags));
        })?;
        Ok(found)
    }

    /// Whether it has the parts that we would build, and no others; those that lead on may be missing.
    pub(super) fn fits(&self, persists: bool) -> bool {
        let mut parts = wanted();
        self.persists == persists && {
            let fits_without = self.parts == parts;
            parts.extend(leading());
            fits_without || self.parts == parts
        }
    }

    /// Whether it has the chains that lead on.
    pub(super) fn leads(&self) -> bool {
        leading().all(|part| self.parts.contains(&part))
    }

    /// Whether it has sets with these keys at all, so that its grants can be carried over.
    pub(super) fn has(&self, set: Set) -> bool {
        self.parts.iter().any(|part| {
            matches!(part, Part::Set { name, key_length, .. }
                if name == set.name() && *key_length == set.key_length())
        })
    }
}

/// The parts of the gate that we build.
fn wanted() -> BTreeSet<Part> {
    let sets = Set::ALL.into_iter().map(|set| Part::Set {
        name: set.name().to_owned(),
        flags: flags_of(set),
        key_type: set.key_type(),
        key_length: set.key_length(),
        size: set.size(),
        time: u64::try_from(DEFAULT_TIME.as_millis()).unwrap_or_default(),
    });
    let plain = INNER_CHAINS.into_iter().map(|name| Part::Chain {
        name: name.to_owned(),
        hook: None,
    });
    let base = base_part(&GATE_CHAIN);
    let counters = COUNTERS.into_iter().map(|name| Part::Counter {
        name: name.to_owned(),
    });
    sets.chain(plain).chain([base]).chain(counters).collect()
}

/// The parts that are there where a port leads on.
fn leading() -> impl Iterator<Item = Part> {
    LEADING_CHAINS.iter().map(base_part)
}

fn base_part(chain: &BaseChain) -> Part {
    Part::Chain {
        name: chain.name.to_owned(),
        hook: Some(Hook {
            kind: chain.kind.to_owned(),
            number: chain.hook,
            priority: chain.priority.cast_unsigned(),
            policy: 1,
        }),
    }
}

fn ours(
    channel: &mut Channel,
    envelope: Envelope,
    mut each: impl FnMut(&Attributes<'_>),
) -> Result<(), NetlinkError> {
    channel.dump(asking(envelope), about_our_table, |body| {
        let attributes = Attributes::of_netfilter(body);
        let family = body.first().copied();
        if family == Some(crate::nfnl::FAMILY_INET)
            && attributes.find(OF_TABLE).and_then(text) == Some(TABLE)
        {
            each(&attributes);
        }
    })
}

fn set_part(set: &Attributes<'_>) -> Option<Part> {
    let number = |kind| set.find(kind).and_then(number32).unwrap_or_default();
    let flags = number(SET_FLAGS);
    // Unnamed sets belong to the lines that use them, and go with these.
    if flags & UNNAMED_SET != 0 {
        return None;
    }
    let limits = Attributes::of(set.find(SET_CONTENT_LIMIT).unwrap_or_default());
    Some(Part::Set {
        name: name_of(set, 2)?,
        flags: flags & KINDS_OF_SET,
        key_type: number(SET_KEY_TYPE),
        key_length: number(SET_KEY_LENGTH),
        size: limits.find(SET_SIZE).and_then(number32).unwrap_or_default(),
        time: set
            .find(SET_DEFAULT_TIME)
            .and_then(number64)
            .unwrap_or_default(),
    })
}

fn chain_part(chain: &Attributes<'_>) -> Option<Part> {
    let hook = chain.find(CHAIN.hook).map(|hook| {
        let number = |kind| {
            Attributes::of(hook)
                .find(kind)
                .and_then(number32)
                .unwrap_or_default()
        };
        let policy = chain
            .find(CHAIN.policy)
            .and_then(number32)
            .unwrap_or_default();
        Hook {
            kind: name_of(chain, CHAIN.kind).unwrap_or_default(),
            number: number(1),
            priority: number(2),
            policy,
        }
    });
    Some(Part::Chain {
        name: name_of(chain, CHAIN.name)?,
        hook,
    })
}

fn name_of(part: &Attributes<'_>, kind: u16) -> Option<String> {
    part.find(kind).and_then(text).map(ToOwned::to_owned)
}

const UNNAMED_SET: u32 = 0x1;
/// With times, changed by packets, with intervals, a map.
const KINDS_OF_SET: u32 = 0x10 | 0x20 | 0x4 | 0x8;
