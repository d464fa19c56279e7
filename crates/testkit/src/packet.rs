//! Packets that touch ports, as anybody can make them.

use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;

use nightlatch_wire::Flags;

use crate::frame::{ipv4_header, ipv6_header};
use crate::{SERVER_V4, SERVER_V6};

/// A packet that touches a port of the server; every one has numbers of its own unless it is told
/// which.
#[derive(Clone, Debug)]
pub struct Packet {
    carries: Carries,
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    hops: u8,
    payload: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Carries {
    Tcp {
        ports: (u16, u16),
        sequence: u32,
        flags: Flags,
        options: Vec<u8>,
    },
    Udp {
        ports: (u16, u16),
    },
    Icmp {
        kind: u8,
        code: u8,
    },
}

impl Packet {
    /// A connection attempt.
    pub const fn syn(port: u16) -> Self {
        Self::tcp(port, Flags::SYN)
    }

    /// A segment with these flags.
    pub const fn tcp(port: u16, flags: Flags) -> Self {
        Self::carrying(Carries::Tcp {
            ports: (0, port),
            sequence: 0,
            flags,
            options: Vec::new(),
        })
    }

    /// A datagram.
    pub const fn udp(port: u16) -> Self {
        Self::carrying(Carries::Udp { ports: (0, port) })
    }

    /// An ICMP message with eight bytes of nothing behind its checksum's four.
    pub fn icmp(kind: u8) -> Self {
        let packet = Self::carrying(Carries::Icmp { kind, code: 0 });
        packet.with(&[0; 8])
    }

    const fn carrying(carries: Carries) -> Self {
        Self {
            carries,
            source: None,
            destination: None,
            hops: 64,
            payload: Vec::new(),
        }
    }

    /// From this address.
    #[must_use]
    pub const fn from(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }

    /// To this address, which need not be the server's.
    #[must_use]
    pub const fn to(mut self, destination: IpAddr) -> Self {
        self.destination = Some(destination);
        self
    }

    /// With so many hops left.
    #[must_use]
    pub const fn hops(mut self, hops: u8) -> Self {
        self.hops = hops;
        self
    }

    /// Carrying these bytes.
    #[must_use]
    pub fn with(mut self, payload: &[u8]) -> Self {
        self.payload = payload.to_vec();
        self
    }

    /// With these TCP options, a multiple of four bytes.
    #[must_use]
    pub fn options(mut self, wanted: &[u8]) -> Self {
        if let Carries::Tcp { options, .. } = &mut self.carries {
            *options = wanted.to_vec();
        }
        self
    }

    /// From this port, with this sequence number: a packet and its retransmission have the same.
    #[must_use]
    pub const fn numbered(mut self, source_port: u16, number: u32) -> Self {
        match &mut self.carries {
            Carries::Tcp {
                ports, sequence, ..
            } => {
                ports.0 = source_port;
                *sequence = number;
            }
            Carries::Udp { ports } => ports.0 = source_port,
            Carries::Icmp { .. } => {}
        }
        self
    }

    /// The frame of the link kind `Ip`; the number makes it different from all others.
    pub fn frame(&self, number: u32, usual_source: IpAddr) -> Vec<u8> {
        let source = self.source.unwrap_or(usual_source);
        let transport = self.transport(number);
        let destination = match (self.destination, source) {
            (Some(destination), _) => destination,
            (None, IpAddr::V4(_)) => SERVER_V4.into(),
            (None, IpAddr::V6(_)) => SERVER_V6.into(),
        };
        let protocol = match (&self.carries, source) {
            (Carries::Tcp { .. }, _) => 6,
            (Carries::Udp { .. }, _) => 17,
            (Carries::Icmp { .. }, IpAddr::V4(_)) => 1,
            (Carries::Icmp { .. }, IpAddr::V6(_)) => 58,
        };
        let ends = (source, destination);
        let mut frame = match ends {
            (IpAddr::V4(source), IpAddr::V4(to)) => {
                ipv4_header((source, to), (protocol, self.hops), transport.len())
            }
            (IpAddr::V6(source), IpAddr::V6(to)) => {
                ipv6_header((source, to), (protocol, self.hops), transport.len())
            }
            _ => Vec::new(),
        };
        frame.extend(transport);
        frame
    }

    fn transport(&self, number: u32) -> Vec<u8> {
        let [_, _, high, low] = number.to_be_bytes();
        let fresh_port = u16::from_be_bytes([high, low]) | 0x8000;
        let mut bytes = Vec::new();
        match &self.carries {
            Carries::Tcp {
                ports: (from, to),
                sequence,
                flags,
                options,
            } => {
                let is_fresh = *from == 0;
                let from = if is_fresh { fresh_port } else { *from };
                let sequence = if is_fresh { number } else { *sequence };
                bytes.extend(from.to_be_bytes());
                bytes.extend(to.to_be_bytes());
                bytes.extend(sequence.to_be_bytes());
                bytes.extend([0; 4]);
                let words = u8::try_from(options.len() / 4).unwrap_or(0);
                bytes.extend([words.saturating_add(5).rotate_left(4), flags.bits()]);
                bytes.extend([0xfa, 0xf0, 0, 0, 0, 0]);
                bytes.extend(options);
            }
            Carries::Udp { ports: (from, to) } => {
                let from = if *from == 0 { fresh_port } else { *from };
                let length = u16::try_from(self.payload.len()).unwrap_or(0);
                bytes.extend(from.to_be_bytes());
                bytes.extend(to.to_be_bytes());
                bytes.extend(length.saturating_add(8).to_be_bytes());
                bytes.extend([0; 2]);
            }
            Carries::Icmp { kind, code } => bytes.extend(vec![*kind, *code, 0, 0]),
        }
        bytes.extend(&self.payload);
        bytes
    }
}
