//! The messages of `nf_tables` that we use, with their numbers.

use crate::layout::TABLE;
use crate::nfnl::{APPEND, CREATE, Envelope, Writer};

pub(super) const NEW_TABLE: Envelope = with(0, CREATE, "make the table");
pub(super) const GET_TABLE: Envelope = with(1, 0, "show the table");
pub(super) const DELETE_TABLE: Envelope = with(2, 0, "delete the table");
pub(super) const NEW_CHAIN: Envelope = with(3, CREATE, "make a chain");
pub(super) const GET_CHAIN: Envelope = with(4, 0, "show the chains");
pub(super) const DELETE_CHAIN: Envelope = with(5, 0, "delete a chain");
pub(super) const NEW_LINE: Envelope = with(6, CREATE | APPEND, "add a line to a chain");
pub(super) const DELETE_LINE: Envelope = with(8, 0, "empty the chains");
pub(super) const NEW_SET: Envelope = with(9, CREATE, "make a set");
pub(crate) const GET_SET: Envelope = with(10, 0, "show the sets");
pub(crate) const NEW_ELEMENT: Envelope = with(12, CREATE, "open");
pub(crate) const GET_ELEMENT: Envelope = with(13, 0, "list the openings");
pub(crate) const DELETE_ELEMENT: Envelope = with(14, 0, "close");
pub(super) const NEW_OBJECT: Envelope = with(18, CREATE, "make a counter");
pub(super) const GET_OBJECT: Envelope = with(19, 0, "show the counters");
/// Like deleting, but it is no error when there is nothing to delete (kernel 6.3 and later).
pub(crate) const DESTROY_ELEMENT: Envelope = with(30, 0, "close");

/// In every message about a part of a table, the first attribute is the table's name.
pub(crate) const OF_TABLE: u16 = 1;

/// Says which table a message is about.
pub(super) fn of_our_table(writer: &mut Writer) {
    writer.text(OF_TABLE, TABLE);
}

/// A question about our table, outside of any transaction.
pub(super) fn about_our_table(writer: &mut Writer) {
    writer.netfilter(crate::nfnl::FAMILY_INET, 0);
    of_our_table(writer);
}

/// The same message as a question: those carry the number of the subsystem themselves.
pub(crate) const fn asking(envelope: Envelope) -> Envelope {
    Envelope {
        kind: (crate::nfnl::NF_TABLES << 8) | envelope.kind,
        ..envelope
    }
}

const fn with(kind: u16, flags: u16, doing: &'static str) -> Envelope {
    Envelope { kind, flags, doing }
}
