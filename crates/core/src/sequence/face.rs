//! By what the tables know a source, and a packet that comes a second time.

use core::hash::Hasher;
use core::net::IpAddr;

use nightlatch_wire::{Observation, Transport, Unseen};
use siphasher::sip::SipHasher13;

/// Turns addresses into numbers that strangers can neither foresee nor aim at.
pub(crate) struct Faces {
    secret: [u8; 16],
}

impl Faces {
    /// The secret keeps strangers from filling the set of somebody else.
    pub(crate) const fn new(secret: [u8; 16]) -> Self {
        Self { secret }
    }

    /// Who this is: a source that talks to one of our addresses. Never zero.
    ///
    /// The destination belongs to it, so that what is only routed through this host never counts
    /// among the packets that somebody sends to the host itself.
    pub(crate) fn who(&self, seen: &Observation<'_>) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.secret);
        for address in [seen.source, seen.destination] {
            match address.to_canonical() {
                IpAddr::V4(address) => hasher.write_u32(address.to_bits()),
                IpAddr::V6(address) => hasher.write_u128(address.to_bits()),
            }
        }
        hasher.finish().max(1)
    }

    /// By what a TCP segment is known when it is sent once more; zero for all else.
    pub(crate) fn print(&self, seen: &Observation<'_>) -> u32 {
        let Transport::Tcp(segment) = seen.transport else {
            return 0;
        };
        if seen.unseen.contains(Unseen::NUMBERS) {
            return 0;
        }
        let mut hasher = SipHasher13::new_with_key(&self.secret);
        hasher.write_u16(segment.source_port);
        hasher.write_u16(segment.destination_port);
        hasher.write_u32(segment.sequence);
        let [a, b, c, d, ..] = hasher.finish().to_be_bytes();
        u32::from_be_bytes([a, b, c, d]).max(1)
    }
}

#[cfg(test)]
mod tests {
    use nightlatch_wire::{Datagram, Flags, Segment};

    use super::*;

    fn seen<'a>(source: &str, destination: &str, transport: Transport<'a>) -> Observation<'a> {
        Observation {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            hops: 64,
            identification: None,
            unfragmentable: None,
            length: 40,
            transport,
            unseen: Unseen::NOTHING,
        }
    }

    fn syn(source_port: u16, sequence: u32) -> Transport<'static> {
        Transport::Tcp(Segment {
            source_port,
            destination_port: 7000,
            sequence,
            acknowledgement: 0,
            flags: Flags::SYN,
            window: 0,
            options: &[],
            payload: &[],
        })
    }

    #[test]
    fn source_and_destination_and_secret_make_a_face() {
        let who = |secret: u8, source, destination| {
            Faces::new([secret; 16]).who(&seen(source, destination, syn(1, 1)))
        };
        let here = who(1, "192.0.2.1", "198.51.100.2");
        assert_eq!(here, who(1, "::ffff:192.0.2.1", "198.51.100.2"));
        assert_ne!(here, who(1, "192.0.2.2", "198.51.100.2"));
        assert_ne!(here, who(1, "192.0.2.1", "198.51.100.3"));
        assert_ne!(here, who(2, "192.0.2.1", "198.51.100.2"));
        assert_ne!(here, who(1, "2001:db8::1", "2001:db8::2"));
    }

    #[test]
    fn a_segment_sent_once_more_has_the_same_print_and_a_datagram_has_none() {
        let faces = Faces::new([1; 16]);
        let print = |transport| faces.print(&seen("192.0.2.1", "198.51.100.2", transport));
        assert_eq!(print(syn(1, 1)), print(syn(1, 1)));
        assert_ne!(print(syn(1, 1)), print(syn(1, 2)));
        assert_ne!(print(syn(1, 1)), print(syn(2, 1)));
        let datagram = Datagram {
            source_port: 1,
            destination_port: 7000,
            payload: &[],
        };
        assert_eq!(print(Transport::Udp(datagram)), 0);
    }
}
