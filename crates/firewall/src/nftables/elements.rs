//! Elements of sets, many in one message.

use std::time::Duration;

use super::verbs::of_our_table;
use crate::key::Key;
use crate::layout::Set;
use crate::nfnl::{Batch, Envelope, Writer};

/// One element to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element {
    pub(super) set: Set,
    pub(super) key: Key,
    /// Given when it is added, not when it is taken out.
    pub(super) time: Option<Duration>,
}

/// Writes one message for each run of elements of the same set; sort them by set first.
///
/// Ends early when the transaction is full, and says how many it has written.
pub(super) fn write(batch: &mut Batch<'_>, envelope: Envelope, elements: &[Element]) -> usize {
    let mut written = 0_usize;
    for run in elements.chunk_by(|one, next| one.set == next.set) {
        for part in run.chunks(ELEMENTS_IN_A_MESSAGE) {
            if batch.length().saturating_add(LARGEST_MESSAGE) > batch.room() {
                return written;
            }
            batch.message(envelope, |writer| write_part(writer, part));
            written = written.saturating_add(part.len());
        }
    }
    written
}

fn write_part(writer: &mut Writer, part: &[Element]) {
    of_our_table(writer);
    if let Some(first) = part.first() {
        writer.text(LIST_SET, first.set.name());
    }
    writer.nested(LIST_ELEMENTS, |list| {
        for element in part {
            write_one(list, element.key.as_bytes(), element.time);
        }
    });
}

/// Writes one element into a list.
pub(crate) fn write_one(list: &mut Writer, key: &[u8], time: Option<Duration>) {
    list.nested(LIST_ELEMENT, |element| {
        element.nested(ELEMENT_KEY, |inner| inner.bytes(DATA_VALUE, key));
        if let Some(time) = time {
            element.number64(ELEMENT_TIMEOUT, in_kernel_units(time));
            // A kernel that renews in place begins anew only where the time is another one, or this is said.
            element.number64(ELEMENT_EXPIRATION, in_kernel_units(time));
        }
    });
}

/// Writes the end of an interval into a list: the first key that lies behind it.
pub(super) fn write_end(list: &mut Writer, key: &[u8]) {
    list.nested(LIST_ELEMENT, |element| {
        element.number32(ELEMENT_FLAGS, END_OF_INTERVAL);
        element.nested(ELEMENT_KEY, |inner| inner.bytes(DATA_VALUE, key));
    });
}

/// Milliseconds; never zero, which means "for ever" to the kernel.
fn in_kernel_units(time: Duration) -> u64 {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(SHORTEST, LONGEST)
}

const SHORTEST: u64 = 10;
/// A hundred years; what is more would overflow the kernel's clock.
const LONGEST: u64 = 100 * 365 * 24 * 3600 * 1000;

/// The list that holds them has sixteen bits for its length, and one element takes up to 72 bytes.
const ELEMENTS_IN_A_MESSAGE: usize = 900;
const LARGEST_MESSAGE: usize = 64 << 10;

pub(crate) const LIST_SET: u16 = 2;
pub(crate) const LIST_ELEMENTS: u16 = 3;
pub(super) const LIST_SET_ID: u16 = 4;
pub(super) const LIST_ELEMENT: u16 = 1;
pub(super) const ELEMENT_KEY: u16 = 1;
const ELEMENT_FLAGS: u16 = 3;
const END_OF_INTERVAL: u32 = 0x1;
const ELEMENT_TIMEOUT: u16 = 4;
pub(super) const ELEMENT_EXPIRATION: u16 = 5;
pub(super) const DATA_VALUE: u16 = 1;
