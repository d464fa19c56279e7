//! Sets of ports, one bit for each.

use alloc::boxed::Box;
use alloc::vec;

use crate::{PortRange, Protocol};

/// Ports of both protocols.
pub(crate) struct PortSet {
    tcp: Ports,
    udp: Ports,
}

/// Ports of one protocol.
struct Ports(Box<[u64]>);

impl PortSet {
    /// No port.
    pub(crate) fn none() -> Self {
        Self::filled_with(0)
    }

    /// Every port that lies in none of the ranges.
    pub(crate) fn all_but(ranges: &[PortRange]) -> Self {
        let mut set = Self::filled_with(u64::MAX);
        for range in ranges {
            (range.first()..=range.last()).for_each(|port| set.remove(range.protocol(), port));
        }
        set
    }

    /// Every port that lies in one of the ranges.
    pub(crate) fn only(ranges: &[PortRange]) -> Self {
        let mut set = Self::none();
        for range in ranges {
            (range.first()..=range.last()).for_each(|port| set.add(range.protocol(), port));
        }
        set
    }

    fn filled_with(word: u64) -> Self {
        let ports = || Ports(vec![word; WORDS].into_boxed_slice());
        Self {
            tcp: ports(),
            udp: ports(),
        }
    }

    /// Takes one in.
    pub(crate) fn add(&mut self, protocol: Protocol, port: u16) {
        if let Some(word) = self.word(protocol, port) {
            *word |= bit(port);
        }
    }

    fn remove(&mut self, protocol: Protocol, port: u16) {
        if let Some(word) = self.word(protocol, port) {
            *word &= !bit(port);
        }
    }

    /// Whether it is in.
    pub(crate) fn contains(&self, protocol: Protocol, port: u16) -> bool {
        let ports = match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
        };
        let word = ports.0.get(usize::from(port >> 6));
        word.is_some_and(|word| word & bit(port) != 0)
    }

    fn word(&mut self, protocol: Protocol, port: u16) -> Option<&mut u64> {
        let ports = match protocol {
            Protocol::Tcp => &mut self.tcp,
            Protocol::Udp => &mut self.udp,
        };
        ports.0.get_mut(usize::from(port >> 6))
    }
}

fn bit(port: u16) -> u64 {
    1_u64.rotate_left(u32::from(port & 63))
}

const WORDS: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_in_its_own_protocol_only() {
        let mut set = PortSet::none();
        set.add(Protocol::Udp, 65_535);
        assert!(set.contains(Protocol::Udp, 65_535));
        assert!(!set.contains(Protocol::Tcp, 65_535) && !set.contains(Protocol::Udp, 65_471));
    }

    #[test]
    fn all_but_some_are_all_others() {
        let set = PortSet::all_but(&["tcp/80-90".parse().unwrap(), "udp/53".parse().unwrap()]);
        let is_missing = |protocol, port: &u16| !set.contains(protocol, *port);
        let ports = 0..=u16::MAX;
        assert!(
            ports
                .clone()
                .filter(|port| is_missing(Protocol::Tcp, port))
                .eq(80..=90)
        );
        assert!(
            ports
                .filter(|port| is_missing(Protocol::Udp, port))
                .eq([53])
        );
    }
}
