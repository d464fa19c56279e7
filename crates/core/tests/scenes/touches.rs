//! The whole way: packets that touch ports, a listener, a broker, a door.

use nightlatch_core::{ClientId, Ignored, Knocker, Limits, Policy, Variant};
use nightlatch_testkit::{Came, Scene, closing, listed, plain, policy_with, timed};
use nightlatch_ticket::SequenceKind;

use crate::{ALICE, BOB, elsewhere, home, is_in, opened, seconds};

fn policy() -> Policy {
    let sequences = vec![
        plain("plain", &[7001, 9001, 8001]),
        closing(plain("shut", &[9002, 7002, 8002])),
        listed("list", 1, 3),
        timed("clock", 7),
    ];
    policy_with(sequences, Limits::default())
}

fn scene() -> Scene {
    Scene::touchable(1, policy())
}

fn watched(scene: &Scene, name: &str) -> Variant {
    scene.watched(name).remove(0)
}

#[test]
fn a_plain_sequence_opens_and_another_closes() {
    let mut scene = scene();
    let (open, shut) = (watched(&scene, "plain"), watched(&scene, "shut"));
    opened(&scene.take_steps(&open, elsewhere()));
    assert!(scene.is_open(elsewhere(), 22));
    assert!(matches!(
        scene.take_steps(&shut, elsewhere()),
        Came::Closed(_)
    ));
    assert!(!scene.is_open(elsewhere(), 22));
}

#[test]
fn whoever_shares_his_tag_is_heard_every_time_and_nobody_in_his_stead() {
    for who in [ALICE, BOB] {
        let mut scene = Scene::touchable(2, policy());
        scene.lend_tags_of(who);
        let here = home(&mut scene, who);
        let places: Vec<usize> = (0..31).collect();
        for _ in 0..20 {
            let spelled = scene.spell(who, SequenceKind::Knock, "ssh");
            let came = scene.spell_out(&spelled.frames[0], &places, here);
            let grant = came.and_then(|came| match came {
                Came::Opened(grant) => Some(grant),
                _ => None,
            });
            let client = ClientId(u32::try_from(who).unwrap());
            assert_eq!(grant.unwrap().knocker, Knocker::Client(client));
            scene.wait(seconds(1));
        }
    }
}

#[test]
fn each_line_of_a_list_opens_once_and_the_listener_follows() {
    let mut scene = scene();
    for _ in 0..3 {
        let line = watched(&scene, "list");
        opened(&scene.take_steps(&line, elsewhere()));
        for _ in 0..400 {
            let came = scene.take_steps(&line, elsewhere());
            assert!(
                matches!(came, Came::Ignored(_) | Came::Noted(_)),
                "{came:?}"
            );
        }
    }
    assert_eq!(scene.door.applied(), 3);
    assert_eq!(scene.watched("list"), []);
}

#[test]
fn the_ports_of_now_open_once_and_half_a_minute_later_others_do() {
    let mut scene = scene();
    for _ in 0..5 {
        let steps = scene.watched("clock");
        let now = &steps[steps.len() - 2];
        opened(&scene.take_steps(now, elsewhere()));
        let came = scene.take_steps(now, elsewhere());
        assert!(!matches!(came, Came::Opened(_)));
        scene.wait(seconds(60));
        let came = scene.take_steps(now, elsewhere());
        assert!(!matches!(came, Came::Opened(_)));
    }
}

#[test]
fn an_encrypted_sequence_opens_and_closes_with_fourteen_of_its_packets_lost() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    // Backwards, every other one, and each of them twice.
    let places: Vec<usize> = (0..34).rev().map(|place| place / 2 * 31 / 17).collect();
    let knock = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    let came = scene.spell_out(&knock.frames[0], &places, here);
    opened(&came.unwrap());
    assert!(is_in(&mut scene, ALICE));
    let close = scene.spell(ALICE, SequenceKind::Close, "ssh");
    let came = scene.spell_out(&close.frames[0], &places, here);
    assert!(matches!(came, Some(Came::Closed(_))), "{came:?}");
    assert!(!is_in(&mut scene, ALICE));
    for _ in 0..400 {
        for spelled in [&knock, &close] {
            let again = scene.spell_out(&spelled.frames[0], &places, here);
            assert!(matches!(again, None | Some(Came::Refused(_))), "{again:?}");
        }
        scene.wait(seconds(1));
    }
    assert_eq!(scene.door.applied(), 2);
}

#[test]
fn an_encrypted_sequence_seen_and_repeated_from_elsewhere_opens_nothing() {
    let mut scene = scene();
    let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    let places: Vec<usize> = (0..31).collect();
    let came = scene.spell_out(&spelled.frames[0], &places, elsewhere());
    assert!(matches!(came, Some(Came::Refused(_))), "{came:?}");
    let here = home(&mut scene, ALICE);
    let came = scene.spell_out(&spelled.frames[0], &places, here);
    opened(&came.unwrap());
    assert!(!scene.is_open(elsewhere(), 22));
}

#[test]
fn a_touch_astray_opens_nothing() {
    let mut scene = scene();
    let open = watched(&scene, "plain");
    let mut wrong = open.clone();
    wrong.steps.insert(2, nightlatch_core::Step::tcp(4444));
    let came = scene.take_steps(&wrong, elsewhere());
    assert!(matches!(
        came,
        Came::Ignored(Ignored::Astray | Ignored::NotForUs)
    ));
    assert_eq!(scene.door.applied(), 0);
    opened(&scene.take_steps(&open, elsewhere()));
}
