//! Encrypted sequences as they arrive: shuffled, doubled, with losses, among noise and neighbours.

use core::net::IpAddr;

use nightlatch_core::{Advance, Claim, ClientId, DoorstepPlan, FramesClaim, Glance, Protocol};
use nightlatch_testkit::{Packet, Street};
use nightlatch_ticket::{
    Counter, Epoch, Frame, PairKeys, PresharedSecret, SecretKey, SequenceKind, SequenceRequest,
    SequenceText, ServiceHash, Span, TagKey, UnixTime, open_sequence, seal_sequence, spread,
};
use nightlatch_wire::Flags;

use crate::{Random, address, forged, milliseconds};

/// The kind of packet that carries symbols, whichever port it goes to.
type Carrier = fn(u16) -> Packet;

fn span() -> Span {
    Span::new(20_000, 28_191, &[(22_222, 22_222)]).unwrap()
}

fn pair(client: u8) -> PairKeys {
    let server = SecretKey::from_bytes([0x33; 32]).public();
    let secret = SecretKey::from_bytes([client.wrapping_add(1); 32]);
    PairKeys::of_client(&secret, &server, &PresharedSecret::none()).unwrap()
}

fn street_for(carrier: Protocol, clients: u8) -> Street {
    let plan = DoorstepPlan {
        knock_port: Some(Street::KNOCK_PORT),
        span: Some((span(), carrier)),
    };
    Street::with(
        plan,
        (0..clients).map(|client| pair(client).tag_key()).collect(),
    )
}

fn street() -> Street {
    street_for(Protocol::Tcp, 2)
}

fn request(now: UnixTime, text: &str) -> SequenceRequest {
    let counter = Counter::of_sequence(Counter(0), now).unwrap();
    SequenceRequest {
        kind: if text.is_empty() {
            SequenceKind::Knock
        } else {
            SequenceKind::Message
        },
        counter,
        time: UnixTime::from_nanos(counter.0),
        service: ServiceHash::of("ssh").short(),
        wanted: 0,
        text: SequenceText::new(text).unwrap(),
    }
}

/// What a client seals at this time, for where it is.
fn frames(client: u8, at: IpAddr, now: UnixTime, text: &str) -> Vec<Frame> {
    let request = request(now, text);
    seal_sequence(
        &request,
        at,
        Epoch::of_counter(request.counter),
        &pair(client),
    )
}

/// The packets of a frame, in their order.
fn packets(frame: &Frame, carrier: Carrier, from: IpAddr) -> Vec<Packet> {
    let ports = spread(frame).map(|symbol| span().port(symbol).unwrap());
    ports.map(|port| carrier(port).from(from)).to_vec()
}

fn sealed(street: &Street, client: u8, carrier: Carrier, from: IpAddr) -> Vec<Packet> {
    let frames = frames(client, from, street.now().unix, "");
    packets(&frames[0], carrier, from)
}

/// Everything that is claimed while these packets come, and that the broker can open.
///
/// With a stray symbol among the first 17 a frame may come out wrong: the broker refuses it.
fn claims(street: &mut Street, packets: impl IntoIterator<Item = Packet>) -> Vec<FramesClaim> {
    let mut claims = all_claims(street, packets);
    claims.retain(is_opened);
    claims
}

/// Everything that is claimed while these packets come, right or wrong.
fn all_claims(street: &mut Street, packets: impl IntoIterator<Item = Packet>) -> Vec<FramesClaim> {
    let glances = packets.into_iter().map(|packet| street.send(&packet));
    let claims = glances.flat_map(|glance| match glance {
        Glance::Claim(claim) => vec![claim],
        Glance::Claims(claims) => claims,
        _ => vec![],
    });
    let frames = claims.filter_map(|claim| match claim {
        Claim::Frames(claim) => Some(claim),
        _ => None,
    });
    frames.collect()
}

fn is_opened(claim: &FramesClaim) -> bool {
    let keys = pair(u8::try_from(claim.client.0).unwrap());
    open_sequence(claim.frames.as_slice(), claim.epoch, claim.source, &keys).is_ok()
}

