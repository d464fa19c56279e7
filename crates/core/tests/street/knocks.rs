//! Knocks as people and their tools make them: with duplicates, retransmissions and second tries.

use nightlatch_core::{Claim, Glance, SequenceId, Step};
use nightlatch_testkit::{Packet, SERVER_V4, Street, variant};
use nightlatch_wire::Flags;

use crate::{ASTRAY, FIRST, NEXT, NOT_FOR_US, NOTHING, OPENS, REPEATED, milliseconds};

fn street() -> Street {
    Street::watching(&[&[7000, 8000, 9000]])
}

#[test]
fn a_knock_opens_and_says_who_knocked_where() {
    let mut street = street();
    assert_eq!(street.send(&Packet::syn(7000)), FIRST);
    assert_eq!(street.send(&Packet::syn(8000)), NEXT);
    let Glance::Claim(Claim::Sequence(claim)) = street.send(&Packet::syn(9000)) else {
        panic!("no claim");
    };
    assert_eq!((claim.sequence, claim.number), (SequenceId(0), 0));
    assert_eq!(claim.source, Street::WALKER);
    assert_eq!(claim.destination, SERVER_V4);
}

#[test]
fn a_step_touched_twice_is_taken_once() {
    assert_eq!(street().knock(&[7000, 7000, 8000, 9000]), OPENS);
    assert_eq!(street().knock(&[7000, 7000, 7000, 8000, 9000]), OPENS);
    assert_eq!(street().knock(&[7000, 8000, 8000, 9000]), OPENS);
    assert_eq!(street().knock(&[7000, 8000, 8000, 8000, 9000, 9000]), OPENS);
}

#[test]
fn another_order_opens_nothing() {
    assert_eq!(street().knock(&[7000, 9000, 8000]), NOTHING);
    assert_eq!(street().knock(&[8000, 7000, 9000]), NOTHING);
    assert_eq!(street().knock(&[9000, 8000, 7000]), NOTHING);
}

#[test]
fn who_went_astray_starts_over() {
    assert_eq!(street().knock(&[7000, 9000, 7000, 8000, 9000]), OPENS);
    assert_eq!(street().knock(&[7000, 8000, 7000, 8000, 9000]), OPENS);
    assert_eq!(street().knock(&[7000, 8000, 7000, 9000]), NOTHING);
}

#[test]
fn a_touch_of_any_closed_port_leads_astray() {
    let mut street = street();
    assert_eq!(street.send(&Packet::syn(7000)), FIRST);
    assert_eq!(street.send(&Packet::syn(1234)), ASTRAY);
    assert_eq!(street.send(&Packet::syn(8000)), ASTRAY);
    assert_eq!(street.knock(&[7000, 1234, 8000, 4444, 9000]), NOTHING);
    assert_eq!(street.knock(&[7000, 8000, 1, 9000]), NOTHING);
    assert_eq!(street.knock(&[7000, 8000, 9000]), OPENS);
}

#[test]
fn a_datagram_where_a_segment_is_wanted_leads_astray() {
    let syn = Packet::syn;
    let walk = [syn(7000), syn(8000), Packet::udp(9000), syn(9000)];
    assert_eq!(street().walk(walk), NOTHING);
}

#[test]
fn segments_of_a_connection_neither_step_nor_lead_astray() {
    let mut street = street();
    let ack = |port| Packet::tcp(port, Flags::ACK);
    let reset = Packet::tcp(1234, Flags::RST);
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    assert_eq!(street.send(&ack(9000)), NOT_FOR_US);
    assert_eq!(street.send(&ack(443)), NOT_FOR_US);
    assert_eq!(street.send(&reset), NOT_FOR_US);
    assert_eq!(street.knock(&[9000]), OPENS);
}

#[test]
fn a_ping_leads_nobody_astray() {
    let mut street = street();
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    assert_eq!(street.send(&Packet::icmp(8)), NOT_FOR_US);
    assert_eq!(street.knock(&[9000]), OPENS);
}

