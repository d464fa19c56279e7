//! Sources: each is on its own, whoever else walks, forges or is routed through.

use nightlatch_core::{Claim, Glance};
use nightlatch_testkit::{Packet, Street};

use crate::{NOTHING, OPENS, address, forged, milliseconds};

fn street() -> Street {
    Street::watching(&[&[7000, 8000, 9000]])
}

#[test]
fn interleaved_walkers_do_not_disturb_each_other() {
    let mut street = street();
    let mut opened = Vec::new();
    for port in [7000, 8000, 9000] {
        for number in 0..1000 {
            let glance = street.send(&Packet::syn(port).from(forged(number)));
            if let Glance::Claim(Claim::Sequence(claim)) = glance {
                opened.push(claim.source);
            }
        }
    }
    let all: Vec<_> = (0..1000).map(forged).collect();
    assert_eq!(opened, all);
}

#[test]
fn who_goes_astray_goes_alone() {
    let mut street = street();
    for port in [7000, 8000, 9000] {
        let opened = street.knock(&[port]);
        assert_eq!(opened.len(), usize::from(port == 9000));
        let other = |port| Packet::syn(port).from(forged(1));
        assert_eq!(street.walk([other(7000), other(1234)]), NOTHING);
    }
}

#[test]
fn the_two_families_are_two_sources() {
    let six = |port| Packet::syn(port).from(address("2001:db8::7"));
    let four = Packet::syn;
    let mut street = street();
    assert_eq!(street.walk([four(7000), six(8000), four(9000)]), NOTHING);
    assert_eq!(street.walk([six(7000), six(8000), six(9000)]), OPENS);
    let both = [
        four(7000),
        six(7000),
        four(8000),
        six(8000),
        four(9000),
        six(9000),
    ];
    assert_eq!(street.walk(both).len(), 2);
}

#[test]
fn what_is_routed_through_neither_steps_nor_leads_astray() {
    let mut street = street();
    let elsewhere = |port| Packet::syn(port).to(address("203.0.113.99"));
    let here = Packet::syn;
    let walk = [
        here(7000),
        elsewhere(443),
        here(8000),
        elsewhere(8000),
        here(9000),
    ];
    assert_eq!(street.walk(walk), OPENS);
    assert_eq!(
        street.walk([here(7000), elsewhere(8000), here(9000)]),
        NOTHING
    );
}

#[test]
fn no_host_walks_from_everywhere_or_to_everybody() {
    let mut street = street();
    for source in ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "ff02::1"] {
        let from = |port| Packet::syn(port).from(address(source));
        assert_eq!(street.walk([from(7000), from(8000), from(9000)]), NOTHING);
    }
    let to = |port| Packet::syn(port).to(address("224.0.0.1"));
    assert_eq!(street.walk([to(7000), to(8000), to(9000)]), NOTHING);
}

#[test]
fn forged_resets_open_nothing_and_end_with_the_forger() {
    let mut street = street();
    for _ in 0..20 {
        // Between any two steps somebody sends a wrong one in the walker's name.
        assert_eq!(street.knock(&[7000, 1, 8000, 2, 9000, 3]), NOTHING);
    }
    assert_eq!(street.knock(&[7000, 8000, 9000]), OPENS);
}

#[test]
fn a_walk_over_a_long_time_is_of_no_use_to_who_comes_after() {
    let mut street = street();
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    street.wait(milliseconds(60_000));
    assert_eq!(street.knock(&[9000]), NOTHING);
}
