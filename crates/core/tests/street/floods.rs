//! Floods of forged first steps: honest walkers get through, and memory has an end.

use core::net::{IpAddr, Ipv4Addr};

use nightlatch_core::{Advance, Glance, Ignored};
use nightlatch_testkit::{Packet, Street};

use crate::{NOTHING, OPENS, Random, forged, milliseconds};

fn walker(number: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0xc612_0000 | number))
}

/// A second of 50,000 forged first steps, in a hundred bursts.
fn flood(street: &mut Street, random: &mut Random, port: u16) {
    for _ in 0..100 {
        for _ in 0..500 {
            let source = IpAddr::V4(Ipv4Addr::from_bits(
                0x0a00_0000 | u32::try_from(random.next() >> 40).unwrap(),
            ));
            let _ = street.send(&Packet::syn(port).from(source));
        }
        street.wait(milliseconds(10));
    }
}

#[test]
fn under_50000_forged_first_steps_a_second_everybody_gets_in() {
    let mut street = Street::watching(&[&[7000, 8000, 9000]]);
    let mut random = Random(11);
    flood(&mut street, &mut random, 7000);
    let mut in_ = 0;
    for (port, then) in [(7000, true), (8000, true), (9000, false)] {
        let steps = (0..200).map(|number| Packet::syn(port).from(walker(number)));
        in_ += street.walk(steps).len();
        if then {
            flood(&mut street, &mut random, 7000);
        }
    }
    assert_eq!(in_, 200);
}

#[test]
fn who_has_come_further_is_not_pushed_out_by_first_steps_at_all() {
    let mut street = Street::watching(&[&[7000, 8000, 9000]]);
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    let mut random = Random(12);
    for _ in 0..9 {
        flood(&mut street, &mut random, 7000);
    }
    assert_eq!(street.knock(&[9000]), OPENS);
}

#[test]
fn first_steps_find_no_room_where_everybody_has_come_further() {
    // Somebody who knows the first two steps and has a million addresses.
    let mut street = Street::watching(&[&[7000, 8000, 9000]]);
    for number in 0..1_000_000 {
        let from = |port| Packet::syn(port).from(walker(number));
        let glances = [street.send(&from(7000)), street.send(&from(8000))];
        if glances[0] == Glance::Ignore(Ignored::Crowded) {
            // For as long as a knock may take, and then there is room again.
            street.wait(milliseconds(10_001));
            assert_eq!(
                street.send(&from(7000)),
                Glance::Advance(Advance::FirstStep)
            );
            return;
        }
    }
    panic!("a million walks fit in");
}

#[test]
fn a_flood_of_touches_that_are_no_steps_leaves_nothing() {
    let mut street = Street::watching(&[&[7000, 8000, 9000]]);
    for number in 0..50_000 {
        let touch = Packet::syn(8000).from(forged(number));
        assert_eq!(street.send(&touch), Glance::Ignore(Ignored::Astray));
    }
    assert_eq!(street.knock(&[7000, 8000, 9000]), OPENS);
}
