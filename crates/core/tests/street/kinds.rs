//! Steps of every kind: datagrams, pings, odd flags, and what headers and payloads must look like.

use nightlatch_core::{
    FlagsWanted, Number, OptionWanted, Payload, Probe, SequenceId, Step, Traits,
};
use nightlatch_testkit::{Packet, Street, variant};
use nightlatch_wire::{Family, Flags};

use crate::{ASTRAY, NOTHING, OPENS, address};

fn watching(steps: Vec<Step>) -> Street {
    let mut street = Street::new();
    street.watch(vec![variant(0, steps)]);
    street
}

fn with(step: Step, change: impl FnOnce(&mut Traits)) -> Step {
    let mut step = step;
    change(&mut step.traits);
    step
}

fn ping(family: Option<Family>, kind: u8) -> Step {
    Step {
        probe: Probe::Icmp {
            family,
            kind,
            code: None,
        },
        traits: Traits::default(),
    }
}

#[test]
fn segments_and_datagrams_may_alternate() {
    let mut street = watching(vec![Step::tcp(7000), Step::udp(8000), Step::tcp(9000)]);
    let walk = [Packet::syn(7000), Packet::udp(8000), Packet::syn(9000)];
    assert_eq!(street.walk(walk), OPENS);
    assert_eq!(street.knock(&[7000, 8000, 9000]), NOTHING);
}

#[test]
fn a_ping_may_be_a_step_in_either_family() {
    let mut street = watching(vec![Step::tcp(7000), ping(None, 8), Step::tcp(9000)]);
    let walk = [Packet::syn(7000), Packet::icmp(8), Packet::syn(9000)];
    assert_eq!(street.walk(walk), OPENS);
    let six = address("2001:db8::7");
    let walk = [Packet::syn(7000), Packet::icmp(128), Packet::syn(9000)];
    assert_eq!(street.walk(walk.map(|packet| packet.from(six))), OPENS);
    // Another kind of message is passed over, where another port would lead astray.
    let walk = [
        Packet::syn(7000),
        Packet::icmp(13),
        Packet::icmp(8),
        Packet::icmp(8),
        Packet::syn(9000),
    ];
    assert_eq!(street.walk(walk), OPENS);
}

#[test]
fn pings_alone_may_be_told_apart_by_what_they_carry() {
    let carrying = |payload: &str| {
        let payload = Payload::Begins(payload.into());
        with(ping(None, 8), |traits| traits.payload = Some(payload))
    };
    let mut street = watching(vec![carrying("one"), carrying("two")]);
    let send = |payload: &[u8]| Packet::icmp(8).with(payload);
    assert_eq!(
        street.walk([send(b"idsqone"), send(b"idsqno"), send(b"idsqtwo")]),
        OPENS
    );
    assert_eq!(street.walk([send(b"idsqtwo"), send(b"idsqone")]), NOTHING);
}

#[test]
fn flags_may_be_any_that_are_asked_for() {
    let xmas = Flags::FIN.with(Flags::PSH).with(Flags::URG);
    let step = |port, flags| Step {
        probe: Probe::Tcp { port, flags },
        traits: Traits::default(),
    };
    let wanted = FlagsWanted {
        set: xmas,
        clear: Flags::SYN,
    };
    let acks = FlagsWanted {
        set: Flags::ACK,
        clear: Flags::SYN,
    };
    let mut street = watching(vec![step(7000, wanted), step(8000, acks), Step::tcp(9000)]);
    let walk = [
        Packet::tcp(7000, xmas),
        Packet::tcp(8000, Flags::ACK),
        Packet::syn(9000),
    ];
    assert_eq!(street.walk(walk.clone()), OPENS);
    assert_eq!(street.knock(&[7000, 8000, 9000]), NOTHING);
    let [first, second, last] = walk;
    // Segments of a connection to where no step waits are none of ours, unless nothing listens.
    let busy = Packet::tcp(443, Flags::ACK);
    assert_eq!(
        street.walk([first.clone(), busy.clone(), second.clone(), last.clone()]),
        NOTHING
    );
    let again = vec![step(7000, wanted), step(8000, acks), Step::tcp(9000)];
    street.watch_beside(vec![variant(0, again)], &["tcp/443".parse().unwrap()]);
    assert_eq!(street.walk([first, busy, second, last]), OPENS);
}

