//! Writes frames the straightforward way, so that what is read back can be compared.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nightlatch_wire::Link;

/// Everything that a written frame is made of.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) link: Link,
    pub(crate) vlan_tags: usize,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) hops: u8,
    pub(crate) identification: u16,
    /// IPv4: words of options. IPv6: ignored.
    pub(crate) option_words: u8,
    /// IPv6: kinds and units of extension headers. IPv4: ignored.
    pub(crate) extensions: Vec<(u8, u8)>,
    pub(crate) carried: Carried,
    /// Bytes of link padding behind the packet.
    pub(crate) padding: usize,
}

/// The transport of a written frame.
#[derive(Clone, Debug)]
pub(crate) enum Carried {
    Tcp {
        ports: (u16, u16),
        numbers: (u32, u32),
        flags: u8,
        window: u16,
        option_words: u8,
        payload: Vec<u8>,
    },
    Udp {
        ports: (u16, u16),
        payload: Vec<u8>,
    },
    Icmp {
        kind: u8,
        code: u8,
        body: Vec<u8>,
    },
}

impl Written {
    /// The whole frame.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.link_header();
        bytes.extend(self.packet());
        bytes.extend(vec![0xee; self.padding]);
        bytes
    }

    /// How long the frame is without the padding.
    pub(crate) fn length(&self) -> usize {
        self.bytes().len() - self.padding
    }

    /// How long what stands in front of the packet is.
    pub(crate) fn link_length(&self) -> usize {
        self.link_header().len()
    }

    fn is_four(&self) -> bool {
        self.source.is_ipv4()
    }

    fn ether_type(&self) -> u16 {
        if self.is_four() { 0x0800 } else { 0x86dd }
    }

    fn link_header(&self) -> Vec<u8> {
        let first = if self.vlan_tags > 0 {
            0x8100
        } else {
            self.ether_type()
        };
        let mut bytes = match self.link {
            Link::Ip => return Vec::new(),
            Link::Ethernet => [vec![0x11; 12], u16::to_be_bytes(first).into()].concat(),
            Link::Cooked => [vec![0; 14], u16::to_be_bytes(first).into()].concat(),
            Link::Cooked2 => [u16::to_be_bytes(first).into(), vec![0; 18]].concat(),
            Link::FirewallLog | Link::KernelLog => panic!("a line is no packet"),
        };
        for tag in 1..=self.vlan_tags {
            let next = if tag == self.vlan_tags {
                self.ether_type()
            } else {
                0x88a8
            };
            bytes.extend([0x20, 0x0a]);
            bytes.extend(next.to_be_bytes());
        }
        bytes
    }

    fn packet(&self) -> Vec<u8> {
        let transport = self.transport();
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                self.four(source, destination, &transport)
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                self.six(source, destination, &transport)
            }
            _ => panic!("two families in one packet"),
        }
    }

    fn protocol(&self) -> u8 {
        match (&self.carried, self.is_four()) {
            (Carried::Tcp { .. }, _) => 6,
            (Carried::Udp { .. }, _) => 17,
            (Carried::Icmp { .. }, true) => 1,
            (Carried::Icmp { .. }, false) => 58,
        }
    }

    fn four(&self, source: Ipv4Addr, destination: Ipv4Addr, transport: &[u8]) -> Vec<u8> {
        let header = 20 + usize::from(self.option_words) * 4;
        let mut bytes = vec![0x45 + self.option_words, 0];
        bytes.extend(short(header + transport.len()).to_be_bytes());
        bytes.extend(self.identification.to_be_bytes());
        bytes.extend([0x40, 0, self.hops, self.protocol(), 0, 0]);
        bytes.extend(source.octets());
        bytes.extend(destination.octets());
        bytes.extend(vec![1; header - 20]);
        bytes.extend(transport);
        bytes
    }

    fn six(&self, source: Ipv6Addr, destination: Ipv6Addr, transport: &[u8]) -> Vec<u8> {
        let kinds: Vec<u8> = self
            .extensions
            .iter()
            .map(|&(kind, _)| kind)
            .chain([self.protocol()])
            .collect();
        let mut behind = Vec::new();
        for (place, &(kind, units)) in self.extensions.iter().enumerate() {
            let length = if kind == 51 {
                (usize::from(units) + 2) * 4
            } else {
                (usize::from(units) + 1) * 8
            };
            behind.extend([kinds[place + 1], units]);
            behind.extend(vec![0; length - 2]);
        }
        behind.extend(transport);
        let mut bytes = vec![0x60, 0, 0, 0];
        bytes.extend(short(behind.len()).to_be_bytes());
        bytes.extend([kinds[0], self.hops]);
        bytes.extend(source.octets());
        bytes.extend(destination.octets());
        bytes.extend(behind);
        bytes
    }

    fn transport(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match &self.carried {
            Carried::Tcp {
                ports,
                numbers,
                flags,
                window,
                option_words,
                payload,
            } => {
                bytes.extend(ports.0.to_be_bytes());
                bytes.extend(ports.1.to_be_bytes());
                bytes.extend(numbers.0.to_be_bytes());
                bytes.extend(numbers.1.to_be_bytes());
                bytes.extend([(5 + option_words) << 4, *flags]);
                bytes.extend(window.to_be_bytes());
                bytes.extend([0; 4]);
                bytes.extend(vec![1; usize::from(*option_words) * 4]);
                bytes.extend(payload);
            }
            Carried::Udp { ports, payload } => {
                bytes.extend(ports.0.to_be_bytes());
                bytes.extend(ports.1.to_be_bytes());
                bytes.extend(short(payload.len() + 8).to_be_bytes());
                bytes.extend([0, 0]);
                bytes.extend(payload);
            }
            Carried::Icmp { kind, code, body } => {
                bytes.extend([*kind, *code, 0, 0]);
                bytes.extend(body);
            }
        }
        bytes
    }
}

fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap()
}
