//! Plain sequences: what they open and close, for whom, and what a reload makes of them.

use nightlatch_core::{
    Claim, Deed, Knocker, Limits, Refused, Sequence, SequenceClaim, SequenceId, ServiceId,
    ServiceSet, Step,
};
use nightlatch_testkit::{Came, Scene, closing, plain, policy_with};
use nightlatch_ticket::Status;

use crate::{ALICE, address, elsewhere, home, is_in, opened, seconds};

const OPEN: [u16; 3] = [7000, 9000, 8000];
const SHUT: [u16; 3] = [9000, 7000, 8000];

fn doors() -> Vec<Sequence> {
    vec![
        plain("open", &OPEN),
        closing(plain("shut", &SHUT)),
        plain("also", &[1111, 3333, 2222]),
    ]
}

fn scene() -> Scene {
    Scene::with_sequences(1, doors())
}

#[test]
fn a_sequence_opens_for_the_address_that_walked_it_and_for_as_long_as_the_service_says() {
    let mut scene = scene();
    for here in [address("198.51.100.7"), address("2001:db8::7")] {
        let came = scene.walk("open", 0, here);
        assert_eq!(opened(&came), (ServiceId(0), seconds(30)));
        assert!(!scene.is_answered(), "nobody proved to hold a key");
        assert!(scene.is_open(here, 22) && !scene.is_open(elsewhere(), 22));
        scene.wait(seconds(30));
        assert!(!scene.is_open(here, 22));
    }
}

#[test]
fn a_grant_says_which_sequence_it_is_by() {
    let mut scene = scene();
    let _ = scene.walk("also", 0, elsewhere());
    let held: Vec<_> = scene.gatekeeper.grants(scene.now()).collect();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].knocker, Knocker::Sequence(SequenceId(2)));
    assert_eq!(held[0].address, elsewhere());
}

#[test]
fn an_ipv4_address_in_ipv6_clothes_walks_as_the_ipv4_address() {
    let mut scene = scene();
    opened(&scene.walk("open", 0, address("::ffff:198.51.100.7")));
    assert!(scene.is_open(address("198.51.100.7"), 22));
}

#[test]
fn walking_again_sets_the_time_anew() {
    let mut scene = scene();
    opened(&scene.walk("open", 0, elsewhere()));
    scene.wait(seconds(20));
    opened(&scene.walk("open", 0, elsewhere()));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 1);
    scene.wait(seconds(29));
    assert!(scene.is_open(elsewhere(), 22));
}

#[test]
fn another_sequence_of_the_service_closes_at_the_same_address_what_any_opened() {
    let mut scene = scene();
    opened(&scene.walk("open", 0, elsewhere()));
    opened(&scene.walk("also", 0, elsewhere()));
    match scene.walk("shut", 0, elsewhere()) {
        Came::Closed(grants) => assert_eq!(grants.len(), 2),
        other => panic!("{other:?}"),
    }
    assert!(!scene.is_open(elsewhere(), 22));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
}

#[test]
fn closing_at_another_address_does_nothing() {
    let mut scene = scene();
    opened(&scene.walk("open", 0, elsewhere()));
    let came = scene.walk("shut", 0, address("203.0.113.67"));
    assert_eq!(came, Came::Answered(Status::Closed));
    assert!(!scene.is_answered());
    assert!(scene.is_open(elsewhere(), 22));
}

#[test]
fn a_sequence_does_not_close_what_a_key_opened_nor_shorten_it() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    assert_eq!(
        scene.walk("shut", 0, here),
        Came::Answered(Status::Closed),
        "nothing of a sequence's is open"
    );
    assert!(is_in(&mut scene, ALICE));
    opened(&scene.walk("open", 0, here));
    assert!(matches!(scene.walk("shut", 0, here), Came::Closed(_)));
    scene.wait(seconds(29));
    assert!(is_in(&mut scene, ALICE));
}

