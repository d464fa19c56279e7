//! The IP header of either version.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Family, Reader, Unreadable, extension};

/// Which version the link announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    Four,
    Six,
    AsTheHeaderSays,
}

/// An IP packet with its headers taken away.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) family: Family,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) hops: u8,
    pub(crate) identification: Option<u16>,
    pub(crate) unfragmentable: Option<bool>,
    /// What the packet says of its own length, header included.
    pub(crate) length: u32,
    /// The IP protocol number of what `payload` begins with.
    pub(crate) carries: u8,
    /// What the packet's own length covers, without padding.
    pub(crate) payload: Reader<'a>,
}

/// Reads the IP header, and for version 6 the extension headers.
pub(crate) fn read(reader: Reader<'_>, version: Version) -> Result<Packet<'_>, Unreadable> {
    let mut header = reader;
    let first = header.u8()?;
    match (first >> 4, version) {
        (4, Version::Four | Version::AsTheHeaderSays) => four(first, header),
        (6, Version::Six | Version::AsTheHeaderSays) => six(header),
        (other, _) => Err(Unreadable::WrongVersion(other)),
    }
}

/// RFC 791 §3.1, behind the first byte.
fn four(first: u8, mut header: Reader<'_>) -> Result<Packet<'_>, Unreadable> {
    let options = usize::from(first & 0x0f)
        .checked_mul(4)
        .and_then(|length| length.checked_sub(FOUR_HEADER))
        .ok_or(Unreadable::LyingLength)?;
    header.u8()?; // type of service
    let length = header.u16()?;
    let payload = usize::from(length)
        .checked_sub(FOUR_HEADER)
        .and_then(|behind| behind.checked_sub(options))
        .ok_or(Unreadable::LyingLength)?;
    let identification = header.u16()?;
    let fragment = header.u16()?;
    let hops = header.u8()?;
    let carries = header.u8()?;
    header.u16()?; // checksum
    let source = Ipv4Addr::from(header.array::<4>()?);
    let destination = Ipv4Addr::from(header.array::<4>()?);
    // Options steer routers; what they say is of no use here, only how long they are.
    header.take(options)?;
    if fragment & FOUR_FRAGMENT != 0 {
        return Err(Unreadable::Fragment);
    }
    Ok(Packet {
        family: Family::V4,
        source: source.into(),
        destination: destination.into(),
        hops,
        identification: Some(identification),
        unfragmentable: Some(fragment & FOUR_UNFRAGMENTABLE != 0),
        length: length.into(),
        carries,
        payload: Reader::new(header.take(payload)?),
    })
}

/// RFC 8200 §3, behind the first byte.
fn six(mut header: Reader<'_>) -> Result<Packet<'_>, Unreadable> {
    header.array::<3>()?; // traffic class, flow label
    let length = header.u16()?;
    let next = header.u8()?;
    let hops = header.u8()?;
    let source = Ipv6Addr::from(header.array::<16>()?);
    let destination = Ipv6Addr::from(header.array::<16>()?);
    // A jumbogram says zero here and is never a knock: what follows is then too short for itself.
    let mut payload = Reader::new(header.take(length.into())?);
    let carries = extension::skip(next, &mut payload)?;
    Ok(Packet {
        family: Family::V6,
        source: source.into(),
        destination: destination.into(),
        hops,
        identification: None,
        unfragmentable: None,
        length: u32::from(length).saturating_add(SIX_HEADER),
        carries,
        payload,
    })
}

const FOUR_HEADER: usize = 20;
const SIX_HEADER: u32 = 40;

/// "More fragments" and the offset; the reserved bit is nobody's business.
const FOUR_FRAGMENT: u16 = 0x3fff;
const FOUR_UNFRAGMENTABLE: u16 = 0x4000;

#[cfg(test)]
mod tests {
    extern crate alloc;
    use alloc::{vec, vec::Vec};

    use super::*;

    fn header_four() -> Vec<u8> {
        let mut bytes = vec![0x45, 0, 0, 24, 0xab, 0xcd, 0x40, 0, 61, 17, 0, 0];
        bytes.extend([192, 0, 2, 1, 198, 51, 100, 2]);
        bytes.extend([1, 2, 3, 4]);
        bytes
    }

    fn read_bytes(bytes: &[u8]) -> Result<Packet<'_>, Unreadable> {
        read(Reader::new(bytes), Version::AsTheHeaderSays)
    }

    #[test]
    fn a_plain_header_is_read() {
        let bytes = header_four();
        let packet = read_bytes(&bytes).unwrap();
        assert_eq!(packet.source, IpAddr::from([192, 0, 2, 1]));
        assert_eq!(packet.destination, IpAddr::from([198, 51, 100, 2]));
        assert_eq!((packet.hops, packet.carries), (61, 17));
        assert_eq!(packet.identification, Some(0xabcd));
        assert_eq!((packet.unfragmentable, packet.length), (Some(true), 24));
        assert_eq!(packet.payload.rest(), &[1, 2, 3, 4]);
    }

    #[test]
    fn padding_behind_the_stated_length_is_left_out() {
        let mut bytes = header_four();
        bytes.extend([0; 22]);
        let packet = read_bytes(&bytes).unwrap();
        assert_eq!(packet.payload.rest(), &[1, 2, 3, 4]);
        assert_eq!(packet.length, 24);
    }

    #[test]
    fn options_are_passed_over() {
        let mut bytes = header_four();
        bytes[0] = 0x46;
        bytes[3] = 28;
        bytes.splice(20..20, [0x94, 4, 0, 0]);
        assert_eq!(read_bytes(&bytes).unwrap().payload.rest(), &[1, 2, 3, 4]);
    }

    #[test]
    fn fragments_first_and_later_are_refused_and_dont_fragment_is_not() {
        for (high, low) in [(0x20, 0), (0, 1), (0x1f, 0xff), (0x60, 0)] {
            let mut bytes = header_four();
            bytes[6..8].copy_from_slice(&[high, low]);
            assert_eq!(read_bytes(&bytes).unwrap_err(), Unreadable::Fragment);
        }
        for high in [0, 0x40, 0x80, 0xc0] {
            let mut bytes = header_four();
            bytes[6] = high;
            let packet = read_bytes(&bytes).unwrap();
            assert_eq!(packet.unfragmentable, Some(high & 0x40 != 0));
        }
    }

    #[test]
    fn a_header_length_below_the_least_is_a_lie() {
        for words in 0..5 {
            let mut bytes = header_four();
            bytes[0] = 0x40 | words;
            assert_eq!(read_bytes(&bytes).unwrap_err(), Unreadable::LyingLength);
        }
    }

    #[test]
    fn a_total_length_below_the_header_is_a_lie() {
        let mut bytes = header_four();
        bytes[3] = 19;
        assert_eq!(read_bytes(&bytes).unwrap_err(), Unreadable::LyingLength);
        bytes[0] = 0x46;
        bytes[3] = 23;
        assert_eq!(read_bytes(&bytes).unwrap_err(), Unreadable::LyingLength);
    }

    #[test]
    fn a_total_length_beyond_the_bytes_is_a_cut_packet() {
        let mut bytes = header_four();
        bytes[3] = 25;
        assert_eq!(read_bytes(&bytes).unwrap_err(), Unreadable::Truncated);
    }

    #[test]
    fn the_version_must_be_the_one_that_the_link_announced() {
        let bytes = header_four();
        let read = read(Reader::new(&bytes), Version::Six);
        assert_eq!(read.unwrap_err(), Unreadable::WrongVersion(4));
        assert_eq!(
            read_bytes(&[0x75, 0]).unwrap_err(),
            Unreadable::WrongVersion(7)
        );
    }

    #[test]
    fn version_six_is_read_and_has_no_identification() {
        let mut bytes = vec![0x60, 0, 0, 0, 0, 2, 17, 255];
        bytes.extend(Ipv6Addr::LOCALHOST.octets());
        bytes.extend([0xfe; 16]);
        bytes.extend([7, 8, 0, 0, 0]);
        let packet = read_bytes(&bytes).unwrap();
        assert_eq!(packet.source, IpAddr::from(Ipv6Addr::LOCALHOST));
        assert_eq!(packet.destination, IpAddr::from([0xfe; 16]));
        assert_eq!((packet.hops, packet.carries), (255, 17));
        assert_eq!(packet.identification, None);
        assert_eq!((packet.unfragmentable, packet.length), (None, 42));
        assert_eq!(packet.payload.rest(), &[7, 8]);
        bytes[5] = 6;
        assert_eq!(read_bytes(&bytes).unwrap_err(), Unreadable::Truncated);
    }
}