#[test]
fn what_has_the_port_and_not_the_traits_leads_astray() {
    let near = with(Step::tcp(8000), |traits| {
        traits.hops = Some(Number {
            least: 50,
            most: 64,
        });
    });
    let mut street = watching(vec![Step::tcp(7000), near, Step::tcp(9000)]);
    assert_eq!(street.knock(&[7000, 8000, 9000]), OPENS);
    assert_eq!(street.knock(&[7000]), NOTHING);
    assert_eq!(street.send(&Packet::syn(8000).hops(49)), ASTRAY);
    assert_eq!(street.knock(&[9000]), NOTHING);
}

#[test]
fn one_datagram_with_the_right_words_may_be_all() {
    let words = Payload::Matches("^k[0-9]+$".into());
    let secret = with(Step::udp(53), |traits| traits.payload = Some(words));
    let mut street = watching(vec![secret]);
    let send = |payload: &[u8]| [Packet::udp(53).with(payload)];
    assert_eq!(street.walk(send(b"k4711")), OPENS);
    assert_eq!(street.walk(send(b"k4711 ")), NOTHING);
    assert_eq!(street.walk(send(b"")), NOTHING);
}

#[test]
fn a_pattern_that_cannot_be_read_is_never_met() {
    let words = Payload::Matches("(".into());
    let wrong = with(Step::udp(53), |traits| traits.payload = Some(words));
    let mut street = watching(vec![wrong]);
    assert_eq!(street.walk([Packet::udp(53).with(b"(")]), NOTHING);
}

#[test]
fn systems_are_told_apart_by_their_options() {
    let option = |kind, value| OptionWanted { kind, value };
    let linux = vec![
        option(2, Some(1460)),
        option(4, None),
        option(1, None),
        option(1, None),
    ];
    let step = with(Step::tcp(7000), |traits| traits.options = Some(linux));
    let mut street = watching(vec![step]);
    let syn = |options: &[u8]| [Packet::syn(7000).options(options)];
    assert_eq!(street.walk(syn(&[2, 4, 5, 0xb4, 4, 2, 1, 1])), OPENS);
    assert_eq!(street.walk(syn(&[2, 4, 5, 0xb4, 1, 1, 4, 2])), NOTHING);
    assert_eq!(street.walk(syn(&[])), NOTHING);
}

#[test]
fn at_one_port_each_packet_walks_what_it_meets() {
    let hops = |least, most| {
        let hops = Some(Number { least, most });
        with(Step::tcp(7000), |traits| traits.hops = hops)
    };
    let mut street = Street::new();
    street.watch(vec![
        variant(0, vec![hops(1, 60), Step::tcp(8000)]),
        variant(1, vec![hops(60, 255), Step::tcp(8000)]),
        variant(2, vec![Step::tcp(7000), Step::tcp(8001)]),
    ]);
    let near = Packet::syn(7000).hops(64);
    let far = Packet::syn(7000).hops(40);
    assert_eq!(
        street.walk([near.clone(), Packet::syn(8000)]),
        [SequenceId(1)]
    );
    assert_eq!(
        street.walk([far.clone(), Packet::syn(8000)]),
        [SequenceId(0)]
    );
    assert_eq!(
        street.walk([near.clone(), far.clone(), Packet::syn(8000)]),
        [SequenceId(0)]
    );
    assert_eq!(street.walk([far, near, Packet::syn(8001)]), [SequenceId(2)]);
}
