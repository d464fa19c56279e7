//! A packet as the lab writes it and as it reads it off the wire: an oracle of its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// One IP packet; the ports of an ICMP message are zero.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Packet {
    /// Who claims to have sent it.
    pub source: SocketAddr,
    /// For whom it is.
    pub destination: SocketAddr,
    /// What it is.
    pub kind: Kind,
    /// What it carries; of an ICMP message what follows its checksum.
    pub payload: Vec<u8>,
}

/// What a packet is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A UDP datagram.
    Udp,
    /// A TCP segment.
    Tcp {
        /// Its flags.
        flags: Flags,
        /// Its sequence number.
        sequence: u32,
    },
    /// An ICMP message of either family.
    Icmp {
        /// The type, as its family numbers it.
        number: u8,
        /// The code.
        code: u8,
    },
}

/// The flags of a TCP segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Flags(pub u8);

impl Flags {
    /// The first segment of a connection.
    pub const SYN: Self = Self(0x02);
    /// The answer to it.
    pub const SYN_ACK: Self = Self(0x12);
    /// A refusal.
    pub const RST: Self = Self(0x04);
    /// A segment in the middle.
    pub const ACK: Self = Self(0x10);

    /// Whether every flag of the other is set here too.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Packet {
    /// A UDP datagram.
    pub fn udp(source: SocketAddr, destination: SocketAddr, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            source,
            destination,
            kind: Kind::Udp,
            payload: payload.into(),
        }
    }

    /// A TCP segment without payload.
    pub fn tcp(source: SocketAddr, destination: SocketAddr, flags: Flags, sequence: u32) -> Self {
        let kind = Kind::Tcp { flags, sequence };
        Self {
            source,
            destination,
            kind,
            payload: Vec::new(),
        }
    }

    /// The bytes with right lengths and checksums, beginning with the IP header.
    ///
    /// Both addresses must be of one family; a source of the other becomes the unspecified one.
    pub fn to_bytes(&self) -> Vec<u8> {
        match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => self.bytes_v4(source, destination),
            (IpAddr::V6(source), IpAddr::V6(destination)) => self.bytes_v6(source, destination),
            (_, IpAddr::V4(destination)) => self.bytes_v4(Ipv4Addr::UNSPECIFIED, destination),
            (_, IpAddr::V6(destination)) => self.bytes_v6(Ipv6Addr::UNSPECIFIED, destination),
        }
    }

    /// Reads an IP packet; `None` when it is neither UDP nor TCP nor ICMP, or cut short.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (source, destination, protocol, rest): (IpAddr, IpAddr, u8, &[u8]) =
            match bytes.first()? >> 4 {
                4 => {
                    let header = usize::from(bytes.first()? & 0x0f).saturating_mul(4);
                    let total = usize::from(u16_at(bytes, 2)?);
                    let source: [u8; 4] = bytes.get(12..16)?.try_into().ok()?;
                    let destination: [u8; 4] = bytes.get(16..20)?.try_into().ok()?;
                    let rest = bytes.get(header..total)?;
                    (source.into(), destination.into(), *bytes.get(9)?, rest)
                }
                6 => {
                    let length = usize::from(u16_at(bytes, 4)?);
                    let source: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
                    let destination: [u8; 16] = bytes.get(24..40)?.try_into().ok()?;
                    let rest = bytes.get(40..)?.get(..length)?;
                    (source.into(), destination.into(), *bytes.get(6)?, rest)
                }
                _ => return None,
            };
        let (kind, payload) = match protocol {
            UDP => (Kind::Udp, rest.get(8..)?),
            TCP => {
                let header = usize::from(rest.get(12)? >> 4).saturating_mul(4);
                let sequence = u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?);
                (
                    Kind::Tcp {
                        flags: Flags(*rest.get(13)?),
                        sequence,
                    },
                    rest.get(header..)?,
                )
            }
            ICMP | ICMPV6 => (
                Kind::Icmp {
                    number: *rest.first()?,
                    code: *rest.get(1)?,
                },
                rest.get(4..)?,
            ),
            _ => return None,
        };
        let (from, to) = match kind {
            Kind::Icmp { .. } => (0, 0),
            _ => (u16_at(rest, 0)?, u16_at(rest, 2)?),
        };
        let (source, destination) = (
            SocketAddr::new(source, from),
            SocketAddr::new(destination, to),
        );
        Some(Self {
            source,
            destination,
            kind,
            payload: payload.to_vec(),
        })
    }

    /// Whether it is TCP.
    pub(crate) const fn is_segment(&self) -> bool {
        matches!(self.kind, Kind::Tcp { .. })
    }

    /// Whether it is how a network keeps house: neighbours, routers, group membership.
    pub fn is_housekeeping(&self) -> bool {
        matches!(
            self.kind,
            Kind::Icmp {
                number: 130..=137 | 143,
                ..
            }
        ) && self.source.is_ipv6()
    }

    fn bytes_v4(&self, source: Ipv4Addr, destination: Ipv4Addr) -> Vec<u8> {
        let mut pseudo = [source.octets(), destination.octets()].concat();
        let body = self.body(&mut pseudo, ICMP);
        let total = to_u16(body.len().saturating_add(20));
        let mut header = vec![0x45, 0];
        header.extend(total.to_be_bytes());
        header.extend([0, 0, 0x40, 0, 64, self.protocol(ICMP), 0, 0]);
        header.extend(source.octets());
        header.extend(destination.octets());
        let sum = checksum(&[&header]);
        set_u16(&mut header, 10, sum);
        header.extend(body);
        header
    }

    fn bytes_v6(&self, source: Ipv6Addr, destination: Ipv6Addr) -> Vec<u8> {
        let mut pseudo = [source.octets(), destination.octets()].concat();
        let body = self.body(&mut pseudo, ICMPV6);
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend(to_u16(body.len()).to_be_bytes());
        packet.extend([self.protocol(ICMPV6), 64]);
        packet.extend(source.octets());
        packet.extend(destination.octets());
        packet.extend(body);
        packet
    }

    /// The transport header and the payload; `pseudo` holds both addresses.
    fn body(&self, pseudo: &mut Vec<u8>, icmp: u8) -> Vec<u8> {
        let ports = [
            self.source.port().to_be_bytes(),
            self.destination.port().to_be_bytes(),
        ];
        let (mut body, sum_at) = match self.kind {
            Kind::Udp => {
                let length = to_u16(self.payload.len().saturating_add(8));
                let mut body = ports.concat();
                body.extend(length.to_be_bytes());
                body.extend([0, 0]);
                (body, 6)
            }
            Kind::Tcp { flags, sequence } => {
                let mut body = ports.concat();
                body.extend(sequence.to_be_bytes());
                body.extend([0, 0, 0, 0, 0x50, flags.0, 0xfa, 0xf0, 0, 0, 0, 0]);
                (body, 16)
            }
            Kind::Icmp { number, code } => (vec![number, code, 0, 0], 2),
        };
        body.extend(&self.payload);
        pseudo.extend(u32::from(to_u16(body.len())).to_be_bytes());
        pseudo.extend([0, 0, 0, self.protocol(icmp)]);
        let sum = if icmp == ICMP && self.protocol(icmp) == ICMP {
            checksum(&[&body])
        } else {
            checksum(&[pseudo, &body])
        };
        set_u16(&mut body, sum_at, sum);
        body
    }

    fn protocol(&self, icmp: u8) -> u8 {
        match self.kind {
            Kind::Udp => UDP,
            Kind::Tcp { .. } => TCP,
            Kind::Icmp { .. } => icmp,
        }
    }
}

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// RFC 1071. The parts but the last must have an even length.
pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts
        .iter()
        .flat_map(|part| part.chunks(2))
        .map(|pair| match *pair {
            [high, low] => u32::from(u16::from_be_bytes([high, low])),
            [high] => u32::from(u16::from_be_bytes([high, 0])),
            _ => 0,
        });
    let mut sum = words.fold(0_u32, u32::wrapping_add);
    while sum > 0xffff {
        sum = (sum & 0xffff).wrapping_add(sum >> 16);
    }
    match !to_u16(sum as usize) {
        // In UDP zero would say that there is no checksum.
        0 => 0xffff,
        sum => sum,
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..)?.first_chunk::<2>()?;
    Some(u16::from_be_bytes(*pair))
}