#[test]
fn what_was_open_before_a_restart_can_be_closed_by_a_sequence() {
    let mut scene = scene();
    opened(&scene.walk("open", 0, elsewhere()));
    scene.crash();
    assert!(scene.is_open(elsewhere(), 22));
    assert!(matches!(
        scene.walk("shut", 0, elsewhere()),
        Came::Closed(_)
    ));
    assert!(!scene.is_open(elsewhere(), 22));
}

#[test]
fn the_listener_watches_for_every_plain_sequence_from_the_start() {
    let scene = scene();
    let variants = scene.gatekeeper.variants(scene.now());
    let numbers: Vec<_> = variants.iter().map(|v| (v.sequence.0, v.number)).collect();
    assert_eq!(numbers, [(0, 0), (1, 0), (2, 0)]);
    assert_eq!(variants[0].steps, OPEN.map(Step::tcp));
    assert_eq!(variants[0].within, seconds(10));
}

fn after_reload(scene: &mut Scene, sequences: Vec<Sequence>) -> bool {
    opened(&scene.walk("open", 0, elsewhere()));
    let generation = scene.gatekeeper.variants_generation(scene.now());
    scene.reload(
        policy_with(sequences, Limits::default()),
        &[0],
        ServiceSet::all(),
    );
    assert_ne!(
        scene.gatekeeper.variants_generation(scene.now()),
        generation
    );
    scene.is_open(elsewhere(), 22)
}

#[test]
fn a_reload_keeps_what_a_sequence_of_the_same_name_and_service_opened() {
    let mut moved = doors();
    moved.rotate_left(1);
    // Other steps, another place, another limit: it is the same door.
    moved[2] = Sequence {
        per_minute: 5,
        ..plain("open", &[1, 3, 2])
    };
    let mut scene = scene();
    assert!(after_reload(&mut scene, moved));
    let held: Vec<_> = scene.gatekeeper.grants(scene.now()).collect();
    assert_eq!(held[0].knocker, Knocker::Sequence(SequenceId(2)));
    assert!(matches!(
        scene.walk("shut", 0, elsewhere()),
        Came::Closed(_)
    ));
    assert!(!scene.is_open(elsewhere(), 22));
}

#[test]
fn a_reload_ends_what_a_sequence_opened_that_is_gone_or_means_something_else() {
    let without = doors().split_off(1);
    let mut for_web = doors();
    for_web[0].service = ServiceId(1);
    let mut closes = doors();
    closes[0].deed = Deed::Close;
    for sequences in [without, for_web, closes] {
        let mut scene = scene();
        assert!(!after_reload(&mut scene, sequences));
        assert_eq!(scene.ended.len(), 1);
        assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
    }
}

#[test]
fn grants_from_before_a_restart_end_when_a_sequence_that_opens_is_gone() {
    let mut scene = scene();
    opened(&scene.walk("open", 0, elsewhere()));
    scene.crash();
    let reload = |scene: &mut Scene, sequences| {
        let policy = policy_with(sequences, Limits::default());
        scene.reload(policy, &[0], ServiceSet::all());
        scene.is_open(elsewhere(), 22)
    };
    let mut no_shut = doors();
    no_shut.remove(1);
    assert!(
        reload(&mut scene, no_shut),
        "a sequence that closes opened nothing"
    );
    assert!(
        !reload(&mut scene, doors().split_off(1)),
        "it may have been this one's"
    );
}

#[test]
fn what_was_walked_before_a_reload_is_no_walk_of_what_stands_there_now() {
    let mut scene = scene();
    let before = Claim::Sequence(SequenceClaim {
        edition: scene.gatekeeper.edition(),
        sequence: SequenceId(2),
        number: 0,
        source: elsewhere(),
        destination: address("192.0.2.1"),
    });
    let mut moved = doors();
    moved.swap(0, 2);
    let policy = policy_with(moved, Limits::default());
    scene.reload(policy, &[0], ServiceSet::all());
    assert_eq!(scene.judge(&before), Came::Refused(Refused::NotNow));
    assert!(!scene.is_open(elsewhere(), 22));
    opened(&scene.walk("open", 0, elsewhere()));
}