/// Packets as a bad network hands them over.
fn disturbed(random: &mut Random, all: &[Packet], lost: usize, doubled: usize) -> Vec<Packet> {
    let mut packets = Vec::new();
    for packet in all {
        if random.below(100) < lost {
            continue;
        }
        packets.push(packet.clone());
        if random.below(100) < doubled {
            packets.push(packet.clone());
        }
    }
    random.shuffle(&mut packets);
    packets
}

#[test]
fn a_sequence_is_claimed_with_its_seventeenth_symbol_and_once() {
    for (protocol, carrier) in [
        (Protocol::Tcp, Packet::syn as Carrier),
        (Protocol::Udp, Packet::udp as Carrier),
    ] {
        for from in [Street::WALKER, address("2001:db8::7")] {
            let mut street = street_for(protocol, 2);
            let packets = sealed(&street, 1, carrier, from);
            let mut glances = packets.iter().map(|packet| street.send(packet));
            for _ in 0..16 {
                assert_eq!(glances.next(), Some(Glance::Advance(Advance::Symbol)));
            }
            let Some(Glance::Claim(Claim::Frames(claim))) = glances.next() else {
                panic!("no claim");
            };
            assert_eq!((claim.client, claim.source), (ClientId(1), from));
            assert!(is_opened(&claim));
            assert!(glances.all(|glance| !matches!(glance, Glance::Claim(_))));
        }
    }
}

#[test]
fn other_packets_to_the_same_ports_say_nothing() {
    let mut street = street();
    let from = Street::WALKER;
    let frames = frames(0, from, street.now().unix, "");
    let ack: Carrier = |port| Packet::tcp(port, Flags::SYN.with(Flags::ACK));
    for carrier in [Packet::udp as Carrier, ack] {
        for packet in packets(&frames[0], carrier, from) {
            assert!(matches!(street.send(&packet), Glance::Ignore(_)));
        }
    }
    assert_eq!(
        claims(&mut street, packets(&frames[0], Packet::syn, from)).len(),
        1
    );
}

#[test]
fn order_doubles_and_a_fifth_of_losses_do_not_matter() {
    let mut street = street();
    let mut random = Random(3);
    let (mut opened, tries) = (0, 500);
    for number in 0..tries {
        let from = forged(number);
        let all = sealed(&street, 0, Packet::syn, from);
        let packets = disturbed(&mut random, &all, 20, 30);
        let claims = claims(&mut street, packets);
        assert!(claims.len() <= 1 && claims.iter().all(is_opened));
        opened += claims.len();
        street.wait(milliseconds(10));
    }
    // 99.96 % by the binomial distribution.
    assert!(opened >= 498, "{opened} of {tries}");
}

#[test]
fn one_source_may_knock_again_and_again() {
    let mut street = street();
    let mut random = Random(4);
    let mut opened = 0;
    for _ in 0..200 {
        let all = sealed(&street, 0, Packet::syn, Street::WALKER);
        let packets = disturbed(&mut random, &all, 20, 30);
        let claims = claims(&mut street, packets);
        assert!(claims.iter().all(is_opened));
        opened += claims.len();
        street.wait(milliseconds(1000));
    }
    assert!(opened >= 197, "{opened} of 200");
}

#[test]
fn the_same_packets_once_more_are_no_news() {
    let mut street = street();
    let packets = sealed(&street, 0, Packet::syn, Street::WALKER);
    assert_eq!(claims(&mut street, packets.clone()).len(), 1);
    for _ in 0..20 {
        assert_eq!(claims(&mut street, packets.clone()), []);
        street.wait(milliseconds(2900));
    }
    // What comes later the broker refuses: it knows the counter.
    street.wait(milliseconds(10_000));
    assert_eq!(claims(&mut street, packets).len(), 1);
}

