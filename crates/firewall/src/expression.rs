//! The instructions of the small machine that `nf_tables` runs for each packet.

use std::time::Duration;

use crate::layout::{Family, Field, Set};
use crate::nfnl::Writer;

/// The instructions of one line; each carries on only if it matches.
pub(crate) struct Line<'a> {
    writer: &'a mut Writer,
}

impl<'a> Line<'a> {
    /// Writes the instructions into the message that is being written.
    pub(crate) fn write(writer: &'a mut Writer, instructions: impl FnOnce(&mut Line<'_>)) {
        writer.nested(LINE_EXPRESSIONS, |list| {
            instructions(&mut Line { writer: list });
        });
    }

    /// The packet is IPv4, or IPv6.
    pub(crate) fn is_family(&mut self, family: Family) {
        self.meta(META_FAMILY, FIRST);
        self.equals(
            FIRST,
            &[match family {
                Family::V4 => 2,
                Family::V6 => 10,
            }],
        );
    }

    /// The packet carries this protocol, behind whatever extension headers.
    pub(crate) fn carries(&mut self, protocol: u8) {
        self.meta(META_TRANSPORT, FIRST);
        self.equals(FIRST, &[protocol]);
    }

    /// The packet goes to this port.
    pub(crate) fn goes_to(&mut self, port: u16) {
        self.payload(TRANSPORT_HEADER, DESTINATION_PORT, FIRST);
        self.equals(FIRST, &port.to_be_bytes());
    }

    /// The packet goes to one of these ports, both ends included.
    pub(crate) fn goes_between(&mut self, first: u16, last: u16) {
        self.payload(TRANSPORT_HEADER, DESTINATION_PORT, FIRST);
        self.compare(FIRST, NOT_LESS, &first.to_be_bytes());
        self.compare(FIRST, NOT_MORE, &last.to_be_bytes());
    }

    /// The packet goes to one of the ports in the unnamed set of this number.
    pub(crate) fn goes_to_one_of(&mut self, set: u32) {
        self.payload(TRANSPORT_HEADER, DESTINATION_PORT, FIRST);
        self.expression("lookup", |writer| {
            writer.text(LOOKUP_SET, UNNAMED);
            writer.number32(LOOKUP_REGISTER, FIRST);
            writer.number32(LOOKUP_SET_ID, set);
        });
    }

    /// The packet asks for a new TCP connection: of these four flags it has SYN alone.
    pub(crate) fn opens_a_connection(&mut self) {
        self.payload(TRANSPORT_HEADER, TCP_FLAGS, FIRST);
        self.masked(FIRST, &[FIN_SYN_RST_ACK]);
        self.equals(FIRST, &[SYN]);
    }

    /// The TCP packet begins something, or pretends to: it has neither ACK nor RST.
    pub(crate) fn begins(&mut self) {
        self.payload(TRANSPORT_HEADER, TCP_FLAGS, FIRST);
        self.masked(FIRST, &[RST_ACK]);
        self.equals(FIRST, &[0]);
    }

    /// The packet's key lies in the set.
    pub(crate) fn is_in(&mut self, set: Set) {
        self.load_key(set);
        self.look_up(set);
    }

    /// Puts the packet's key into the set.
    pub(crate) fn add_to(&mut self, set: Set, time: Duration) {
        self.load_key(set);
        self.dynamic(set, DYNAMIC_ADD, Some(time));
    }

    /// Takes the packet's key out of the set.
    pub(crate) fn delete_from(&mut self, set: Set) {
        self.load_key(set);
        self.dynamic(set, DYNAMIC_DELETE, None);
    }

    /// Counts the packet.
    pub(crate) fn count(&mut self, counter: &str) {
        self.expression("objref", |writer| {
            writer.number32(REFERENCE_KIND, COUNTER);
            writer.text(REFERENCE_NAME, counter);
        });
    }

    pub(crate) fn accept(&mut self) {
        self.verdict(ACCEPT, None);
    }

    pub(crate) fn drop(&mut self) {
        self.verdict(DROP, None);
    }

    pub(crate) fn go_to(&mut self, chain: &str) {
        self.verdict(GOTO, Some(chain));
    }

    /// Goes there and, if nothing was decided, comes back.
    pub(crate) fn ask(&mut self, chain: &str) {
        self.verdict(JUMP, Some(chain));
    }

    /// Lays the fields of the key side by side, as the set wants them; of the other IP version
    /// nothing matches.
    fn load_key(&mut self, set: Set) {
        self.is_family(set.family());
        let mut register = FIRST;
        for field in set.fields() {
            match field {
                Field::Address4 => self.payload(NETWORK_HEADER, SOURCE_ADDRESS_4, register),
                Field::Address6 => self.payload(NETWORK_HEADER, SOURCE_ADDRESS_6, register),
                Field::Network6 => {
                    self.payload(NETWORK_HEADER, SOURCE_ADDRESS_6, register);
                    self.masked(register, &FIRST_HALF);
                }
                Field::SourcePort => self.payload(TRANSPORT_HEADER, SOURCE_PORT, register),
                Field::Protocol => self.meta(META_TRANSPORT, register),
                Field::Port => self.payload(TRANSPORT_HEADER, DESTINATION_PORT, register),
            }
            register = register.saturating_add(field.padded().div_ceil(4));
        }
    }

    pub(crate) fn meta(&mut self, what: u32, register: u32) {
        self.expression("meta", |writer| {
            writer.number32(1, register);
            writer.number32(2, what);
        });
    }

    pub(crate) fn payload(&mut self, base: u32, part: (u32, u32), register: u32) {
        self.expression("payload", |writer| {
            writer.number32(1, register);
            writer.number32(2, base);
            writer.number32(3, part.0);
            writer.number32(4, part.1);
        });
    }

    pub(crate) fn look_up(&mut self, set: Set) {
        self.expression("lookup", |writer| {
            writer.text(LOOKUP_SET, set.name());
            writer.number32(LOOKUP_REGISTER, FIRST);
        });
    }

    pub(crate) fn masked(&mut self, register: u32, mask: &[u8]) {
        let length = u32::try_from(mask.len()).unwrap_or_default();
        self.expression("bitwise", |writer| {
            writer.number32(1, register);
            writer.number32(2, register);
            writer.number32(3, length);
            writer.nested(4, |value| value.bytes(DATA_VALUE, mask));
            writer.nested(5, |value| value.bytes(DATA_VALUE, &vec![0; mask.len()]));
        });
    }

    pub(crate) fn equals(&mut self, register: u32, value: &[u8]) {
        self.compare(register, EQUAL, value);
    }

    pub(crate) fn compare(&mut self, register: u32, how: u32, value: &[u8]) {
        self.expression("cmp", |writer| {
            writer.number32(1, register);
            writer.number32(2, how);
            writer.nested(3, |inner| inner.bytes(DATA_VALUE, value));
        });
    }

    fn dynamic(&mut self, set: Set, what: u32, time: Option<Duration>) {
        self.expression("dynset", |writer| {
            writer.text(1, set.name());
            writer.number32(3, what);
            writer.number32(4, FIRST);
            if let Some(time) = time {
                writer.number64(6, u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
            }
        });
    }

    fn verdict(&mut self, code: u32, chain: Option<&str>) {
        let verdict = |writer: &mut Writer| {
            writer.number32(1, code);
            if let Some(chain) = chain {
                writer.text(2, chain);
            }
        };
        self.expression("immediate", |writer| {
            writer.number32(1, VERDICT_REGISTER);
            writer.nested(2, |value| value.nested(DATA_VERDICT, verdict));
        });
    }

    pub(crate) fn expression(&mut self, name: &str, body: impl FnOnce(&mut Writer)) {
        self.writer
            .nested(LIST_ELEMENT, |writer| expression(writer, name, body));
    }
}

