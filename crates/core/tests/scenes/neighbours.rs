//! Two people behind one address: neither shortens, closes or stretches the other's time.

use nightlatch_core::{Answers, Limits};
use nightlatch_testkit::{Came, Scene};
use nightlatch_ticket::Kind;

use crate::{ALICE, BOB, address, opened, seconds};

/// Alice and Bob, who share an address.
fn neighbours() -> (Scene, core::net::IpAddr) {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let shared = address("203.0.113.9");
    for who in [ALICE, BOB] {
        (scene.person(who).at, scene.person(who).seen_at) = (shared, shared);
    }
    (scene, shared)
}

fn knock_for(scene: &mut Scene, who: usize, wanted: u32) -> Came {
    let now = scene.now().unix;
    let (mut request, tagged) = scene.person(who).request(Kind::Knock, "ssh", now);
    request.wanted = wanted;
    let ticket = scene.seal(who, &request, tagged);
    scene.send_from(who, &ticket)
}

#[test]
fn a_short_grant_does_not_shorten_a_neighbours_long_one() {
    let (mut scene, shared) = neighbours();
    opened(&knock_for(&mut scene, ALICE, 3000));
    opened(&knock_for(&mut scene, BOB, 10));
    scene.wait(seconds(2999));
    assert!(scene.is_open(shared, 22));
    scene.wait(seconds(1));
    assert!(!scene.is_open(shared, 22));
}

#[test]
fn closing_ones_own_grant_leaves_the_neighbours_door_open() {
    let (mut scene, shared) = neighbours();
    opened(&knock_for(&mut scene, ALICE, 100));
    opened(&knock_for(&mut scene, BOB, 50));
    assert!(matches!(scene.close(ALICE, "ssh"), Came::Closed(_)));
    scene.wait(seconds(49));
    assert!(scene.is_open(shared, 22));
}

#[test]
fn when_the_longer_grant_is_closed_the_door_closes_at_the_shorter_ones_end() {
    let (mut scene, shared) = neighbours();
    opened(&knock_for(&mut scene, ALICE, 3000));
    opened(&knock_for(&mut scene, BOB, 50));
    assert!(matches!(scene.close(ALICE, "ssh"), Came::Closed(_)));
    scene.wait(seconds(49));
    assert!(scene.is_open(shared, 22));
    scene.wait(seconds(1));
    assert!(!scene.is_open(shared, 22));
}

#[test]
fn the_last_one_out_closes_the_door() {
    let (mut scene, shared) = neighbours();
    opened(&knock_for(&mut scene, ALICE, 100));
    opened(&knock_for(&mut scene, BOB, 100));
    let _ = scene.close(ALICE, "ssh");
    assert!(scene.is_open(shared, 22));
    let _ = scene.close(BOB, "ssh");
    assert!(!scene.is_open(shared, 22));
}

#[test]
fn a_kernel_that_refused_one_neighbour_is_asked_again_for_the_other() {
    let (mut scene, shared) = neighbours();
    opened(&knock_for(&mut scene, BOB, 10));
    scene.door.stick(true);
    assert_eq!(knock_for(&mut scene, ALICE, 3000), Came::Stuck);
    scene.door.stick(false);
    scene.wait(seconds(5));
    opened(&knock_for(&mut scene, BOB, 60));
    scene.wait(seconds(59));
    assert!(scene.is_open(shared, 22));
}

#[test]
fn a_one_shot_opening_is_told_to_the_kernel_for_each_of_them() {
    let (mut scene, shared) = neighbours();
    opened(&scene.knock(ALICE, "once"));
    assert!(scene.connect(shared, 5432));
    opened(&scene.knock(BOB, "once"));
    assert!(scene.connect(shared, 5432));
}