#[test]
fn a_message_of_several_frames_is_claimed_with_its_last() {
    let mut street = street();
    let mut random = Random(5);
    let (mut opened, mut longest) = (0, 0);
    for number in 0..100 {
        let text = "knock knock who is there? nobody"
            .get(..number % 33)
            .unwrap();
        let from = forged(u32::try_from(number).unwrap());
        let frames = frames(1, from, street.now().unix, text);
        longest = longest.max(frames.len());
        let packets: Vec<_> = frames
            .iter()
            .flat_map(|frame| disturbed(&mut random, &packets(frame, Packet::syn, from), 10, 30))
            .collect();
        let claims = claims(&mut street, packets);
        assert!(claims.len() <= 1 && claims.iter().all(is_opened));
        assert!(claims.iter().all(|claim| claim.frames.as_slice() == frames));
        opened += claims.len();
        street.wait(milliseconds(100));
    }
    assert_eq!((longest, opened), (4, 100));
}

#[test]
fn messages_of_one_source_follow_each_other() {
    let mut street = street();
    for text in [
        "first of all",
        "the second one",
        "",
        "and a third, longer one",
    ] {
        let frames = frames(0, Street::WALKER, street.now().unix, text);
        let packets = frames
            .iter()
            .flat_map(|frame| packets(frame, Packet::syn, Street::WALKER));
        let claims = claims(&mut street, packets);
        assert_eq!(claims.len(), 1, "{text}");
        assert!(is_opened(&claims[0]));
        street.wait(milliseconds(500));
    }
}

#[test]
fn who_scanned_the_span_a_moment_ago_is_heard() {
    let mut random = Random(6);
    let mut street = street();
    for _ in 0..5 {
        assert_eq!(claims(&mut street, (20_000..28_192).map(Packet::syn)), []);
        let all = sealed(&street, 0, Packet::syn, Street::WALKER);
        let packets = disturbed(&mut random, &all, 20, 30);
        assert_eq!(claims(&mut street, packets).len(), 1);
        street.wait(milliseconds(1000));
    }
}

#[test]
fn stray_packets_in_between_keep_nobody_out() {
    let mut street = street();
    let mut random = Random(6);
    let mut opened = [0; 2];
    for number in 0..200 {
        let is_lossy = number % 2 == 1;
        let from = forged(number);
        let all = sealed(&street, 0, Packet::syn, from);
        let mut packets = disturbed(&mut random, &all, if is_lossy { 20 } else { 0 }, 0);
        for _ in 0..2 {
            let stray = 20_000 + u16::try_from(random.below(7900)).unwrap();
            let place = random.below(packets.len());
            packets.insert(place, Packet::syn(stray).from(from));
        }
        let is_open = !claims(&mut street, packets).is_empty();
        opened[usize::from(is_lossy)] += usize::from(is_open);
    }
    // Where the packet is lost in whose place the stray one stands, nobody can tell.
    assert_eq!(opened[0], 100);
    assert!(opened[1] >= 80, "{opened:?}");
}

#[test]
fn two_clients_behind_one_address_are_both_heard_one_after_the_other() {
    let mut street = street();
    let mut random = Random(7);
    for _ in 0..50 {
        let here = Street::WALKER;
        let one = disturbed(&mut random, &sealed(&street, 0, Packet::syn, here), 10, 10);
        let other = disturbed(&mut random, &sealed(&street, 1, Packet::syn, here), 10, 10);
        let claims = claims(&mut street, one.into_iter().chain(other));
        assert!(claims.iter().all(is_opened));
        let clients: Vec<_> = claims.iter().map(|claim| claim.client).collect();
        assert_eq!(clients, [ClientId(0), ClientId(1)]);
        street.wait(milliseconds(500));
    }
}

#[test]
fn two_clients_behind_one_address_at_the_same_moment_try_again() {
    // Packet by packet in turn nobody can tell whose is whose: neither is heard, nothing opens, and
    // the next attempt of either is.
    let mut street = street();
    let here = Street::WALKER;
    let (one, other) = (
        sealed(&street, 0, Packet::syn, here),
        sealed(&street, 1, Packet::syn, here),
    );
    let interleaved = one
        .into_iter()
        .zip(other)
        .flat_map(|(one, other)| [one, other]);
    assert!(claims(&mut street, interleaved).iter().all(is_opened));
    street.wait(milliseconds(1000));
    let again = sealed(&street, 1, Packet::syn, here);
    assert_eq!(claims(&mut street, again).len(), 1);
}

