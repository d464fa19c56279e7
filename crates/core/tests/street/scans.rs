//! Scans of all ports, in every order and kind: they open a sequence of direct neighbours, and no other of three steps.

use nightlatch_core::{FlagsWanted, Probe, Step, Traits};
use nightlatch_testkit::{Packet, Street, variant};
use nightlatch_wire::Flags;

use crate::{NOTHING, OPENS, Random, milliseconds};

/// With its ports far apart, rising, falling, and a pair of neighbours.
const SEQUENCES: [&[u16]; 4] = [
    &[7000, 8000, 9000],
    &[9001, 8001, 7001],
    &[20_000, 10_000, 30_000],
    &[5000, 5001, 5003],
];

fn scan(street: &mut Street, ports: impl Iterator<Item = u16>, packet: impl Fn(u16) -> Packet) {
    let opened = street.walk(ports.map(|port| packet(port).numbered(61_000, u32::from(port))));
    assert_eq!(opened, NOTHING);
}

#[test]
fn rising_and_falling_scans_of_all_ports_open_nothing() {
    let mut street = Street::watching(&SEQUENCES);
    scan(&mut street, 0..=u16::MAX, Packet::syn);
    scan(&mut street, (0..=u16::MAX).rev(), Packet::syn);
    assert_eq!(street.knock(SEQUENCES[0]), OPENS);
}

#[test]
fn scans_in_any_order_open_nothing() {
    let mut street = Street::watching(&SEQUENCES);
    let mut random = Random(7);
    let mut ports: Vec<u16> = (0..=u16::MAX).collect();
    for _ in 0..5 {
        random.shuffle(&mut ports);
        scan(&mut street, ports.iter().copied(), Packet::syn);
        street.wait(milliseconds(100));
    }
}

#[test]
fn scans_with_each_port_twice_open_nothing() {
    let mut street = Street::watching(&SEQUENCES);
    let twice = (0..=u16::MAX).flat_map(|port| [port, port]);
    let opened = street.walk(twice.map(Packet::syn));
    assert_eq!(opened, NOTHING);
}

#[test]
fn scans_with_odd_flags_open_nothing_that_wants_attempts() {
    let mut street = Street::watching(&SEQUENCES);
    for bits in [0, 1, 0x29, 0x10, 0x04, 0x12, 0x14, 0xff] {
        let packet = |port| Packet::tcp(port, Flags::from_bits(bits));
        scan(&mut street, (0..=u16::MAX).step_by(100), packet);
        scan(&mut street, (0..=u16::MAX).rev().step_by(50), packet);
    }
}

#[test]
fn a_scan_with_segments_of_connections_opens_nothing_that_takes_them() {
    // As knockd has it where no flags are written down: any segment is a step.
    let any = FlagsWanted {
        set: Flags::default(),
        clear: Flags::default(),
    };
    let syn = FlagsWanted {
        set: Flags::SYN,
        ..any
    };
    let steps = |flags| {
        let step = move |port| Step {
            probe: Probe::Tcp { port, flags },
            traits: Traits::default(),
        };
        [7000, 8000, 9000].map(step).to_vec()
    };
    let mut street = Street::new();
    street.watch(vec![variant(0, steps(any)), variant(1, steps(syn))]);
    for bits in [0x02, 0x10, 0x12, 0x14, 0x04, 0x00] {
        let packet = |port| Packet::tcp(port, Flags::from_bits(bits));
        scan(&mut street, 0..=u16::MAX, packet);
    }
    let ack = |port| Packet::tcp(port, Flags::ACK);
    assert_eq!(street.walk([ack(7000), ack(8000), ack(9000)]), OPENS);
}

#[test]
fn a_scan_over_ports_in_use_opens_nothing_that_waits_among_them() {
    let steps = [40_000, 45_000, 50_000].map(Step::udp).to_vec();
    let mut street = Street::new();
    let ephemeral = "udp/32768-60999".parse().unwrap();
    street.watch_beside(vec![variant(0, steps)], &[ephemeral]);
    scan(&mut street, 0..=u16::MAX, Packet::udp);
    scan(&mut street, (0..=u16::MAX).rev(), Packet::udp);
    let walk = [40_000, 45_000, 50_000].map(Packet::udp);
    assert_eq!(street.walk(walk), OPENS);
}

#[test]
fn a_sweep_opens_neighbours_in_its_own_direction_however_many_they_are() {
    let neighbours: Vec<u16> = (31_001..31_033).collect();
    let falling: Vec<u16> = neighbours.iter().rev().copied().collect();
    for ports in [&neighbours[..3], &neighbours[..]] {
        let mut street = Street::watching(&[ports]);
        assert_eq!(street.walk((0..=u16::MAX).map(Packet::syn)), OPENS);
        scan(&mut street, (0..=u16::MAX).rev(), Packet::syn);
    }
    let mut street = Street::watching(&[&falling]);
    assert_eq!(street.walk((0..=u16::MAX).rev().map(Packet::syn)), OPENS);
}

#[test]
fn a_sweep_of_one_protocol_opens_no_neighbours_of_two() {
    let mut street = Street::new();
    let steps = [Step::udp(3001), Step::tcp(3002), Step::udp(3003)].to_vec();
    street.watch(vec![variant(0, steps)]);
    scan(&mut street, 0..=u16::MAX, Packet::syn);
    scan(&mut street, 0..=u16::MAX, Packet::udp);
    let both = (0..=u16::MAX).flat_map(|port| [Packet::syn(port), Packet::udp(port)]);
    assert_eq!(street.walk(both), NOTHING);
}

#[test]
fn a_scan_in_random_order_opens_two_steps_where_they_follow_each_other_in_its_order() {
    let mut street = Street::watching(&[&[40_000, 7000]]);
    let all = (0..=u16::MAX).filter(|port| ![40_000, 7000].contains(port));
    let (low, high): (Vec<u16>, Vec<u16>) = all.partition(|port| *port < 30_000);
    let apart = low.iter().chain(&[40_000]).chain(&high).chain(&[7000]);
    scan(&mut street, apart.copied(), Packet::syn);
    let together = low.iter().chain(&[40_000, 7000]).chain(&high);
    assert_eq!(street.walk(together.copied().map(Packet::syn)), OPENS);
}

#[test]
fn two_steps_are_opened_by_a_rising_scan_only_where_they_are_neighbours() {
    let mut street = Street::watching(&[&[7000, 7001], &[7100, 7102]]);
    let opened = street.walk((0..=u16::MAX).map(Packet::syn));
    assert_eq!(opened, OPENS);
}
