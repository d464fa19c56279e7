//! From the bytes of a frame to an observation.

use thiserror::Error;

use crate::{Link, Observation, Reader, ip, link, transport};

/// Reads one frame that was captured on `link`.
///
/// Bytes behind the end of the IP packet are the link's padding and are left out. Checksums are not
/// verified: an adversary computes them right, and checksum offload leaves honest ones unfinished.
pub fn read(frame: &[u8], link: Link) -> Result<Observation<'_>, Unreadable> {
    let mut reader = Reader::new(frame);
    let version = link::strip(&mut reader, link)?;
    let packet = ip::read(reader, version)?;
    Ok(Observation {
        source: packet.source,
        destination: packet.destination,
        hops: packet.hops,
        identification: packet.identification,
        unfragmentable: packet.unfragmentable,
        length: packet.length,
        transport: transport::read(packet.carries, packet.payload, packet.family)?,
    })
}

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
}
