//! How much of everything, and what happens to the next one.

use nightlatch_core::{Answers, Warning};
use nightlatch_testkit::{Came, Scene};
use nightlatch_ticket::Status;

use crate::{ALICE, BOB, address, is_in, limits, opened, seconds};

fn move_to(scene: &mut Scene, who: usize, number: u8) {
    let here = address(&format!("203.0.113.{number}"));
    (scene.person(who).at, scene.person(who).seen_at) = (here, here);
}

#[test]
fn a_full_ledger_is_said_and_keeps_those_who_are_in() {
    let mut scene = Scene::with(3, Answers::Sealed, limits(2, 64));
    opened(&scene.knock(0, "ssh"));
    opened(&scene.knock(1, "ssh"));
    assert_eq!(scene.knock(2, "ssh"), Came::Answered(Status::Full));
    assert!(scene.is_answered());
    assert_eq!(
        scene.gatekeeper.warnings(scene.now()).collect::<Vec<_>>(),
        [Warning::GrantsFull]
    );
    opened(&scene.knock(0, "ssh"));
    assert!(is_in(&mut scene, 1));
}

#[test]
fn a_ledger_full_of_what_has_ended_is_not_full() {
    let mut scene = Scene::with(3, Answers::Sealed, limits(2, 64));
    opened(&scene.knock(0, "ssh"));
    opened(&scene.knock(1, "ssh"));
    scene.sleep_through(seconds(31));
    opened(&scene.knock(2, "ssh"));
}

#[test]
fn one_client_holds_so_many_grants_and_the_others_theirs() {
    let mut scene = Scene::with(2, Answers::Sealed, limits(100, 3));
    for number in 1..=3 {
        move_to(&mut scene, ALICE, number);
        opened(&scene.knock(ALICE, "ssh"));
    }
    move_to(&mut scene, ALICE, 4);
    assert_eq!(scene.knock(ALICE, "ssh"), Came::Answered(Status::Full));
    opened(&scene.knock(BOB, "ssh"));
    move_to(&mut scene, ALICE, 2);
    opened(&scene.knock(ALICE, "ssh"));
    scene.close(ALICE, "ssh");
    move_to(&mut scene, ALICE, 4);
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn opening_and_closing_for_ever_fills_nothing() {
    let mut scene = Scene::with(1, Answers::Sealed, limits(2, 2));
    for _ in 0..5_000 {
        opened(&scene.knock(ALICE, "ssh"));
        assert!(matches!(scene.close(ALICE, "ssh"), Came::Closed(_)));
        scene.wait(core::time::Duration::from_millis(1));
    }
    opened(&scene.knock(ALICE, "ssh"));
}
