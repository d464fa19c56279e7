//! Clocks that are wrong, jump, stand still or were never set, on either side.

use nightlatch_core::{Answers, Limits, Warning};
use nightlatch_testkit::{Came, Scene, Told, usual_policy};
use nightlatch_ticket::{Counter, Status, UnixTime};

use crate::repairs::{granted, sends};
use crate::{ALICE, home, is_in, opened, seconds};

#[test]
fn a_clock_wrong_by_less_than_a_minute_is_right_enough_also_when_the_epoch_turns() {
    for error in [-59_000, 59_000] {
        let mut scene = Scene::new();
        scene.person(ALICE).clock_error = error;
        // From the middle of an epoch to the middle of the one after the next.
        for _ in 0..120 {
            opened(&scene.knock(ALICE, "ssh"));
            scene.wait(seconds(10));
        }
    }
}

#[test]
fn a_clock_wrong_by_more_than_a_minute_is_told_the_time_and_gets_in_at_once() {
    for error in [-61_000, 61_000, 400_000, -400_000] {
        let mut scene = Scene::new();
        scene.person(ALICE).clock_error = error;
        assert_eq!(scene.knock(ALICE, "ssh"), Came::Answered(Status::Stale));
        assert_eq!(sends(scene.attempt(ALICE, "ssh")), 2);
        assert!(is_in(&mut scene, ALICE));
    }
}

#[test]
fn a_clock_wrong_by_years_finds_its_way_by_the_recovery_tag() {
    const YEAR: i64 = 365 * 86_400_000;
    for error in [-40 * YEAR, -YEAR, YEAR, 40 * YEAR] {
        let mut scene = Scene::new();
        scene.person(ALICE).clock_error = error;
        granted(scene.attempt(ALICE, "ssh"));
        assert!(is_in(&mut scene, ALICE));
        assert_eq!(
            sends(scene.attempt(ALICE, "ssh")),
            1,
            "the offset is remembered"
        );
    }
}

#[test]
fn a_client_whose_clock_was_years_ahead_gets_in_after_it_is_put_right() {
    let mut scene = Scene::new();
    scene.person(ALICE).clock_error = 10 * 365 * 86_400_000;
    granted(scene.attempt(ALICE, "ssh"));
    scene.person(ALICE).clock_error = 0;
    scene.wait(seconds(60));
    granted(scene.attempt(ALICE, "ssh"));
    // Nobody took the counters of that time: the server is not taken along.
    let half_an_hour_on = scene.now().unix.saturating_add(seconds(1800));
    assert!(scene.person(ALICE).memory.named.0 < half_an_hour_on.as_nanos());
    scene.crash();
    granted(scene.attempt(ALICE, "ssh"));
}

#[test]
fn a_client_whose_counter_is_years_ahead_gets_in_over_and_over() {
    let mut scene = Scene::new();
    let ahead = scene.now().unix.saturating_add(seconds(300_000_000));
    scene.person(ALICE).memory.named = Counter(ahead.as_nanos());
    granted(scene.attempt(ALICE, "ssh"));
    // Its counter stays ahead of every watermark: each knock has a line of its own on the disk.
    let writes = scene.disk.writes();
    granted(scene.attempt(ALICE, "ssh"));
    assert!(scene.disk.writes() > writes);
    scene.crash();
    granted(scene.attempt(ALICE, "ssh"));
}

#[test]
fn a_server_whose_clock_was_never_set_says_so_and_lets_people_in() {
    let policy = usual_policy(Answers::Sealed, Limits::default());
    let mut scene = Scene::at(UnixTime::from_secs(100), 1, policy);
    assert_eq!(
        scene.gatekeeper.warnings(scene.now()).collect::<Vec<_>>(),
        [Warning::ClockUnset]
    );
    scene.person(ALICE).clock_error = 1_900_000_000_000;
    granted(scene.attempt(ALICE, "ssh"));
    assert!(is_in(&mut scene, ALICE));
    scene.wait(seconds(60));
    assert_eq!(sends(scene.attempt(ALICE, "ssh")), 1);
}

#[test]
fn a_clock_that_is_set_leaves_no_warning() {
    let scene = Scene::new();
    assert_eq!(scene.gatekeeper.warnings(scene.now()).count(), 0);
}

#[test]
fn a_server_whose_clock_jumps_hears_people_again_after_one_repair() {
    for jump in [-400 * 86_400, -7200, -700, 700, 7200, 400 * 86_400_i64] {
        let mut scene = Scene::new();
        granted(scene.attempt(ALICE, "ssh"));
        scene.jump(jump);
        scene.person(ALICE).clock_error = -jump * 1000;
        scene.wait(seconds(31));
        granted(scene.attempt(ALICE, "ssh"));
        assert!(is_in(&mut scene, ALICE), "jump of {jump} s");
    }
}

#[test]
fn a_clock_that_jumps_keeps_no_door_open_and_shuts_none() {
    for jump in [-86_400, 86_400_i64] {
        let mut scene = Scene::new();
        let here = home(&mut scene, ALICE);
        opened(&scene.knock(ALICE, "ssh"));
        scene.jump(jump);
        scene.wait(seconds(29));
        assert!(scene.is_open(here, 22));
        scene.wait(seconds(1));
        assert!(!scene.is_open(here, 22));
    }
}

#[test]
fn a_knock_honoured_before_the_clock_went_back_is_not_honoured_again() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, nightlatch_ticket::Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.wait(seconds(3600));
    scene.jump(-3600);
    assert!(!matches!(scene.send_from(ALICE, &ticket), Came::Opened(_)));
    assert_eq!(scene.door.applied(), 1);
}

#[test]
fn both_clocks_jump_together_and_nobody_notices() {
    let mut scene = Scene::new();
    scene.jump(86_400);
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn the_first_knock_after_a_suspend_is_heard() {
    for nap in [599, 601, 1_201, 86_400] {
        let mut scene = Scene::new();
        scene.sleep_through(seconds(nap));
        opened(&scene.knock(ALICE, "ssh"));
    }
}

#[test]
fn the_doorstep_looks_at_the_clock_every_few_seconds() {
    let scene = Scene::new();
    let due = scene.doorstep.next_deadline().unwrap();
    assert!(due.saturating_since(scene.now().monotonic) <= seconds(5));
}

#[test]
fn tags_that_the_kernel_filters_by_change_with_the_epoch_and_are_announced() {
    let mut scene = Scene::new();
    let before: Vec<_> = scene.doorstep.current_tags().collect();
    let generation = scene.doorstep.tags_changed();
    scene.wait(seconds(10));
    assert_eq!(
        scene.doorstep.tags_changed(),
        generation,
        "nothing has changed yet"
    );
    scene.wait(seconds(600));
    assert_ne!(scene.doorstep.tags_changed(), generation);
    let after: Vec<_> = scene.doorstep.current_tags().collect();
    assert_eq!((before.len(), after.len()), (4, 4));
    assert_eq!(before.iter().filter(|tag| after.contains(tag)).count(), 3);
}

#[test]
fn a_wrong_clock_is_repaired_without_opening_twice() {
    let mut scene = Scene::new();
    scene.person(ALICE).clock_error = 86_400_000;
    assert!(matches!(scene.attempt(ALICE, "ssh"), Told::Done(_)));
    assert_eq!(scene.door.applied(), 1);
}
