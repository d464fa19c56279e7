//! Puts in front of a datagram's payload the headers that the kernel took away.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a UDP socket is told about a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) sender: SocketAddr,
    pub(crate) destination: IpAddr,
    pub(crate) interface: u32,
    pub(crate) hops: u8,
}

/// Reads what the kernel wrote beside a payload: the sender's `sockaddr`, and `cmsghdr`s.
///
/// `None` for a datagram that was not sent to one address of this host.
pub(crate) fn read_told(sender: &[u8], control: &[u8]) -> Option<Told> {
    let mut told = Told {
        sender: read_sender(sender)?,
        destination: Ipv4Addr::UNSPECIFIED.into(),
        interface: 0,
        hops: 0,
    };
    let mut rest = control;
    while let Some((level, kind, value, behind)) = next_control(rest) {
        match (level, kind) {
            (libc::IPPROTO_IP, libc::IP_PKTINFO) => {
                let (interface, value) = value.split_first_chunk()?;
                let (here, value) = value.split_first_chunk::<4>()?;
                // Where they differ, it was sent to everybody, or to a group.
                let sent_to = value
                    .first_chunk::<4>()
                    .filter(|sent_to| *sent_to == here)?;
                told.interface = u32::from_ne_bytes(*interface);
                told.destination = Ipv4Addr::from(*sent_to).into();
            }
            (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                let (sent_to, value) = value.split_first_chunk::<16>()?;
                told.destination = Ipv6Addr::from(*sent_to).into();
                told.interface = u32::from_ne_bytes(*value.first_chunk()?);
            }
            (libc::IPPROTO_IP, libc::IP_TTL) | (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => {
                told.hops = u8::try_from(i32::from_ne_bytes(*value.first_chunk()?)).ok()?;
            }
            _ => {}
        }
        rest = behind;
    }
    let is_known = !told.destination.is_unspecified() && !told.destination.is_multicast();
    is_known.then_some(told)
}

/// `struct sockaddr_in` or `struct sockaddr_in6`.
fn read_sender(bytes: &[u8]) -> Option<SocketAddr> {
    let (family, rest) = bytes.split_first_chunk()?;
    let (port, rest) = rest.split_first_chunk()?;
    let address: IpAddr = match i32::from(u16::from_ne_bytes(*family)) {
        libc::AF_INET => Ipv4Addr::from(*rest.first_chunk::<4>()?).into(),
        libc::AF_INET6 => Ipv6Addr::from(*rest.get(4..)?.first_chunk::<16>()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(address, u16::from_be_bytes(*port)))
}

/// Level, kind and value of the first `struct cmsghdr`, and what stands behind it.
fn next_control(bytes: &[u8]) -> Option<(i32, i32, &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (level, rest) = rest.split_first_chunk()?;
    let (kind, rest) = rest.split_first_chunk()?;
    let length = usize::from_ne_bytes(*length).checked_sub(CONTROL_HEADER)?;
    let value = rest.get(..length)?;
    let padded = length.checked_next_multiple_of(size_of::<usize>())?;
    Some((
        i32::from_ne_bytes(*level),
        i32::from_ne_bytes(*kind),
        value,
        rest.get(padded..).unwrap_or_default(),
    ))
}

/// Writes the headers up to the end of `front`, and says where they begin.
///
/// `None` where the addresses are of two versions, or the payload is longer than UDP allows.
pub(crate) fn write_headers(
    told: &Told,
    port: u16,
    payload: usize,
    front: &mut [u8; FRONT],
) -> Option<usize> {
    let udp = u16::try_from(payload.checked_add(UDP_HEADER)?).ok()?;
    let (ip, udp_place) = front.split_last_chunk_mut::<UDP_HEADER>()?;
    let [from, to] = [told.sender.port(), port].map(u16::to_be_bytes);
    let length = udp.to_be_bytes();
    *udp_place = [from[0], from[1], to[0], to[1], length[0], length[1], 0, 0];
    match (told.sender.ip(), told.destination) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let header = four(told.hops, udp, from, to)?;
            *ip.last_chunk_mut()? = header;
            SIX_HEADER.checked_sub(FOUR_HEADER)
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            *ip.last_chunk_mut()? = six(told.hops, udp, from, to);
            Some(0)
        }
        _ => None,
    }
}