#[test]
fn ports_in_use_lead_nobody_astray_unless_a_step_waits_there() {
    let variants = || Street::plain(&[&[7000, 8000, 9000]]);
    let mut street = Street::new();
    let in_use = ["tcp/80".parse().unwrap(), "tcp/8000".parse().unwrap()];
    street.watch_beside(variants(), &in_use);
    assert_eq!(street.knock(&[7000, 80, 8000, 80, 9000]), OPENS);
    assert_eq!(street.knock(&[8000, 7000, 9000, 8000, 9000]), NOTHING);
    street.watch(variants());
    assert_eq!(street.knock(&[7000, 80, 8000, 80, 9000]), NOTHING);
}

#[test]
fn retransmissions_between_the_steps_change_nothing() {
    // Who connects in the background, and lets each attempt go on until it fails.
    let mut street = street();
    let attempt = |number: u16| {
        Packet::syn([7000, 8000, 9000][usize::from(number)]).numbered(40_000 + number, 77)
    };
    assert_eq!(street.send(&attempt(0)), FIRST);
    street.wait(milliseconds(600));
    assert_eq!(street.send(&attempt(1)), NEXT);
    street.wait(milliseconds(400));
    assert_eq!(street.send(&attempt(0)), REPEATED);
    street.wait(milliseconds(600));
    assert_eq!(street.send(&attempt(1)), REPEATED);
    assert_eq!(street.walk([attempt(2)]), OPENS);
    assert_eq!(street.send(&attempt(2)), REPEATED);
    assert_eq!(street.send(&attempt(1)), REPEATED);
}

#[test]
fn a_port_may_stand_in_a_sequence_twice() {
    let twice = || Street::watching(&[&[7000, 7000, 8000]]);
    assert_eq!(twice().knock(&[7000, 7000, 8000]), OPENS);
    assert_eq!(twice().knock(&[7000, 7000, 7000, 8000]), OPENS);
    assert_eq!(twice().knock(&[7000, 8000]), NOTHING);
    let attempt = Packet::syn(7000).numbered(40_000, 77);
    let retransmitted = [attempt.clone(), attempt, Packet::syn(8000)];
    assert_eq!(twice().walk(retransmitted), NOTHING);
    let back = || Street::watching(&[&[1, 2, 1, 3]]);
    assert_eq!(back().knock(&[1, 2, 1, 2, 1, 3]), OPENS);
}

#[test]
fn a_sequence_of_one_step_opens_each_time_and_not_for_a_retransmission() {
    let mut street = Street::watching(&[&[7000]]);
    assert_eq!(street.knock(&[7000, 7000, 7000]).len(), 3);
    let attempt = Packet::syn(7000).numbered(40_000, 77);
    assert_eq!(
        street
            .walk([attempt.clone(), attempt.clone(), attempt])
            .len(),
        1
    );
}

#[test]
fn one_knock_opens_once() {
    let mut street = street();
    assert_eq!(street.knock(&[7000, 8000, 9000, 9000, 9000]), OPENS);
    assert_eq!(street.knock(&[8000, 9000]), NOTHING);
    let mut ends_as_it_begins = Street::watching(&[&[7000, 8000, 7000]]);
    assert_eq!(
        ends_as_it_begins.knock(&[7000, 8000, 7000, 8000, 7000]),
        OPENS
    );
}

#[test]
fn a_slow_knock_starts_over() {
    let mut street = street();
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    street.wait(milliseconds(10_001));
    assert_eq!(street.send(&Packet::syn(9000)), ASTRAY);
    assert_eq!(street.knock(&[7000]), NOTHING);
    street.wait(milliseconds(9_999));
    assert_eq!(street.knock(&[8000]), NOTHING);
    street.wait(milliseconds(1));
    assert_eq!(street.knock(&[9000]), OPENS);
}

