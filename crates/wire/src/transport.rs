//! Which packets we understand: TCP, UDP and ICMP.

use crate::{Reader, Unreadable};

/// What an IP packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport<'a> {
    /// RFC 9293.
    Tcp(Segment<'a>),
    /// RFC 768.
    Udp(Datagram<'a>),
    /// RFC 792 or RFC 4443, as the family says.
    Icmp(Message<'a>),
}

/// A TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The port that the packet claims to come from.
    pub source_port: u16,
    /// The port that it was sent to.
    pub destination_port: u16,
    /// The sequence number.
    pub sequence: u32,
    /// The acknowledgement number; it means something only with [`Flags::ACK`].
    pub acknowledgement: u32,
    /// The control bits.
    pub flags: Flags,
    /// The window, unscaled.
    pub window: u16,
    /// The options as they stand there, unread.
    pub options: &'a [u8],
    /// What follows the header.
    pub payload: &'a [u8],
}

/// The control bits of a TCP segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No more from the sender.
    pub const FIN: Self = Self(0x01);
    /// Synchronise sequence numbers: a connection begins.
    pub const SYN: Self = Self(0x02);
    /// Reset the connection.
    pub const RST: Self = Self(0x04);
    /// Push.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgement number means something.
    pub const ACK: Self = Self(0x10);
    /// The urgent pointer means something.
    pub const URG: Self = Self(0x20);
    /// Congestion was seen (RFC 3168).
    pub const ECE: Self = Self(0x40);
    /// The congestion window was reduced (RFC 3168).
    pub const CWR: Self = Self(0x80);

    /// The bits as they stand in the header.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits as they stand in the header.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether every bit of `others` is set.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The port that the packet claims to come from.
    pub source_port: u16,
    /// The port that it was sent to.
    pub destination_port: u16,
    /// What UDP's own length covers.
    pub payload: &'a [u8],
}

/// An ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Whose numbers `kind` and `code` are.
    pub family: Family,
    /// The type.
    pub kind: u8,
    /// The code.
    pub code: u8,
    /// What follows type, code and checksum.
    pub body: &'a [u8],
}

/// Which IP a message belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Reads what an IP packet carries; `payload` ends where the IP packet does.
pub(crate) fn read(
    protocol: u8,
    payload: Reader<'_>,
    family: Family,
) -> Result<Transport<'_>, Unreadable> {
    match (protocol, family) {
        (6, _) => segment(payload).map(Transport::Tcp),
        (17, _) => datagram(payload).map(Transport::Udp),
        (1, Family::V4) | (58, Family::V6) => message(payload, family).map(Transport::Icmp),
        (other, _) => Err(Unreadable::OtherTransport(other)),
    }
}

