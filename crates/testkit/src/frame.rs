//! Packets as they come from the wire: an IP header, a UDP header, a payload.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Where knocks go.
pub const KNOCK_PORT: u16 = 62_201;

/// The server's address for IPv4.
pub const SERVER_V4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// The server's address for IPv6.
pub const SERVER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);

/// A frame of the link kind `Ip` that brings the payload to the server's knock port.
pub fn frame_of(payload: &[u8], source: SocketAddr) -> Vec<u8> {
    let datagram = datagram(payload, source.port());
    let carries = (UDP, HOPS);
    let mut frame = match source.ip() {
        IpAddr::V4(address) => ipv4_header((address, SERVER_V4), carries, datagram.len()),
        IpAddr::V6(address) => ipv6_header((address, SERVER_V6), carries, datagram.len()),
    };
    frame.extend(datagram);
    frame
}

/// An IPv4 header between two ends, that says what it carries and how many hops are left.
pub(crate) fn ipv4_header(
    (source, destination): (Ipv4Addr, Ipv4Addr),
    (protocol, hops): (u8, u8),
    payload: usize,
) -> Vec<u8> {
    let mut header = alloc::vec![0x45, 0];
    header.extend(length(payload.saturating_add(20)));
    header.extend([0, 1, 0, 0, hops, protocol, 0, 0]);
    header.extend(source.octets());
    header.extend(destination.octets());
    header
}

/// The same for IPv6.
pub(crate) fn ipv6_header(
    (source, destination): (Ipv6Addr, Ipv6Addr),
    (protocol, hops): (u8, u8),
    payload: usize,
) -> Vec<u8> {
    let mut header = alloc::vec![0x60, 0, 0, 0];
    header.extend(length(payload));
    header.extend([protocol, hops]);
    header.extend(source.octets());
    header.extend(destination.octets());
    header
}

fn datagram(payload: &[u8], source_port: u16) -> Vec<u8> {
    let mut datagram = Vec::new();
    datagram.extend(source_port.to_be_bytes());
    datagram.extend(KNOCK_PORT.to_be_bytes());
    datagram.extend(length(payload.len().saturating_add(8)));
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes()
}

const UDP: u8 = 17;
const HOPS: u8 = 64;