#[test]
fn the_time_begins_with_the_latest_first_step() {
    let mut street = street();
    assert_eq!(street.knock(&[7000]), NOTHING);
    street.wait(milliseconds(9_000));
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    street.wait(milliseconds(9_000));
    assert_eq!(street.knock(&[8000, 9000]), OPENS);
    // A later step does not.
    assert_eq!(street.knock(&[7000, 8000]), NOTHING);
    street.wait(milliseconds(9_000));
    assert_eq!(street.knock(&[8000]), NOTHING);
    street.wait(milliseconds(1_001));
    assert_eq!(street.knock(&[9000]), NOTHING);
}

#[test]
fn milliseconds_count() {
    let mut street = Street::new();
    let mut variants = Street::plain(&[&[7000, 8000, 9000]]);
    variants[0].within = milliseconds(250);
    street.watch(variants);
    for (pause, opens) in [(125, true), (126, false), (1, true)] {
        let mut opened = street.knock(&[7000]);
        street.wait(milliseconds(pause));
        opened.extend(street.knock(&[8000]));
        street.wait(milliseconds(pause));
        opened.extend(street.knock(&[9000]));
        assert_eq!(opened == OPENS, opens, "{pause} ms");
    }
}

#[test]
fn opening_and_closing_sequences_lie_beside_each_other() {
    let mut street = Street::watching(&[&[7000, 8000, 9000], &[9000, 8000, 7000]]);
    assert_eq!(street.knock(&[7000, 9000, 8000, 7000]), [SequenceId(1)]);
    assert_eq!(street.knock(&[7000, 8000, 9000]), [SequenceId(0)]);
    assert_eq!(
        street.knock(&[7000, 8000, 9000, 8000, 7000, 7000, 8000, 9000]),
        [SequenceId(0), SequenceId(1), SequenceId(0)],
        "the last step of one is the first of the other, and the other way round"
    );
}

#[test]
fn who_walks_the_longer_sets_off_what_begins_or_lies_within_it() {
    let [long, short] = [0, 1].map(SequenceId);
    for (within, claimed) in [
        (&[7000, 8000][..], [short, long]),
        (&[8000, 9000][..], [short, long]),
    ] {
        let mut street = Street::watching(&[&[7000, 8000, 9000, 6000], within]);
        assert_eq!(street.knock(&[7000, 8000, 9000, 6000]), claimed);
    }
}

#[test]
fn who_walks_the_longer_sets_off_its_end_alone_only_where_the_beginning_did_not_count() {
    let [long, end] = [0, 1].map(SequenceId);
    let mut street = Street::watching(&[&[7000, 8000, 9000], &[8000, 9000]]);
    assert_eq!(street.knock(&[7000, 8000, 9000]), [long]);
    assert_eq!(street.knock(&[7000, 1, 8000, 9000]), [end]);
}

#[test]
fn an_attempt_sets_off_what_asks_for_less_and_what_asks_for_more() {
    let mut street = Street::new();
    let bare = [7000, 8000].map(Step::tcp).to_vec();
    let any: Step = "tcp/7000 flags=any".parse().unwrap();
    let longer = vec![any, Step::tcp(8000), Step::tcp(9000)];
    street.watch(vec![variant(0, bare), variant(1, longer)]);
    assert_eq!(street.knock(&[7000, 8000, 9000]), [0, 1].map(SequenceId));
}

#[test]
fn sequences_that_begin_alike_part_where_they_differ() {
    let mut street = Street::watching(&[&[1, 2, 3], &[1, 4, 5], &[1, 2, 5]]);
    assert_eq!(street.knock(&[1, 4, 5]), [SequenceId(1)]);
    assert_eq!(street.knock(&[1, 2, 3]), [SequenceId(0)]);
    assert_eq!(street.knock(&[1, 2, 5]), [SequenceId(2)]);
    assert_eq!(street.knock(&[1, 2, 4, 5]), NOTHING);
}

#[test]
fn where_one_packet_ends_two_the_longer_one_counts() {
    let mut street = Street::watching(&[&[2, 3], &[1, 2, 3]]);
    assert_eq!(street.knock(&[1, 2, 3]), [SequenceId(1)]);
    assert_eq!(street.knock(&[2, 3]), [SequenceId(0)]);
    assert_eq!(street.knock(&[3]), NOTHING);
}
