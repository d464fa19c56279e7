//! Packets of which every header field is chosen by hand.

use crate::packet::{Packet, checksum, set_u16, to_u16};

/// A packet as somebody with a raw socket writes it: what is not asked for is as Linux has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Crafted {
    /// Addresses, kind and payload.
    pub packet: Packet,
    hops: u8,
    identification: u16,
    fragments: u8,
    window: u16,
    acknowledgement: u32,
    options: Vec<u8>,
}

impl Crafted {
    /// That packet, with the usual rest of a header.
    pub const fn of(packet: Packet) -> Self {
        Self {
            packet,
            hops: 64,
            identification: 0,
            fragments: DO_NOT_FRAGMENT,
            window: 64_240,
            acknowledgement: 0,
            options: Vec::new(),
        }
    }

    /// With this time to live, or hop limit.
    #[must_use]
    pub const fn hops(mut self, hops: u8) -> Self {
        self.hops = hops;
        self
    }

    /// With this identification; IPv6 has none, and for zero the kernel takes one of its own.
    #[must_use]
    pub const fn identification(mut self, identification: u16) -> Self {
        self.identification = identification;
        self
    }

    /// One that routers may cut into pieces; in IPv6 none may.
    #[must_use]
    pub const fn fragmentable(mut self) -> Self {
        self.fragments = 0;
        self
    }

    /// With this window; only a TCP segment has one.
    #[must_use]
    pub const fn window(mut self, window: u16) -> Self {
        self.window = window;
        self
    }

    /// With this acknowledgement number; only a TCP segment has one.
    #[must_use]
    pub const fn acknowledgement(mut self, acknowledgement: u32) -> Self {
        self.acknowledgement = acknowledgement;
        self
    }

    /// With these TCP options, filled up with ends of options to a multiple of four bytes.
    #[must_use]
    pub fn options(mut self, options: &[u8]) -> Self {
        let whole = options.len().next_multiple_of(4).min(MOST_OPTIONS);
        self.options = options.to_vec();
        self.options.resize(whole, 0);
        self
    }

    /// The bytes with right lengths and checksums, beginning with the IP header.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.packet.to_bytes();
        let is_v4 = self.packet.destination.is_ipv4();
        let mut segment = bytes.split_off(if is_v4 { 20 } else { 40 });
        if self.packet.is_segment() {
            self.write_segment(&mut segment);
            let addresses = bytes.get(if is_v4 { 12.. } else { 8.. });
            sum_up(&mut segment, addresses.unwrap_or_default());
        }
        if is_v4 {
            self.write_v4(&mut bytes, segment.len());
        } else {
            self.write_v6(&mut bytes, segment.len());
        }
        bytes.append(&mut segment);
        bytes
    }

    fn write_segment(&self, segment: &mut Vec<u8>) {
        let payload = segment.split_off(20);
        segment.extend(&self.options);
        let words = segment.len().checked_div(4).unwrap_or_default();
        write(segment, 8, &self.acknowledgement.to_be_bytes());
        write(segment, 12, &[u8::try_from(words).unwrap_or(15) << 4]);
        set_u16(segment, 14, self.window);
        segment.extend(payload);
    }

    fn write_v4(&self, header: &mut [u8], carried: usize) {
        set_u16(header, 2, to_u16(carried.saturating_add(header.len())));
        set_u16(header, 4, self.identification);
        write(header, 6, &[self.fragments, 0, self.hops]);
        set_u16(header, 10, 0);
        let sum = checksum(&[header]);
        set_u16(header, 10, sum);
    }

    fn write_v6(&self, header: &mut [u8], carried: usize) {
        set_u16(header, 4, to_u16(carried));
        write(header, 7, &[self.hops]);
    }
}

/// Writes the checksum of a TCP segment between two addresses.
fn sum_up(segment: &mut [u8], addresses: &[u8]) {
    let mut pseudo = addresses.to_vec();
    pseudo.extend(u32::from(to_u16(segment.len())).to_be_bytes());
    pseudo.extend([0, 0, 0, 6]);
    set_u16(segment, 16, 0);
    let sum = checksum(&[&pseudo, segment]);
    set_u16(segment, 16, sum);
}

fn write(bytes: &mut [u8], at: usize, part: &[u8]) {
    let places = bytes.get_mut(at..).unwrap_or_default();
    for (place, byte) in places.iter_mut().zip(part) {
        *place = *byte;
    }
}

const DO_NOT_FRAGMENT: u8 = 0x40;

/// What the four bits of a TCP header's length leave for options.
const MOST_OPTIONS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::Flags;

    fn packets() -> [Packet; 4] {
        let at = |text: &str| text.parse().unwrap();
        [
            Packet::tcp(at("10.0.0.1:1"), at("10.0.0.2:2"), Flags::SYN, 77),
            Packet::tcp(at("[fd00::1]:1"), at("[fd00::2]:2"), Flags::SYN, 78),
            Packet::udp(at("10.0.0.1:1"), at("10.0.0.2:2"), *b"odd"),
            Packet::udp(at("[fd00::1]:1"), at("[fd00::2]:2"), vec![7; 100]),
        ]
    }

    #[test]
    fn without_a_wish_it_is_the_packet_itself() {
        for packet in packets() {
            let bytes = Crafted::of(packet.clone()).to_bytes();
            assert_eq!(bytes, packet.to_bytes());
        }
    }

    #[test]
    fn whatever_is_chosen_it_is_read_again() {
        for mut packet in packets() {
            packet.payload = b"carried".to_vec();
            let crafted = Crafted::of(packet.clone()).hops(9).identification(4321);
            let crafted = crafted.fragmentable().window(1337).acknowledgement(5);
            let bytes = crafted.options(&[2, 4, 5, 0xb4, 1]).to_bytes();
            assert_eq!(Packet::read(&bytes), Some(packet));
        }
    }

    #[test]
    fn every_field_stands_in_its_place() {
        let [four, six, ..] = packets();
        let wished = |packet| {
            let crafted = Crafted::of(packet).hops(9).identification(0x1234);
            let crafted = crafted.fragmentable().window(0x5678);
            crafted
                .acknowledgement(0x9abc_def0)
                .options(&[2, 4, 5, 0xb4, 1])
        };
        let bytes = wished(four).to_bytes();
        assert_eq!(bytes[2..10], [0, 48, 0x12, 0x34, 0, 0, 9, 6]);
        let (header, segment) = bytes.split_at(20);
        assert_eq!(checksum(&[header]), 0xffff, "over itself it sums up");
        assert_eq!(
            segment[8..16],
            [0x9a, 0xbc, 0xde, 0xf0, 0x70, 2, 0x56, 0x78]
        );
        assert_eq!(segment[20..], [2, 4, 5, 0xb4, 1, 0, 0, 0]);
        let bytes = wished(six).to_bytes();
        assert_eq!(bytes[4..8], [0, 28, 6, 9]);
        assert_eq!(bytes[40..][20..], [2, 4, 5, 0xb4, 1, 0, 0, 0]);
    }
}
