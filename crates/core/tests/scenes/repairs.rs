//! Self-repair from end to end: what a client has lost, it learns from one answer.

use nightlatch_core::{Answers, Limits};
use nightlatch_testkit::{Scene, Told};
use nightlatch_ticket::{
    AddressClaim, Counter, Happened, Kind, Memory, Outcome, Reason, Repairs, Status,
};

use crate::{ALICE, BOB, address, home, is_in, seconds};

/// What an attempt took; panics if it did not open the door.
pub(crate) fn granted(told: Told) -> Outcome {
    match told {
        Told::Done(
            outcome @ Outcome {
                happened: Happened::Granted { .. },
                ..
            },
        ) => outcome,
        other => panic!("not granted: {other:?}"),
    }
}

pub(crate) fn sends(told: Told) -> u8 {
    granted(told).sends
}

fn repairs(told: Told) -> Repairs {
    granted(told).repairs
}

#[test]
fn a_right_clock_and_a_known_address_take_one_packet() {
    let mut scene = Scene::new();
    let outcome = granted(scene.attempt(ALICE, "ssh"));
    assert_eq!((outcome.sends, outcome.repairs.is_none()), (1, true));
    assert_eq!(outcome.happened, Happened::Granted { seconds: 30 });
}

#[test]
fn a_client_behind_a_nat_learns_its_address_and_remembers_it() {
    let mut scene = Scene::new();
    scene.move_behind_nat(ALICE, address("203.0.113.9"));
    let outcome = granted(scene.attempt(ALICE, "ssh"));
    assert_eq!((outcome.sends, outcome.repairs.address), (2, 1));
    assert_eq!(outcome.seen, Some(address("203.0.113.9")));
    assert!(scene.is_open(address("203.0.113.9"), 22));
    assert_eq!(sends(scene.attempt(ALICE, "ssh")), 1);
}

#[test]
fn a_client_that_does_not_know_its_address_asks() {
    let mut scene = Scene::new();
    let told = scene.attempt_with(ALICE, Kind::AskAddress, "", AddressClaim::Unknown);
    let here = home(&mut scene, ALICE);
    match told {
        Told::Done(outcome) => {
            assert_eq!(
                (outcome.happened, outcome.seen),
                (Happened::Seen, Some(here))
            );
        }
        Told::GaveUp(reason) => panic!("{reason:?}"),
    }
    let told = scene.attempt_with(ALICE, Kind::Knock, "ssh", AddressClaim::Unknown);
    assert_eq!(sends(told), 1);
}

#[test]
fn a_client_that_insists_on_an_address_gets_nothing_from_another() {
    let mut scene = Scene::new();
    scene.move_behind_nat(ALICE, address("203.0.113.9"));
    let only = AddressClaim::Only(address("198.18.0.1"));
    let told = scene.attempt_with(ALICE, Kind::Knock, "ssh", only);
    assert!(
        matches!(told, Told::GaveUp(Reason::SeenElsewhere { .. })),
        "{told:?}"
    );
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn a_client_that_lost_its_memory_gets_in_with_the_next_packet() {
    let mut scene = Scene::new();
    granted(scene.attempt(ALICE, "ssh"));
    scene.wait(seconds(1));
    scene.person(ALICE).memory = Memory::default();
    assert_eq!(
        sends(scene.attempt(ALICE, "ssh")),
        1,
        "its clock is its counter"
    );
}

#[test]
fn a_client_whose_counter_is_behind_learns_the_last_one() {
    let mut scene = Scene::new();
    let ahead = scene.now().unix.saturating_add(seconds(86_400)).as_nanos();
    scene.person(ALICE).memory.named = Counter(ahead);
    granted(scene.attempt(ALICE, "ssh"));
    // The device that knew is gone; this one has the key and the right time.
    scene.person(ALICE).memory = Memory::default();
    assert_eq!(repairs(scene.attempt(ALICE, "ssh")).counter, 1);
    assert!(scene.person(ALICE).memory.named > Counter(ahead));
}

#[test]
fn everything_wrong_at_once_is_repaired_at_once() {
    let mut scene = Scene::new();
    let ahead = scene.now().unix.saturating_add(seconds(86_400)).as_nanos();
    scene.person(ALICE).memory.named = Counter(ahead);
    granted(scene.attempt(ALICE, "ssh"));
    scene.crash();
    scene.person(ALICE).memory = Memory::default();
    scene.person(ALICE).clock_error = -20 * 365 * 86_400_000;
    scene.move_behind_nat(ALICE, address("203.0.113.9"));
    granted(scene.attempt(ALICE, "ssh"));
    assert!(scene.is_open(address("203.0.113.9"), 22));
}

#[test]
fn a_silent_server_repairs_nobody_and_honours_right_knocks() {
    let mut scene = Scene::with(1, Answers::Silent, Limits::default());
    assert_eq!(scene.attempt(ALICE, "ssh"), Told::GaveUp(Reason::Silence));
    assert!(is_in(&mut scene, ALICE) || scene.door.applied() > 0);
}

#[test]
fn what_is_forbidden_is_said_to_the_holder_of_a_key() {
    let mut scene = Scene::new();
    assert_eq!(
        scene.attempt(ALICE, "mail"),
        Told::GaveUp(Reason::Forbidden)
    );
}

#[test]
fn a_stuck_kernel_is_said_to_the_holder_of_a_key() {
    let mut scene = Scene::new();
    scene.door.stick(true);
    assert_eq!(
        scene.attempt(ALICE, "ssh"),
        Told::GaveUp(Reason::Unavailable)
    );
}

#[test]
fn one_persons_trouble_is_not_anothers() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    scene.person(ALICE).clock_error = 86_400_000;
    granted(scene.attempt(ALICE, "ssh"));
    scene.person(BOB).clock_error = -86_400_000;
    granted(scene.attempt(BOB, "ssh"));
}

#[test]
fn a_recovery_answer_tells_the_servers_time_the_address_and_the_last_counter() {
    let mut scene = Scene::new();
    granted(scene.attempt(ALICE, "ssh"));
    let last = scene.person(ALICE).memory.last;
    let now = scene.now();
    let (request, _) = scene.person(ALICE).request(Kind::Knock, "ssh", now.unix);
    let sealed = scene.seal(ALICE, &request, nightlatch_ticket::Tagged::Recovery);
    let _ = scene.send_from(ALICE, &sealed);
    let answer = scene.take_answer().unwrap();
    let ack = scene.read_answer(ALICE, &answer, request.counter).unwrap();
    assert_eq!(
        (ack.status, ack.last, ack.granted),
        (Status::Recovered, last, 0)
    );
    assert_eq!(ack.time.as_millis(), now.unix.as_millis());
    assert_eq!(ack.seen, home(&mut scene, ALICE));
}