/// RFC 791 §3.1; the identification and the checksum are gone.
fn four(hops: u8, udp: u16, from: Ipv4Addr, to: Ipv4Addr) -> Option<[u8; FOUR_HEADER]> {
    let [high, low] = udp.checked_add(20)?.to_be_bytes();
    let mut header = [0; FOUR_HEADER];
    let written = [0x45, 0, high, low, 0, 0, 0, 0, hops, UDP, 0, 0]
        .into_iter()
        .chain(from.octets())
        .chain(to.octets());
    for (place, byte) in header.iter_mut().zip(written) {
        *place = byte;
    }
    Some(header)
}

/// RFC 8200 §3; the traffic class and the flow label are gone.
fn six(hops: u8, udp: u16, from: Ipv6Addr, to: Ipv6Addr) -> [u8; SIX_HEADER] {
    let [high, low] = udp.to_be_bytes();
    let mut header = [0; SIX_HEADER];
    let written = [0x60, 0, 0, 0, high, low, UDP, hops]
        .into_iter()
        .chain(from.octets())
        .chain(to.octets());
    for (place, byte) in header.iter_mut().zip(written) {
        *place = byte;
    }
    header
}

/// Room for the headers of either IP version.
pub(crate) const FRONT: usize = SIX_HEADER + UDP_HEADER;

const CONTROL_HEADER: usize = size_of::<usize>() + 8;
const FOUR_HEADER: usize = 20;
const SIX_HEADER: usize = 40;
const UDP_HEADER: usize = 8;
const UDP: u8 = 17;

#[cfg(test)]
mod tests {
    use nightlatch_wire::{Link, Transport, read};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn told(sender: &str, destination: &str) -> Told {
        Told {
            sender: sender.parse().unwrap(),
            destination: destination.parse().unwrap(),
            interface: 3,
            hops: 61,
        }
    }

    #[test]
    fn the_reader_finds_in_the_headers_what_was_told() {
        for told in [
            told("203.0.113.7:40000", "192.0.2.1"),
            told("[2001:db8::7]:40000", "2001:db8::1"),
        ] {
            let mut front = [0xee; FRONT];
            let start = write_headers(&told, 62_201, 3, &mut front).unwrap();
            let frame = [&front[start..], b"abc"].concat();
            let seen = read(&frame, Link::Ip).unwrap();
            assert_eq!(
                (seen.source, seen.destination),
                (told.sender.ip(), told.destination)
            );
            assert_eq!(seen.hops, 61);
            let Transport::Udp(datagram) = seen.transport else {
                panic!("{seen:?}");
            };
            assert_eq!(
                (datagram.source_port, datagram.destination_port),
                (40_000, 62_201)
            );
            assert_eq!(datagram.payload, b"abc");
        }
    }

    #[test]
    fn two_versions_in_one_packet_and_too_long_a_payload_are_none() {
        let mixed = told("203.0.113.7:1", "2001:db8::1");
        assert_eq!(write_headers(&mixed, 1, 3, &mut [0; FRONT]), None);
        let four = told("203.0.113.7:1", "192.0.2.1");
        assert_eq!(write_headers(&four, 1, 65_508, &mut [0; FRONT]), None);
        assert!(write_headers(&four, 1, 65_507, &mut [0; FRONT]).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_bytes_are_told_something_or_nothing(
            sender in vec(any::<u8>(), 0..40),
            control in vec(prop_oneof![Just(0_u8), any::<u8>()], 0..80),
        ) {
            let _ = read_told(&sender, &control);
        }
    }
}
