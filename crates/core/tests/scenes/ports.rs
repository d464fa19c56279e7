//! Encrypted sequences: as good as tickets, and as hard to fool; only nobody is answered.

use core::net::Ipv4Addr;

use nightlatch_core::{
    Answers, Claim, ClientId, FramesClaim, Limits, Policy, Refused, ServiceId, ServiceSet,
};
use nightlatch_testkit::{Came, Scene, Spelled, policy_with, usual_services};
use nightlatch_ticket::{Epoch, Kind, SequenceKind, ServiceHash, Status};

use crate::{ALICE, BOB, address, elsewhere, home, is_in, limits, opened, seconds};

fn claimed(scene: &mut Scene, claim: FramesClaim) -> Came {
    let came = scene.judge(&Claim::Frames(claim));
    assert!(
        !scene.is_answered(),
        "nobody who knocks with ports is answered"
    );
    came
}

#[test]
fn it_opens_for_the_address_that_it_came_from_and_is_not_answered() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    for (who, here) in [(ALICE, None), (BOB, Some(address("2001:db8:7::7")))] {
        if let Some(here) = here {
            (scene.person(who).at, scene.person(who).seen_at) = (here, here);
        }
        let came = scene.knock_by_ports(who, "ssh");
        assert_eq!(opened(&came), (ServiceId(0), seconds(30)));
        assert!(!scene.is_answered());
        assert!(is_in(&mut scene, who));
    }
}

#[test]
fn it_asks_for_a_time_and_gets_no_more_than_the_service_allows() {
    let mut scene = Scene::new();
    let mut lasts = |wanted| {
        let short = ServiceHash::of("ssh").short();
        let mut request = scene.request_by_ports(ALICE, SequenceKind::Knock, short);
        request.wanted = wanted;
        let spelled = scene.spell_request(ALICE, &request);
        opened(&scene.hand_on(ALICE, &spelled)).1
    };
    assert_eq!(lasts(0), seconds(30));
    assert!(lasts(1000) > seconds(700) && lasts(1000) <= seconds(1000));
    assert_eq!(lasts(u32::MAX), seconds(3600));
}

#[test]
fn it_closes_what_the_same_client_opened_by_ticket_and_the_other_way_round() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "ssh"));
    let close = scene.spell(ALICE, SequenceKind::Close, "ssh");
    assert!(matches!(scene.hand_on(ALICE, &close), Came::Closed(_)));
    assert!(!is_in(&mut scene, ALICE));
    opened(&scene.knock_by_ports(ALICE, "ssh"));
    assert!(matches!(scene.close(ALICE, "ssh"), Came::Closed(_)));
    assert!(!is_in(&mut scene, ALICE));
    let close = scene.spell(ALICE, SequenceKind::Close, "ssh");
    assert_eq!(scene.hand_on(ALICE, &close), Came::Answered(Status::Closed));
}

#[test]
fn a_renewal_by_ports_is_a_renewal() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "job"));
    match scene.knock_by_ports(ALICE, "job") {
        Came::Opened(grant) => assert!(grant.is_renewal),
        other => panic!("{other:?}"),
    }
}

#[test]
fn four_hundred_replays_open_nothing_from_anywhere_at_any_time() {
    let mut scene = Scene::new();
    let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    opened(&scene.hand_on(ALICE, &spelled));
    let claim = scene.frames_claim(ALICE, &spelled);
    for number in 0..400_u32 {
        assert_eq!(claimed(&mut scene, claim), Came::Refused(Refused::Replayed));
        let source = Ipv4Addr::from_bits(0xcb00_7100 | number).into();
        assert_eq!(
            claimed(&mut scene, FramesClaim { source, ..claim }),
            Came::Refused(Refused::Forged)
        );
        scene.wait(seconds(3));
    }
    assert_eq!(scene.door.applied(), 1);
    opened(&scene.knock_by_ports(ALICE, "ssh"));
}

#[test]
fn tickets_and_ports_share_one_counter() {
    let mut scene = Scene::new();
    let ports = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    let ticket = scene.ticket(ALICE, Kind::Knock, "web");
    opened(&scene.send_from(ALICE, &ticket));
    assert_eq!(
        scene.hand_on(ALICE, &ports),
        Came::Refused(Refused::Replayed)
    );
    let ticket = scene.ticket(ALICE, Kind::Knock, "web");
    let ports = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    opened(&scene.hand_on(ALICE, &ports));
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Replayed)
    );
    // Whoever alternates between the two is always let in.
    for _ in 0..20 {
        opened(&scene.knock(ALICE, "web"));
        opened(&scene.knock_by_ports(ALICE, "ssh"));
        scene.wait(seconds(1));
    }
}

#[test]
fn a_listener_that_lies_about_frames_opens_nothing() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    let claim = scene.frames_claim(ALICE, &spelled);
    let refused = |scene: &mut Scene, claim, reason| {
        assert_eq!(claimed(scene, claim), Came::Refused(reason), "{claim:?}");
    };
    for epoch in [claim.epoch.0 - 1, claim.epoch.0 + 1, 0, u64::MAX].map(Epoch) {
        refused(&mut scene, FramesClaim { epoch, ..claim }, Refused::Forged);
    }
    for source in [elsewhere(), home(&mut scene, BOB), address("::1")] {
        refused(&mut scene, FramesClaim { source, ..claim }, Refused::Forged);
    }
    let client = ClientId(1);
    refused(&mut scene, FramesClaim { client, ..claim }, Refused::Forged);
    let client = ClientId(2);
    refused(
        &mut scene,
        FramesClaim { client, ..claim },
        Refused::UnknownClient,
    );
    assert_eq!(scene.door.applied(), 0);
    opened(&claimed(&mut scene, claim));
}

