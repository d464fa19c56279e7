//! Messages: a client's words, handed on once, answered like a knock.

use nightlatch_core::{Answers, Claim, ClientId, Limits, MessageClaim, Refused, ServiceSet};
use nightlatch_testkit::{Came, Scene, Told};
use nightlatch_ticket::{Happened, Kind, Status};

use crate::{ALICE, BOB, elsewhere, home, opened, seconds};

const TEXT: &str = "the backup of Tuesday is broken; $(reboot) \u{1b}[2J";

fn told(text: &str) -> Came {
    Came::Told(ClientId(0), text.into())
}

#[test]
fn a_message_is_handed_on_word_for_word_and_answered() {
    let mut scene = Scene::new();
    let long = "x".repeat(1024);
    for text in [TEXT, "", long.as_str()] {
        assert_eq!(scene.say(ALICE, text), told(text));
        assert!(scene.is_answered());
    }
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn an_attempt_to_tell_is_done_when_the_message_has_arrived() {
    let mut scene = Scene::new();
    match scene.attempt_to_tell(ALICE, TEXT) {
        Told::Done(outcome) => assert_eq!(outcome.happened, Happened::Taken),
        Told::GaveUp(reason) => panic!("{reason:?}"),
    }
}

#[test]
fn an_attempt_to_tell_repairs_what_an_attempt_to_knock_repairs() {
    let spoil: [fn(&mut Scene); 5] = [
        |scene| scene.person(ALICE).clock_error = 300_000,
        |scene| scene.person(ALICE).clock_error = -86_400_000,
        |scene| scene.move_behind_nat(ALICE, elsewhere()),
        |scene| {
            opened(&scene.knock(ALICE, "ssh"));
            scene.crash();
        },
        |scene| {
            scene.person(ALICE).clock_error = 86_400_000;
            let _ = scene.attempt(ALICE, "ssh");
            scene.person(ALICE).memory = nightlatch_ticket::Memory::default();
            scene.wait(seconds(30));
        },
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        let mut scene = Scene::new();
        spoil(&mut scene);
        let told = scene.attempt_to_tell(ALICE, TEXT);
        assert!(matches!(told, Told::Done(_)), "{number}: {told:?}");
    }
}

#[test]
fn four_hundred_replays_of_a_message_say_nothing_and_earn_no_answer() {
    let mut scene = Scene::new();
    let message = scene.message(ALICE, TEXT);
    assert_eq!(scene.send_from(ALICE, &message), told(TEXT));
    let claim = scene.message_claim(ALICE, &message);
    for _ in 0..400 {
        let came = scene.judge(&Claim::Message(Box::new(claim)));
        assert_eq!(came, Came::Refused(Refused::Replayed));
        assert!(!scene.is_answered());
        scene.wait(seconds(2));
    }
}

#[test]
fn messages_and_tickets_share_one_counter() {
    let mut scene = Scene::new();
    let message = scene.message(ALICE, TEXT);
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    assert_eq!(
        scene.send_from(ALICE, &message),
        Came::Refused(Refused::Replayed)
    );
}

#[test]
fn whoever_may_not_tell_is_answered_so_and_may_knock_all_the_same() {
    let mut scene = Scene::new();
    scene.forbid_to_tell();
    assert_eq!(scene.say(ALICE, TEXT), Came::Answered(Status::Forbidden));
    assert!(scene.is_answered());
    let by_ports = scene.spell_text(ALICE, "fire");
    assert_eq!(
        scene.hand_on(ALICE, &by_ports),
        Came::Answered(Status::Forbidden)
    );
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn a_message_from_elsewhere_stale_or_in_doubt_is_answered_like_a_knock() {
    let mut scene = Scene::new();
    let message = scene.message(ALICE, TEXT);
    assert_eq!(
        scene.send(&message, elsewhere()),
        Came::Answered(Status::Elsewhere)
    );
    assert!(scene.is_answered());
    let message = scene.message(ALICE, TEXT);
    scene.wait(seconds(61));
    assert_eq!(
        scene.send_from(ALICE, &message),
        Came::Answered(Status::Stale)
    );
    let message = scene.message(ALICE, TEXT);
    assert_eq!(scene.send_from(ALICE, &message), told(TEXT));
    scene.crash();
    assert_eq!(
        scene.send_from(ALICE, &message),
        Came::Answered(Status::InDoubt)
    );
}

#[test]
fn a_silent_server_takes_a_message_without_a_word() {
    let mut scene = Scene::with(1, Answers::Silent, Limits::default());
    assert_eq!(scene.say(ALICE, TEXT), told(TEXT));
    assert!(!scene.is_answered());
}

#[test]
fn a_listener_that_was_taken_over_puts_words_into_nobodys_mouth() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let message = scene.message(ALICE, TEXT);
    let claim = scene.message_claim(ALICE, &message);
    let refused = |scene: &mut Scene, claim: MessageClaim, reason| {
        let came = scene.judge(&Claim::Message(Box::new(claim)));
        assert_eq!(came, Came::Refused(reason));
        assert!(!scene.is_answered());
    };
    let client = ClientId(1);
    refused(
        &mut scene,
        MessageClaim { client, ..claim },
        Refused::Forged,
    );
    let client = ClientId(9);
    refused(
        &mut scene,
        MessageClaim { client, ..claim },
        Refused::UnknownClient,
    );
    for place in [0, 8, 20, 500, 1107, 1123] {
        let mut bent = claim;
        bent.sealed[place] ^= 1;
        refused(&mut scene, bent, Refused::Forged);
    }
    assert_eq!(scene.send_from(ALICE, &message), told(TEXT));
}

#[test]
fn a_message_says_who_sealed_it_wherever_it_comes_from() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let here = home(&mut scene, ALICE);
    (scene.person(BOB).at, scene.person(BOB).seen_at) = (here, here);
    assert_eq!(scene.say(BOB, TEXT), Came::Told(ClientId(1), TEXT.into()));
}

#[test]
fn a_reload_takes_the_leave_to_tell_with_the_roster() {
    let mut scene = Scene::new();
    let policy = scene.gatekeeper.policy().clone();
    scene.reload(policy, &[0], ServiceSet::EMPTY);
    assert_eq!(scene.say(ALICE, TEXT), told(TEXT), "it is no service");
}
