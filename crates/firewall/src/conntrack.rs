//! What a line of the gate can ask conntrack about the connection of a packet.

use crate::expression::{
    FIRST, Line, META_TRANSPORT, NETWORK_HEADER, NOT_EQUAL, SOURCE_PORT, TRANSPORT_HEADER,
};
use crate::layout::{Family, Set};
use crate::leading::{DESTINATION_ADDRESS_4, DESTINATION_ADDRESS_6};

impl Line<'_> {
    /// Conntrack says one of these about the packet.
    pub(crate) fn is_in_state(&mut self, states: u32) {
        self.conntrack_has(CONNTRACK_STATE, states);
    }

    /// The connection is known to conntrack since an earlier packet, which the gate has let in.
    pub(crate) fn is_confirmed(&mut self) {
        self.conntrack_has(CONNTRACK_STATUS, CONFIRMED);
    }

    /// The packet is sent back on a connection that leads elsewhere than its first packet asked for.
    pub(crate) fn comes_back_from_elsewhere(&mut self) {
        self.conntrack_has(CONNTRACK_STATUS, LEADS_ELSEWHERE);
        self.conntrack(CONNTRACK_DIRECTION, FIRST);
        self.equals(FIRST, &[BACK]);
    }

    /// The packet goes back to somebody whose key lies in the set: seen from him, once more.
    pub(crate) fn goes_back_to_one_in(&mut self, set: Set) {
        let (address, protocol) = match set.family() {
            Family::V4 => (DESTINATION_ADDRESS_4, FIRST.saturating_add(1)),
            Family::V6 => (DESTINATION_ADDRESS_6, FIRST.saturating_add(4)),
        };
        self.is_family(set.family());
        self.payload(NETWORK_HEADER, address, FIRST);
        self.meta(META_TRANSPORT, protocol);
        self.payload(TRANSPORT_HEADER, SOURCE_PORT, protocol.saturating_add(1));
        self.look_up(set);
    }

    /// The first packet of the connection went to this port, and was led on from there.
    pub(crate) fn was_led_on_from(&mut self, port: u16) {
        self.conntrack_has(CONNTRACK_STATUS, LEADS_ELSEWHERE);
        self.first_packet(CONNTRACK_DESTINATION_PORT, FIRST);
        self.equals(FIRST, &port.to_be_bytes());
    }

    fn conntrack(&mut self, what: u32, register: u32) {
        self.expression("ct", |writer| {
            writer.number32(1, register);
            writer.number32(2, what);
        });
    }

    /// What conntrack noted of the packet that began the connection.
    fn first_packet(&mut self, what: u32, register: u32) {
        self.expression("ct", |writer| {
            writer.number32(1, register);
            writer.number32(2, what);
            writer.bytes(3, &[FORTH]);
        });
    }

    fn conntrack_has(&mut self, what: u32, bits: u32) {
        self.conntrack(what, FIRST);
        self.masked(FIRST, &bits.to_ne_bytes());
        self.compare(FIRST, NOT_EQUAL, &[0; 4]);
    }
}

/// Conntrack's bits: part of a connection that both sides know, or an error about one.
pub(crate) const ESTABLISHED_OR_RELATED: u32 = 0x2 | 0x4;

const CONNTRACK_STATE: u32 = 0;
const CONNTRACK_DIRECTION: u32 = 1;
const CONNTRACK_STATUS: u32 = 2;
const CONNTRACK_DESTINATION_PORT: u32 = 12;
const CONFIRMED: u32 = 1 << 3;
const LEADS_ELSEWHERE: u32 = 1 << 5;
const FORTH: u8 = 0;
const BACK: u8 = 1;
