//! The list of what is watched for changes while people walk.

use nightlatch_core::{Claim, Glance, SequenceId, Step, Variant};
use nightlatch_testkit::{Packet, Street, variant};

use crate::{NOT_FOR_US, NOTHING, OPENS, milliseconds};

fn line(number: u64, ports: [u16; 3]) -> Variant {
    Variant {
        number,
        ..variant(0, ports.map(Step::tcp).to_vec())
    }
}

#[test]
fn nothing_is_watched_for_at_first_and_after_the_last_is_gone() {
    let mut street = Street::new();
    assert_eq!(street.send(&Packet::syn(7000)), NOT_FOR_US);
    street.watch(Street::plain(&[&[7000, 8000, 9000]]));
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    street.watch(Vec::new());
    assert_eq!(street.send(&Packet::syn(9000)), NOT_FOR_US);
    street.watch(Street::plain(&[&[7000, 8000, 9000]]));
    assert_eq!(street.knock(&[9000]), NOTHING);
}

#[test]
fn a_walk_goes_on_while_its_variant_stays() {
    let mut street = Street::watching(&[&[7000, 8000, 9000], &[1, 2, 3]]);
    assert_eq!(street.knock(&[7000]), NOTHING);
    street.watch(Street::plain(&[&[7000, 8000, 9000]]));
    assert_eq!(street.knock(&[8000]), NOTHING);
    street.watch(Street::plain(&[&[7000, 8000, 9000], &[7000, 8000, 4]]));
    assert_eq!(street.knock(&[9000]), OPENS);
}

#[test]
fn a_line_that_was_used_up_is_not_finished_by_a_walk_on_it() {
    let mut street = Street::new();
    street.watch(vec![line(0, [1001, 1002, 1003])]);
    assert_eq!(street.knock(&[1001, 1002]), NOTHING);
    // Meanwhile somebody else used it; the next line ends as the first would have.
    street.watch(vec![line(1, [1001, 1002, 1003])]);
    assert_eq!(street.knock(&[1003]), NOTHING);
    street.watch(vec![line(2, [2001, 2002, 2003])]);
    assert_eq!(street.knock(&[1001, 1002, 2003]), NOTHING);
    street.watch(vec![line(1, [1001, 1002, 1003])]);
    assert_eq!(street.knock(&[1003]), NOTHING);
    assert_eq!(street.knock(&[1001, 1002, 1003]), OPENS);
}

#[test]
fn a_variant_that_changed_is_another_one() {
    let mut street = Street::watching(&[&[7000, 8000, 9000]]);
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    street.watch(Street::plain(&[&[7000, 8000, 9001]]));
    assert_eq!(street.knock(&[9001]), NOTHING);
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    let mut slower = Street::plain(&[&[7000, 8000, 9001]]);
    slower[0].within = milliseconds(60_000);
    street.watch(slower);
    assert_eq!(street.knock(&[9001]), NOTHING);
}

#[test]
fn who_walks_by_the_clock_keeps_his_ports_over_a_turn() {
    let mut street = Street::new();
    let of_time = |step: u16| line(step.into(), [step, step + 1, step + 2]);
    for turn in 1..100_u16 {
        street.watch(vec![
            of_time(turn * 10),
            of_time(turn * 10 + 10),
            of_time(turn * 10 + 20),
        ]);
        let opened = street.send(&Packet::syn(turn * 10 + 2));
        assert_eq!(
            matches!(opened, Glance::Claim(_)),
            turn > 1,
            "begun a turn before"
        );
        assert_eq!(street.knock(&[turn * 10 + 10, turn * 10 + 11]), NOTHING);
    }
}

#[test]
fn sequences_come_and_go_at_one_doorway_for_ever() {
    let mut street = Street::new();
    let steady = || line(0, [7000, 8000, 9000]);
    for number in 1..200 {
        street.watch(vec![steady(), line(number, [7000, 1, 2])]);
        assert_eq!(street.knock(&[7000, 8000, 9000]), OPENS);
        let Glance::Claim(Claim::Sequence(claim)) =
            [7000, 1, 2].map(|port| street.send(&Packet::syn(port)))[2].clone()
        else {
            panic!("line {number}");
        };
        assert_eq!((claim.sequence, claim.number), (SequenceId(0), number));
    }
}

#[test]
fn variants_that_cannot_be_walked_are_left_out() {
    let mut street = Street::new();
    let endless = (1..=33).map(Step::tcp).collect();
    street.watch(vec![variant(0, Vec::new()), variant(1, endless)]);
    assert_eq!(street.send(&Packet::syn(1)), NOT_FOR_US);
    let longest: Vec<u16> = (1..=32).collect();
    street.watch(Street::plain(&[&longest]));
    assert_eq!(street.knock(&longest), OPENS);
}
