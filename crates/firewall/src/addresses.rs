//! What a line of the gate can ask about the addresses of a packet.

use crate::expression::{FIRST, Line, META_INTERFACE, NETWORK_HEADER, SOURCE_ADDRESS_6};
use crate::layout::Family;

impl Line<'_> {
    /// The packet came in through the interface of this number.
    pub(crate) fn came_through(&mut self, interface: u32) {
        self.meta(META_INTERFACE, FIRST);
        self.equals(FIRST, &interface.to_ne_bytes());
    }

    /// The packet names an address of this host as its source.
    ///
    /// Of link-local addresses the kernel never says so about what comes through loopback: it looks
    /// for them at that interface alone, and they belong to others.
    pub(crate) fn names_this_host_as_source(&mut self) {
        self.kind_of_address(OF_SOURCE);
        self.equals(FIRST, &LOCAL.to_ne_bytes());
    }

    /// The packet's source is a link-local address of IPv6 (RFC 4291 §2.5.6).
    pub(crate) fn comes_from_the_link(&mut self) {
        self.is_family(Family::V6);
        self.payload(NETWORK_HEADER, SOURCE_ADDRESS_6, FIRST);
        self.masked(FIRST, &LINK_LOCAL_MASK);
        self.equals(FIRST, &LINK_LOCAL);
    }

    /// The packet only comes by: its destination is another host's address, and nothing has
    /// redirected it here.
    ///
    /// Asked twice, since the first table does not have the addresses of interfaces that are bound
    /// to a routing domain (VRF), and the second has none but those of the very interface that the
    /// packet came through.
    pub(crate) fn is_for_another_host(&mut self) {
        for flags in [OF_DESTINATION, OF_DESTINATION | AT_INTERFACE] {
            self.kind_of_address(flags);
            self.equals(FIRST, &UNICAST.to_ne_bytes());
        }
    }

    fn kind_of_address(&mut self, flags: u32) {
        self.expression("fib", |writer| {
            writer.number32(1, FIRST);
            writer.number32(2, KIND_OF_ADDRESS);
            writer.number32(3, flags);
        });
    }
}

/// The loopback interface has this number in every network namespace.
pub(crate) const LOOPBACK: u32 = 1;

const KIND_OF_ADDRESS: u32 = 3;
const OF_SOURCE: u32 = 0x1;
const OF_DESTINATION: u32 = 0x2;
const AT_INTERFACE: u32 = 0x8;
/// Neither ours nor for many.
const UNICAST: u32 = 1;
const LOCAL: u32 = 2;

const LINK_LOCAL: [u8; 16] = [0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
const LINK_LOCAL_MASK: [u8; 16] = [0xff, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
