//! What the sets are searched for: openings and flows as bytes, written and read back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nightlatch_core::{Opening, Passage, Port, Prefix, Protocol};

use crate::layout::Set;

/// The key of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl Key {
    const LONGEST: usize = 28;

    pub(crate) fn of_opening(opening: &Opening) -> Self {
        let mut key = Self::empty();
        key.put_address(opening.address);
        key.put(&[opening.port.protocol.number()]);
        key.put(&opening.port.number().to_be_bytes());
        key
    }

    pub(crate) fn of_ban(prefix: Prefix) -> Self {
        let mut key = Self::empty();
        key.put_address(prefix.first());
        key
    }

    pub(crate) fn of_flow(flow: &Flow) -> Self {
        let mut key = Self::empty();
        key.put_address(flow.address);
        key.put(&flow.source_port.to_be_bytes());
        key.put(&[flow.port.protocol.number()]);
        key.put(&flow.port.number().to_be_bytes());
        key
    }

    /// A key as the kernel lists it; none if it is longer than ours are.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut key = Self::empty();
        key.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        key.length = bytes.len();
        Some(key)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn empty() -> Self {
        Self {
            bytes: [0; Self::LONGEST],
            length: 0,
        }
    }

    fn put_address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => self.put(&address.octets()),
            IpAddr::V6(address) => self.put(&address.octets()),
        }
    }

    fn put(&mut self, field: &[u8]) {
        let end = self.length.saturating_add(field.len());
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(field);
        }
        self.length = end.next_multiple_of(4);
    }
}

/// One running connection, seen from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flow {
    pub(crate) address: IpAddr,
    pub(crate) source_port: u16,
    pub(crate) port: Port,
}

impl Flow {
    pub(crate) fn set(&self) -> Set {
        if self.address.is_ipv4() {
            Set::Flow4
        } else {
            Set::Flow6
        }
    }

    /// Reads back what [`Key::of_flow`] wrote.
    pub(crate) fn read(key: &[u8]) -> Option<Self> {
        let (address, rest) = read_address(key, 12)?;
        let (source_port, rest) = read_field::<2>(rest)?;
        let (protocol, rest) = read_field::<1>(rest)?;
        let (port, _) = read_field::<2>(rest)?;
        let port = read_port(protocol, port)?;
        Some(Self {
            address,
            source_port: u16::from_be_bytes(source_port),
            port,
        })
    }
}

/// Reads back what [`Key::of_opening`] wrote.
pub(crate) fn read_opening(key: &[u8], passage: Passage) -> Option<Opening> {
    let (address, rest) = read_address(key, 8)?;
    let (protocol, rest) = read_field::<1>(rest)?;
    let (port, _) = read_field::<2>(rest)?;
    Some(Opening {
        address,
        port: read_port(protocol, port)?,
        passage,
    })
}

/// Reads back what [`Key::of_ban`] wrote into a set.
pub(crate) fn read_ban(key: &[u8], set: Set) -> Option<Prefix> {
    let (address, _) = read_address(key, 0)?;
    match set {
        Set::BanNet6 => Prefix::network_of(address),
        _ => Some(Prefix::of(address)),
    }
}

fn read_address(key: &[u8], behind: usize) -> Option<(IpAddr, &[u8])> {
    let (address, rest) = key.split_at_checked(key.len().checked_sub(behind)?)?;
    Some(match address.len() {
        4 => (
            IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?)),
            rest,
        ),
        16 => (
            IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?)),
            rest,
        ),
        _ => return None,
    })
}

fn read_field<const LENGTH: usize>(key: &[u8]) -> Option<([u8; LENGTH], &[u8])> {
    let (field, rest) = key.split_at_checked(LENGTH.next_multiple_of(4))?;
    Some((*field.first_chunk()?, rest))
}

fn read_port(protocol: [u8; 1], port: [u8; 2]) -> Option<Port> {
    let protocol = match protocol {
        [6] => Protocol::Tcp,
        [17] => Protocol::Udp,
        _ => return None,
    };
    Port::new(protocol, u16::from_be_bytes(port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn addresses() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            any::<[u8; 4]>().prop_map(IpAddr::from),
            any::<[u8; 16]>().prop_map(IpAddr::from)
        ]
    }

    fn ports() -> impl Strategy<Value = Port> {
        (any::<bool>(), 1_u16..).prop_filter_map("a port", |(is_tcp, number)| {
            Port::new(if is_tcp { Protocol::Tcp } else { Protocol::Udp }, number)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn an_opening_is_read_back_as_it_was_written(address in addresses(), port in ports()) {
            for passage in [Passage::Lasting, Passage::OneShot] {
                let opening = Opening { address, port, passage };
                let key = Key::of_opening(&opening);
                prop_assert_eq!(key.as_bytes().len(), Set::of(&opening).key_length() as usize);
                prop_assert_eq!(read_opening(key.as_bytes(), passage), Some(opening));
            }
        }

        #[test]
        fn a_ban_is_read_back_as_it_was_written(address in addresses()) {
            let prefixes = [Some(Prefix::of(address)), Prefix::network_of(address)];
            for prefix in prefixes.into_iter().flatten() {
                let set = Set::of_ban(prefix).unwrap();
                let key = Key::of_ban(prefix);
                prop_assert_eq!(key.as_bytes().len(), set.key_length() as usize);
                prop_assert_eq!(read_ban(key.as_bytes(), set), Some(prefix));
            }
        }

        #[test]
        fn a_flow_is_read_back_as_it_was_written(
            address in addresses(), source_port: u16, port in ports()
        ) {
            let flow = Flow { address, source_port, port };
            let key = Key::of_flow(&flow);
            prop_assert_eq!(key.as_bytes().len(), flow.set().key_length() as usize);
            prop_assert_eq!(Flow::read(key.as_bytes()), Some(flow));
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Flow::read(&bytes);
            let _ = read_opening(&bytes, Passage::Lasting);
            let _ = read_ban(&bytes, Set::BanNet6);
            prop_assert_eq!(Key::read(&bytes).is_some(), bytes.len() <= 28);
        }
    }

    #[test]
    fn every_field_begins_on_four_bytes() {
        let opening = Opening {
            address: "10.0.0.1".parse().unwrap(),
            port: "tcp/22".parse().unwrap(),
            passage: Passage::Lasting,
        };
        let key = Key::of_opening(&opening);
        assert_eq!(key.as_bytes(), [10, 0, 0, 1, 6, 0, 0, 0, 0, 22, 0, 0]);
    }
}