fn segment(mut reader: Reader<'_>) -> Result<Segment<'_>, Unreadable> {
    let source_port = reader.u16()?;
    let destination_port = reader.u16()?;
    let sequence = reader.u32()?;
    let acknowledgement = reader.u32()?;
    let words = reader.u8()? >> 4;
    let flags = Flags(reader.u8()?);
    let window = reader.u16()?;
    reader.u32()?; // checksum, urgent pointer
    let options = usize::from(words)
        .checked_mul(4)
        .and_then(|length| length.checked_sub(TCP_HEADER))
        .ok_or(Unreadable::LyingLength)?;
    // The segment ends where the IP packet ends: options beyond that are a lie, not a cut.
    let options = reader.take(options).map_err(|_| Unreadable::LyingLength)?;
    Ok(Segment {
        source_port,
        destination_port,
        sequence,
        acknowledgement,
        flags,
        window,
        options,
        payload: reader.rest(),
    })
}

fn datagram(mut reader: Reader<'_>) -> Result<Datagram<'_>, Unreadable> {
    let source_port = reader.u16()?;
    let destination_port = reader.u16()?;
    let length = usize::from(reader.u16()?);
    reader.u16()?; // checksum
    // Shorter than the IP packet is allowed (the kernel trims it likewise), longer is a lie.
    let payload = length
        .checked_sub(UDP_HEADER)
        .and_then(|length| reader.take(length).ok())
        .ok_or(Unreadable::LyingLength)?;
    Ok(Datagram {
        source_port,
        destination_port,
        payload,
    })
}

fn message(mut reader: Reader<'_>, family: Family) -> Result<Message<'_>, Unreadable> {
    let kind = reader.u8()?;
    let code = reader.u8()?;
    reader.u16()?; // checksum
    Ok(Message {
        family,
        kind,
        code,
        body: reader.rest(),
    })
}

const TCP_HEADER: usize = 20;
const UDP_HEADER: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    const SYN: [u8; 24] = [
        0x1b, 0x58, 0x00, 0x16, 1, 2, 3, 4, 5, 6, 7, 8, 0x60, 0x02, 0xfa, 0xf0, 0, 0, 0, 0, 2, 4,
        5, 0xb4,
    ];

    fn read_bytes(protocol: u8, bytes: &[u8]) -> Result<Transport<'_>, Unreadable> {
        read(protocol, Reader::new(bytes), Family::V4)
    }

    #[test]
    fn a_syn_is_read_with_its_options() {
        assert_eq!(
            read_bytes(6, &SYN),
            Ok(Transport::Tcp(Segment {
                source_port: 7000,
                destination_port: 22,
                sequence: 0x0102_0304,
                acknowledgement: 0x0506_0708,
                flags: Flags::SYN,
                window: 64_240,
                options: &[2, 4, 5, 0xb4],
                payload: &[],
            }))
        );
    }

    #[test]
    fn a_tcp_header_length_that_lies_is_refused() {
        for words in [0, 1, 4, 7, 15] {
            let mut bytes = SYN;
            bytes[12] = words << 4;
            assert_eq!(read_bytes(6, &bytes), Err(Unreadable::LyingLength));
        }
    }

    #[test]
    fn what_tcp_carries_begins_behind_the_options() {
        let mut bytes = SYN;
        bytes[12] = 0x50;
        let Ok(Transport::Tcp(segment)) = read_bytes(6, &bytes) else {
            panic!("not read");
        };
        assert_eq!(segment.options, &[] as &[u8]);
        assert_eq!(segment.payload, &[2, 4, 5, 0xb4]);
    }

    #[test]
    fn a_datagram_ends_where_its_own_length_says() {
        let bytes = [0, 1, 0, 2, 0, 10, 0, 0, 7, 8, 9];
        assert_eq!(
            read_bytes(17, &bytes),
            Ok(Transport::Udp(Datagram {
                source_port: 1,
                destination_port: 2,
                payload: &[7, 8],
            }))
        );
    }

    #[test]
    fn a_datagram_whose_length_lies_is_refused() {
        for length in [0, 7, 12, 255] {
            let bytes = [0, 1, 0, 2, 0, length, 0, 0, 7, 8, 9];
            assert_eq!(read_bytes(17, &bytes), Err(Unreadable::LyingLength));
        }
    }

    #[test]
    fn icmp_belongs_to_its_own_ip_version() {
        let echo = [8, 0, 0, 0, 1, 2];
        let message = Message {
            family: Family::V4,
            kind: 8,
            code: 0,
            body: &[1, 2],
        };
        assert_eq!(read_bytes(1, &echo), Ok(Transport::Icmp(message)));
        assert_eq!(read_bytes(58, &echo), Err(Unreadable::OtherTransport(58)));
        let six = |protocol| read(protocol, Reader::new(&echo), Family::V6);
        assert_eq!(
            six(58),
            Ok(Transport::Icmp(Message {
                family: Family::V6,
                ..message
            }))
        );
        assert_eq!(six(1), Err(Unreadable::OtherTransport(1)));
    }

    #[test]
    fn other_protocols_are_named() {
        for other in [2, 47, 50, 59, 132] {
            assert_eq!(
                read_bytes(other, &[0; 40]),
                Err(Unreadable::OtherTransport(other))
            );
        }
    }

    #[test]
    fn every_header_cut_short_is_truncated() {
        for (protocol, header) in [(6, 20), (17, 8), (1, 4)] {
            for length in 0..header {
                let read = read_bytes(protocol, &SYN[..length]);
                assert_eq!(read, Err(Unreadable::Truncated), "{protocol} {length}");
            }
        }
    }

    #[test]
    fn flags_combine() {
        let both = Flags::SYN.with(Flags::ACK);
        assert_eq!(both.bits(), 0x12);
        assert!(both.contains(Flags::ACK) && both.contains(Flags::SYN));
        assert!(!both.contains(Flags::SYN.with(Flags::RST)));
        assert_eq!(Flags::from_bits(0x12), both);
    }
}
