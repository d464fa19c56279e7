//! What a line of the gate can do to the addresses of a connection that it leads on.

use std::net::{IpAddr, SocketAddr};

use crate::expression::{DATA_VALUE, FIRST, Line, NETWORK_HEADER};
use crate::layout::Family;

impl Line<'_> {
    /// The packet goes to this address.
    pub(crate) fn goes_to_host(&mut self, address: IpAddr) {
        self.is_family(Family::of(address));
        match address {
            IpAddr::V4(address) => {
                self.payload(NETWORK_HEADER, DESTINATION_ADDRESS_4, FIRST);
                self.equals(FIRST, &address.octets());
            }
            IpAddr::V6(address) => {
                self.payload(NETWORK_HEADER, DESTINATION_ADDRESS_6, FIRST);
                self.equals(FIRST, &address.octets());
            }
        }
    }

    /// Gives the connection another destination.
    pub(crate) fn lead_to(&mut self, to: SocketAddr) {
        let (protocol, behind) = match to.ip() {
            IpAddr::V4(address) => {
                self.load(FIRST, &address.octets());
                (IPV4, FIRST.saturating_add(1))
            }
            IpAddr::V6(address) => {
                self.load(FIRST, &address.octets());
                (IPV6, FIRST.saturating_add(4))
            }
        };
        self.load(behind, &to.port().to_be_bytes());
        self.expression("nat", |writer| {
            writer.number32(NAT_KIND, OF_DESTINATION);
            writer.number32(NAT_FAMILY, protocol);
            writer.number32(NAT_ADDRESS, FIRST);
            writer.number32(NAT_PORT, behind);
        });
    }

    /// Gives the connection this host's address as its source.
    pub(crate) fn masquerade(&mut self) {
        self.expression("masq", |_| {});
    }

    fn load(&mut self, register: u32, value: &[u8]) {
        self.expression("immediate", |writer| {
            writer.number32(1, register);
            writer.nested(2, |inner| inner.bytes(DATA_VALUE, value));
        });
    }
}

pub(crate) const DESTINATION_ADDRESS_4: (u32, u32) = (16, 4);
pub(crate) const DESTINATION_ADDRESS_6: (u32, u32) = (24, 16);

const IPV4: u32 = 2;
const IPV6: u32 = 10;
const NAT_KIND: u16 = 1;
const NAT_FAMILY: u16 = 2;
const NAT_ADDRESS: u16 = 3;
const NAT_PORT: u16 = 5;
const OF_DESTINATION: u32 = 1;
