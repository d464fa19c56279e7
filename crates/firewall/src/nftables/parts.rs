//! The named parts of the table: counters, sets, chains, and the sets of guarded ports.

use super::abilities::{
    PORT_TYPE, SET_FLAGS, SET_ID, SET_KEY_LENGTH, SET_KEY_TYPE, SET_WITH_TIMES,
};
use super::elements::{self, LIST_ELEMENTS, LIST_SET, LIST_SET_ID};
use super::noise::{OBJECT_CONTENT, OBJECT_KIND, OBJECT_NAME};
use super::verbs::{DELETE_CHAIN, NEW_CHAIN, NEW_ELEMENT, NEW_OBJECT, NEW_SET, of_our_table};
use crate::chains::BaseChain;
use crate::expression::{UNNAMED, expression};
use crate::layout::{DEFAULT_TIME, Set};
use crate::nfnl::{Batch, Writer};

pub(super) fn write_counter(batch: &mut Batch<'_>, name: &str) {
    batch.message(NEW_OBJECT, |writer| {
        of_our_table(writer);
        writer.text(OBJECT_NAME, name);
        writer.number32(OBJECT_KIND, COUNTER);
        writer.nested(OBJECT_CONTENT, |_| {});
    });
}

pub(super) fn write_chain(batch: &mut Batch<'_>, name: &str) {
    batch.message(NEW_CHAIN, |writer| {
        of_our_table(writer);
        writer.text(BASE_CHAIN_ATTRIBUTES.name, name);
    });
}

pub(super) fn write_base_chain(batch: &mut Batch<'_>, chain: &BaseChain) {
    batch.message(NEW_CHAIN, |writer| {
        of_our_table(writer);
        writer.text(BASE_CHAIN_ATTRIBUTES.name, chain.name);
        writer.nested(BASE_CHAIN_ATTRIBUTES.hook, |hook| {
            hook.number32(1, chain.hook);
            hook.number32(2, chain.priority.cast_unsigned());
        });
        writer.number32(BASE_CHAIN_ATTRIBUTES.policy, POLICY_ACCEPT);
        writer.text(BASE_CHAIN_ATTRIBUTES.kind, chain.kind);
    });
}

/// Takes a chain away that nothing leads to and that is empty.
pub(super) fn delete_chain(batch: &mut Batch<'_>, name: &str) {
    batch.message(DELETE_CHAIN, |writer| {
        of_our_table(writer);
        writer.text(BASE_CHAIN_ATTRIBUTES.name, name);
    });
}

pub(super) fn write_set(batch: &mut Batch<'_>, set: Set) {
    batch.message(NEW_SET, |writer| {
        of_our_table(writer);
        writer.text(LIST_SET, set.name());
        writer.number32(SET_FLAGS, flags_of(set));
        writer.number32(SET_KEY_TYPE, set.key_type());
        writer.number32(SET_KEY_LENGTH, set.key_length());
        writer.nested(SET_CONTENT_LIMIT, |limits| {
            limits.number32(SET_SIZE, set.size());
        });
        writer.number32(SET_ID, NAMED_SETS_FROM.saturating_add(set.number()));
        let time = u64::try_from(DEFAULT_TIME.as_millis()).unwrap_or_default();
        writer.number64(SET_DEFAULT_TIME, time);
        if set.is_one_shot() {
            only_once(writer);
        }
    });
}

/// What makes a one-shot grant pass one packet and no second, whichever processors they arrive at.
///
/// Taking the key out of the set comes a moment later than finding it, so two packets could both find it. This bucket
/// belongs to the element, is emptied under a lock by the first, and fills again in a week.
fn only_once(writer: &mut Writer) {
    writer.nested(SET_EXPRESSION, |writer| {
        expression(writer, "limit", |limit| {
            limit.number64(1, 1);
            limit.number64(2, WEEK);
            limit.number32(3, 1);
            limit.number32(4, PACKETS);
        });
    });
}

/// The guarded ports of one protocol, as a set that lives and dies with the line that uses it.
pub(super) fn write_ports(batch: &mut Batch<'_>, number: u32, ranges: &[(u16, u16)]) {
    batch.message(NEW_SET, |writer| {
        of_our_table(writer);
        writer.text(LIST_SET, UNNAMED);
        writer.number32(SET_FLAGS, UNNAMED_CONSTANT_INTERVALS);
        writer.number32(SET_KEY_TYPE, PORT_TYPE);
        writer.number32(SET_KEY_LENGTH, 2);
        writer.number32(SET_ID, number);
    });
    for part in ranges.chunks(RANGES_IN_A_MESSAGE) {
        batch.message(NEW_ELEMENT, |writer| {
            of_our_table(writer);
            writer.text(LIST_SET, UNNAMED);
            writer.number32(LIST_SET_ID, number);
            writer.nested(LIST_ELEMENTS, |list| write_ranges(list, part));
        });
    }
}

/// Of each range the first port in, and the first port out again; there is none behind 65535.
fn write_ranges(list: &mut Writer, ranges: &[(u16, u16)]) {
    for (begin, last) in ranges {
        elements::write_one(list, &begin.to_be_bytes(), None);
        if let Some(behind) = last.checked_add(1) {
            elements::write_end(list, &behind.to_be_bytes());
        }
    }
}

pub(super) fn flags_of(set: Set) -> u32 {
    if set.is_dynamic() {
        SET_WITH_TIMES | SET_CHANGED_BY_PACKETS
    } else {
        SET_WITH_TIMES
    }
}

/// The numbers of a chain's attributes.
pub(super) struct ChainAttributes {
    pub(super) name: u16,
    pub(super) hook: u16,
    pub(super) policy: u16,
    pub(super) kind: u16,
}

pub(super) const BASE_CHAIN_ATTRIBUTES: ChainAttributes = ChainAttributes {
    name: 3,
    hook: 4,
    policy: 5,
    kind: 7,
};

const POLICY_ACCEPT: u32 = 1;
const COUNTER: u32 = 1;
pub(super) const SET_CONTENT_LIMIT: u16 = 9;
pub(super) const SET_SIZE: u16 = 1;
pub(super) const SET_DEFAULT_TIME: u16 = 11;
const SET_EXPRESSION: u16 = 17;
const SET_CHANGED_BY_PACKETS: u32 = 0x20;
const UNNAMED_CONSTANT_INTERVALS: u32 = 0x1 | 0x2 | 0x4;
/// Each set of a transaction has its own number; the unnamed ones have the first.
const NAMED_SETS_FROM: u32 = 10;
const RANGES_IN_A_MESSAGE: usize = 1000;
const WEEK: u64 = 7 * 24 * 3600;
const PACKETS: u32 = 0;