#[test]
fn symbols_count_for_a_minute() {
    let mut street = street();
    let packets = sealed(&street, 0, Packet::syn, Street::WALKER);
    assert_eq!(claims(&mut street, packets[..16].to_vec()), []);
    street.wait(milliseconds(62_000));
    assert_eq!(claims(&mut street, packets[16..31].to_vec()), []);
    assert_eq!(claims(&mut street, packets[..2].to_vec()).len(), 1);
    // As slow as one pleases, within the minute.
    let packets = sealed(&street, 0, Packet::syn, forged(1));
    let mut opened = 0;
    for packet in packets {
        opened += claims(&mut street, [packet]).len();
        street.wait(milliseconds(1900));
    }
    assert_eq!(opened, 1);
}

#[test]
fn nobody_is_recognised_by_a_tag_of_long_ago() {
    let mut street = street();
    let packets = sealed(&street, 0, Packet::syn, Street::WALKER);
    street.wait(milliseconds(1_200_000));
    assert_eq!(claims(&mut street, packets), []);
    let packets = sealed(&street, 0, Packet::syn, Street::WALKER);
    assert_eq!(claims(&mut street, packets).len(), 1);
}

#[test]
fn clients_that_are_replaced_are_not_recognised_any_more() {
    let mut street = street();
    let keys: Vec<TagKey> = vec![pair(5).tag_key()];
    let now = street.now();
    street.doorstep.replace_clients(keys, now);
    let former = sealed(&street, 1, Packet::syn, Street::WALKER);
    assert_eq!(all_claims(&mut street, former), []);
    let other = sealed(&street, 5, Packet::syn, Street::WALKER);
    let claims = all_claims(&mut street, other);
    let mut opened = claims.iter().map(|claim| {
        let FramesClaim {
            client,
            epoch,
            source,
            frames,
            ..
        } = claim;
        (
            *client,
            open_sequence(frames.as_slice(), *epoch, *source, &pair(5)).is_ok(),
        )
    });
    assert!(opened.any(|opened| opened == (ClientId(0), true)));
}

#[test]
fn what_has_the_tag_of_several_is_claimed_for_each_of_them_and_once() {
    let mut street = street();
    for twins in 2..=4 {
        let mut keys = vec![pair(5).tag_key()];
        keys.extend((0..twins).map(|_| pair(1).tag_key()));
        let now = street.now();
        street.doorstep.replace_clients(keys, now);
        let packets = sealed(&street, 1, Packet::syn, Street::WALKER);
        let claims = all_claims(&mut street, packets.clone());
        let clients = claims.iter().map(|claim| claim.client);
        assert!(clients.eq((1..=twins).map(ClientId)));
        assert_eq!(all_claims(&mut street, packets), []);
        street.wait(milliseconds(1000));
    }
}

#[test]
fn a_flood_of_forged_touches_of_the_span_keeps_nobody_out() {
    let mut street = street();
    let mut random = Random(8);
    let mut opened = 0;
    for number in 0..40 {
        for packet in sealed(&street, 0, Packet::syn, address("198.18.7.7")) {
            // Two milliseconds of 50,000 packets a second.
            for _ in 0..100 {
                let port = 20_000 + u16::try_from(random.below(8192)).unwrap();
                let source = forged(u32::try_from(random.next() >> 32).unwrap());
                let _ = street.send(&Packet::syn(port).from(source));
            }
            opened += claims(&mut street, [packet]).len();
            street.wait(milliseconds(2));
        }
        assert_eq!(opened, number + 1);
        street.wait(milliseconds(900));
    }
}

#[test]
fn steps_and_symbols_are_heard_beside_each_other() {
    let mut street = street();
    street.watch(Street::plain(&[&[20_100, 24_000, 9000]]));
    let packets = sealed(&street, 0, Packet::syn, Street::WALKER);
    assert_eq!(street.knock(&[20_100, 24_000, 9000]).len(), 1);
    assert_eq!(claims(&mut street, packets).len(), 1);
    assert_eq!(street.knock(&[20_100, 25_000, 24_000, 9000]), []);
}