/// The name of sets that live and die with the line that uses them.
pub(crate) const UNNAMED: &str = "__set%d";
/// Writes one instruction.
pub(crate) fn expression(writer: &mut Writer, name: &str, body: impl FnOnce(&mut Writer)) {
    writer.text(1, name);
    writer.nested(2, body);
}

const LINE_EXPRESSIONS: u16 = 4;
const LIST_ELEMENT: u16 = 1;

/// The first of the sixteen registers of four bytes.
pub(crate) const FIRST: u32 = 8;
const VERDICT_REGISTER: u32 = 0;

pub(crate) const META_INTERFACE: u32 = 4;
const META_FAMILY: u32 = 15;
pub(crate) const META_TRANSPORT: u32 = 16;

pub(crate) const NETWORK_HEADER: u32 = 1;
pub(crate) const TRANSPORT_HEADER: u32 = 2;
/// Parts of headers: where they begin, how long they are.
const SOURCE_ADDRESS_4: (u32, u32) = (12, 4);
pub(crate) const SOURCE_ADDRESS_6: (u32, u32) = (8, 16);
pub(crate) const SOURCE_PORT: (u32, u32) = (0, 2);
const DESTINATION_PORT: (u32, u32) = (2, 2);
const TCP_FLAGS: (u32, u32) = (13, 1);
const FIN_SYN_RST_ACK: u8 = 0x17;
const SYN: u8 = 0x02;
const RST_ACK: u8 = 0x14;
/// Of an IPv6 address.
const FIRST_HALF: [u8; 16] = (u128::MAX << 64).to_be_bytes();

const EQUAL: u32 = 0;
pub(crate) const NOT_EQUAL: u32 = 1;
const NOT_MORE: u32 = 3;
const NOT_LESS: u32 = 5;
pub(crate) const DATA_VALUE: u16 = 1;
const DATA_VERDICT: u16 = 2;

const LOOKUP_SET: u16 = 1;
const LOOKUP_REGISTER: u16 = 2;
const LOOKUP_SET_ID: u16 = 4;
const DYNAMIC_ADD: u32 = 0;
const DYNAMIC_DELETE: u32 = 2;

const REFERENCE_KIND: u16 = 1;
const REFERENCE_NAME: u16 = 2;
const COUNTER: u32 = 1;

const DROP: u32 = 0;
const ACCEPT: u32 = 1;
/// The kernel's -3 and -4.
const JUMP: u32 = 0xffff_fffd;
const GOTO: u32 = 0xffff_fffc;