#[test]
fn any_bit_changed_makes_it_forged_and_uses_nothing_up() {
    let mut scene = Scene::new();
    let honest = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    for bit in 0..17 * 8 {
        let mut bent = honest.clone();
        bent.frames[0][bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            scene.hand_on(ALICE, &bent),
            Came::Refused(Refused::Forged),
            "bit {bit}"
        );
    }
    let mut twice = honest.clone();
    twice.frames.push(honest.frames[0]);
    assert_eq!(scene.hand_on(ALICE, &twice), Came::Refused(Refused::Forged));
    opened(&scene.hand_on(ALICE, &honest));
}

#[test]
fn one_from_another_address_opens_neither_there_nor_here_and_is_not_used_up() {
    let mut scene = Scene::new();
    let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    scene.move_behind_nat(ALICE, elsewhere());
    assert_eq!(
        scene.hand_on(ALICE, &spelled),
        Came::Refused(Refused::Forged)
    );
    assert!(!scene.is_open(elsewhere(), 22));
    let here = scene.person(ALICE).at;
    scene.move_behind_nat(ALICE, here);
    opened(&scene.hand_on(ALICE, &spelled));
}

#[test]
fn one_of_another_time_is_stale_and_used_up() {
    for error in [-61_000, 61_000] {
        let mut scene = Scene::new();
        scene.person(ALICE).clock_error = error;
        let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
        assert_eq!(
            scene.hand_on(ALICE, &spelled),
            Came::Answered(Status::Stale)
        );
        assert!(!scene.is_answered());
        assert_eq!(
            scene.hand_on(ALICE, &spelled),
            Came::Refused(Refused::Replayed)
        );
    }
}

#[test]
fn one_held_back_opens_nothing_later() {
    let mut scene = Scene::new();
    let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    scene.wait(seconds(61));
    assert_eq!(
        scene.hand_on(ALICE, &spelled),
        Came::Answered(Status::Stale)
    );
}

#[test]
fn what_a_crash_left_in_doubt_opens_nothing_and_some_seconds_later_all_is_well() {
    let mut scene = Scene::new();
    let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    opened(&scene.hand_on(ALICE, &spelled));
    scene.crash();
    assert_eq!(
        scene.hand_on(ALICE, &spelled),
        Came::Answered(Status::InDoubt)
    );
    assert_eq!(
        scene.hand_on(ALICE, &spelled),
        Came::Refused(Refused::Replayed)
    );
    assert_eq!(
        scene.knock_by_ports(ALICE, "ssh"),
        Came::Answered(Status::InDoubt)
    );
    scene.wait(nightlatch_core::WINDOW + seconds(1));
    opened(&scene.knock_by_ports(ALICE, "ssh"));
}

#[test]
fn a_counter_ahead_of_the_watermark_is_on_disk_before_it_opens() {
    let mut scene = Scene::new();
    scene.person(ALICE).clock_error = 50_000;
    let spelled = scene.spell(ALICE, SequenceKind::Knock, "ssh");
    opened(&scene.hand_on(ALICE, &spelled));
    assert_ne!(scene.disk.counter(ClientId(0)).0, 0);
    scene.crash();
    assert_eq!(
        scene.hand_on(ALICE, &spelled),
        Came::Refused(Refused::Replayed)
    );
}

#[test]
fn a_service_that_is_not_ones_own_and_one_that_does_not_exist_are_the_same_no() {
    let mut scene = Scene::new();
    let policy = scene.gatekeeper.policy().clone();
    scene.reload(policy, &[0], ServiceSet::EMPTY.with(ServiceId(1)));
    for service in ["ssh", "mail"] {
        assert_eq!(
            scene.knock_by_ports(ALICE, service),
            Came::Answered(Status::Forbidden)
        );
        assert!(!scene.is_answered());
    }
    opened(&scene.knock_by_ports(ALICE, "web"));
}

#[test]
fn a_full_ledger_keeps_it_out_and_those_who_are_in_stay() {
    let mut scene = Scene::governed(3, policy_with(vec![], limits(2, 64)));
    opened(&scene.knock_by_ports(0, "ssh"));
    opened(&scene.knock(1, "ssh"));
    assert_eq!(scene.knock_by_ports(2, "ssh"), Came::Answered(Status::Full));
    opened(&scene.knock_by_ports(1, "ssh"));
    assert!(is_in(&mut scene, 0));
}

#[test]
fn where_it_is_not_heard_nothing_comes_of_it() {
    let deaf = Policy::new(usual_services(), vec![], Answers::Sealed, Limits::default());
    let mut scene = Scene::governed(1, deaf.unwrap());
    assert_eq!(
        scene.knock_by_ports(ALICE, "ssh"),
        Came::Refused(Refused::Unserved)
    );
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn it_brings_a_text_that_is_handed_on_once() {
    let mut scene = Scene::new();
    let text = "the house is on fire, do come 32";
    let spelled: Spelled = scene.spell_text(ALICE, text);
    assert!(spelled.frames.len() > 1);
    assert_eq!(
        scene.hand_on(ALICE, &spelled),
        Came::Told(ClientId(0), text.into())
    );
    assert!(!scene.is_answered());
    for _ in 0..400 {
        assert_eq!(
            scene.hand_on(ALICE, &spelled),
            Came::Refused(Refused::Replayed)
        );
    }
    let mut shuffled = scene.spell_text(ALICE, text);
    shuffled.frames.reverse();
    assert_eq!(
        scene.hand_on(ALICE, &shuffled),
        Came::Refused(Refused::Forged)
    );
}