pub(crate) fn set_u16(bytes: &mut [u8], at: usize, value: u16) {
    if let Some(place) = bytes
        .get_mut(at..)
        .and_then(|rest| rest.first_chunk_mut::<2>())
    {
        *place = value.to_be_bytes();
    }
}

pub(crate) fn to_u16(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let packets = [
            Packet::udp(at("10.0.0.1:1"), at("10.0.0.2:2"), *b"odd"),
            Packet::udp(at("[fd00::1]:1"), at("[fd00::2]:2"), vec![7; 100]),
            Packet::tcp(at("10.0.0.1:1"), at("10.0.0.2:2"), Flags::SYN, 77),
            Packet::tcp(at("[fd00::1]:1"), at("[fd00::2]:2"), Flags::RST, 78),
        ];
        for packet in packets {
            assert_eq!(Packet::read(&packet.to_bytes()), Some(packet));
        }
    }

    #[test]
    fn a_cut_packet_is_not_read() {
        let bytes = Packet::udp(at("10.0.0.1:1"), at("10.0.0.2:2"), *b"payload").to_bytes();
        for length in 0..bytes.len() {
            assert_eq!(Packet::read(&bytes[..length]), None);
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_rfc() {
        // RFC 1071 §3: the words 0001 f203 f4f5 f6f7 sum up to ddf2.
        let words = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(checksum(&[&words]), !0xddf2);
    }
}
