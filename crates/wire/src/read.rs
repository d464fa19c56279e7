//! From the bytes of a frame to an observation.

use thiserror::Error;

use crate::{Link, Observation, Reader, Unseen, ip, link, link::Behind, log, transport};

/// Reads one frame that was captured on `link`.
///
/// Bytes behind the end of the IP packet are the link's padding and are left out. Checksums are not
/// verified: an adversary computes them right, and checksum offload leaves honest ones unfinished.
pub fn read(frame: &[u8], link: Link) -> Result<Observation<'_>, Unreadable> {
    read_in(frame, link, &mut [])
}

/// The same, with room for what a frame does not hold as bytes.
///
/// A line of a firewall's log has TCP's options written out; in a room of [`MOST_OPTIONS`] they become
/// bytes, in less they stay unseen.
pub fn read_in<'a>(
    frame: &'a [u8],
    link: Link,
    room: &'a mut [u8],
) -> Result<Observation<'a>, Unreadable> {
    let mut reader = Reader::new(frame);
    let version = match link::strip(&mut reader, link)? {
        Behind::Packet(version) => version,
        Behind::Line(writer) => return log::read(reader.rest(), writer, room),
    };
    let packet = ip::read(reader, version)?;
    Ok(Observation {
        source: packet.source,
        destination: packet.destination,
        hops: packet.hops,
        identification: packet.identification,
        unfragmentable: packet.unfragmentable,
        length: packet.length,
        transport: transport::read(packet.carries, packet.payload, packet.family)?,
        unseen: Unseen::NOTHING,
    })
}

/// How many bytes of options a TCP header can have.
pub const MOST_OPTIONS: usize = 40;

/// Why a frame is no observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Unreadable {
    /// The bytes end before the packet does.
    #[error("the bytes end before the packet does")]
    Truncated,
    /// A length that the packet states contradicts its own headers.
    #[error("a length in the packet contradicts its headers")]
    LyingLength,
    /// The link carries something else than IP; the number is its ether type.
    #[error("ether type {0:#06x} is not IP")]
    NotIp(u16),
    /// The first four bits are not the IP version that the link announced.
    #[error("IP version {0} is not what the link announced")]
    WrongVersion(u8),
    /// A piece of a packet, also where it is the only piece.
    #[error("a fragment is not a packet")]
    Fragment,
    /// More tags or extension headers in front of the transport than an honest packet has.
    #[error("too many headers in front of the transport")]
    TooManyHeaders,
    /// Neither TCP nor UDP nor the ICMP of its IP version; the number is the IP protocol.
    #[error("IP protocol {0} is not read here")]
    OtherTransport(u8),
    /// Not what the kernel writes about a packet, or not written by the kernel.
    #[error("the line is not what the kernel logs about a packet")]
    NotLogged,
    /// A packet that this host sent, or sends on.
    #[error("the packet of this line was not on its way in")]
    NotForThisHost,
}
