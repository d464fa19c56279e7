//! Crashes, clean stops and lost disks, with doors open.

use core::time::Duration;

use nightlatch_core::{Answers, Claim, Limits, Opening, Passage, Policy, Refused, Standing};
use nightlatch_testkit::{Came, Scene, port, usual_services};
use nightlatch_ticket::{Kind, Status};

use crate::repairs::{granted, sends};
use crate::{ALICE, BOB, address, home, is_in, opened, seconds};

#[test]
fn a_crash_leaves_the_door_to_the_kernel_which_closes_it() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(10));
    scene.crash();
    assert!(scene.is_open(here, 22));
    let adopted: Vec<Standing> = scene.gatekeeper.adopted(scene.now()).collect();
    assert_eq!(adopted.len(), 1);
    assert_eq!(adopted[0].remaining, seconds(20));
    scene.wait(seconds(20));
    assert!(!scene.is_open(here, 22));
    assert_eq!(scene.gatekeeper.adopted(scene.now()).count(), 0);
}

#[test]
fn what_is_granted_again_after_a_crash_is_shown_once() {
    let mut scene = Scene::new();
    home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.crash();
    assert_eq!(scene.gatekeeper.adopted(scene.now()).count(), 1);
    scene.wait(nightlatch_core::WINDOW + Duration::from_millis(1));
    opened(&scene.knock(ALICE, "ssh"));
    assert_eq!(scene.gatekeeper.adopted(scene.now()).count(), 0);
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 1);
}

#[test]
fn a_knock_honoured_before_a_crash_is_not_honoured_after_it() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.crash();
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Answered(Status::InDoubt)
    );
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Replayed)
    );
    assert!(!scene.is_answered(), "one answer for one packet");
    assert_eq!(scene.door.applied(), 1);
}

#[test]
fn a_client_in_doubt_after_a_crash_is_in_one_round_trip_later() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "ssh"));
    scene.crash();
    let outcome = granted(scene.attempt(ALICE, "ssh"));
    assert_eq!((outcome.sends, outcome.repairs.counter), (2, 1));
    assert!(is_in(&mut scene, ALICE));
}

#[test]
fn a_client_with_a_counter_of_its_own_on_disk_is_not_fooled_by_a_crash() {
    let mut scene = Scene::new();
    scene.person(ALICE).clock_error = 50_000;
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.crash();
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Replayed)
    );
}

#[test]
fn some_seconds_after_a_crash_nothing_is_in_doubt_any_more() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "ssh"));
    scene.crash();
    scene.wait(nightlatch_core::WINDOW + Duration::from_millis(1));
    assert_eq!(sends(scene.attempt(ALICE, "ssh")), 1);
}

#[test]
fn after_a_clean_stop_nothing_is_in_doubt_and_nothing_is_forgotten() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.stop_and_start();
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Replayed)
    );
    assert_eq!(sends(scene.attempt(ALICE, "ssh")), 1);
}

#[test]
fn a_clean_stop_soon_after_a_crash_does_not_clear_what_was_in_doubt() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.crash();
    scene.stop_and_start();
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Replayed)
    );
    assert_eq!(scene.door.applied(), 1);
    granted(scene.attempt(ALICE, "ssh"));
}

#[test]
fn a_lost_disk_locks_nobody_out_and_lets_no_replay_in() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.lose_state();
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Answered(Status::InDoubt)
    );
    assert_eq!(scene.door.applied(), 1);
    granted(scene.attempt(ALICE, "ssh"));
}

#[test]
fn a_crash_in_the_middle_of_many_crashes_still_locks_nobody_out() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    for _ in 0..20 {
        granted(scene.attempt(ALICE, "ssh"));
        scene.crash();
        granted(scene.attempt(BOB, "web"));
        scene.crash();
    }
}

#[test]
fn a_busy_hour_writes_a_watermark_now_and_then_and_nothing_else() {
    let mut scene = Scene::new();
    for _ in 0..3600 {
        opened(&scene.knock(ALICE, "ssh"));
        scene.wait(seconds(1));
    }
    let writes = scene.disk.writes();
    assert!(
        (1000..=1300).contains(&writes),
        "{writes} writes in an hour"
    );
}

#[test]
fn while_knocks_arrive_none_of_them_waits_for_the_disk() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "ssh"));
    for _ in 0..100 {
        scene.wait(seconds(2));
        let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
        let claim = Claim::Ticket(scene.claim_of(ALICE, &ticket));
        let judgement = scene.gatekeeper.judge(&claim, scene.now());
        assert_eq!(judgement.record, None);
        let watermark = scene.gatekeeper.renewal(scene.now());
        if let Some(watermark) = watermark {
            scene.gatekeeper.synced(watermark);
        }
    }
}

#[test]
fn what_was_open_before_a_restart_can_be_closed_after_it() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "web"));
    scene.stop_and_start();
    assert!(matches!(scene.close(ALICE, "web"), Came::Closed(_)));
    assert!(!scene.is_open(here, 80) && !scene.is_open(here, 443));
}

#[test]
fn a_knock_after_a_restart_goes_on_with_the_same_door() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(20));
    scene.stop_and_start();
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(29));
    assert!(scene.is_open(here, 22));
    scene.wait(seconds(1));
    assert!(!scene.is_open(here, 22));
}

#[test]
fn what_no_service_opens_any_more_is_closed_at_the_start() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(ALICE, "web"));
    let mut services = usual_services();
    services.remove(1);
    let policy = Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap();
    scene.restart_with(policy);
    assert!(scene.is_open(here, 22));
    assert!(!scene.is_open(here, 80) && !scene.is_open(here, 443));
}

#[test]
fn what_stands_open_for_longer_than_any_service_allows_is_closed_in_time() {
    let mut scene = Scene::new();
    let opening = Opening {
        address: address("203.0.113.5"),
        port: port(22),
        passage: Passage::Lasting,
    };
    let standing = Standing {
        opening,
        remaining: seconds(1_000_000),
    };
    let effect = nightlatch_core::Effect::Open {
        openings: vec![opening],
        lasts: standing.remaining,
    };
    scene.door.apply(&effect, scene.now().monotonic);
    scene.crash();
    scene.wait(seconds(3599));
    assert!(scene.is_open(opening.address, 22));
    scene.wait(seconds(1));
    assert!(!scene.is_open(opening.address, 22));
}

#[test]
fn a_table_that_somebody_deleted_is_put_back_with_the_grants_in_force() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let (here, there) = (home(&mut scene, ALICE), home(&mut scene, BOB));
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(12));
    opened(&scene.knock(BOB, "once"));
    scene.restore_the_door();
    assert!(scene.is_open(here, 22));
    assert!(
        !scene.is_open(there, 5432),
        "it may be used up: knock again"
    );
    scene.wait(seconds(19));
    assert!(!scene.is_open(here, 22));
}
