//! What those who have no key do with the packets of those who have one.

use core::net::SocketAddr;

use nightlatch_core::{Answers, Claim, ClientId, Ignored, Knocker, Limits, Refused, TicketClaim};
use nightlatch_testkit::{Came, Scene, frame_of};
use nightlatch_ticket::{Epoch, Kind, SEALED_LENGTH, Sealed, Status, Tagged};

use crate::{ALICE, BOB, elsewhere, home, opened, seconds};

#[test]
fn a_replayed_knock_opens_nothing_and_earns_no_answer() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.wait(seconds(31));
    for source in [here, elsewhere()] {
        assert_eq!(
            scene.send(&ticket, source),
            Came::Refused(Refused::Replayed)
        );
        assert!(!scene.is_answered());
        assert!(!scene.is_open(source, 22));
    }
    assert_eq!(scene.door.applied(), 1);
}

#[test]
fn four_hundred_replays_keep_no_door_open() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    for _ in 0..400 {
        scene.wait(core::time::Duration::from_millis(100));
        assert_eq!(
            scene.send_from(ALICE, &ticket),
            Came::Refused(Refused::Replayed)
        );
    }
    assert!(!scene.is_open(here, 22));
}

#[test]
fn a_knock_overtaken_by_a_later_one_is_a_replay() {
    let mut scene = Scene::new();
    let first = scene.ticket(ALICE, Kind::Knock, "ssh");
    let second = scene.ticket(ALICE, Kind::Knock, "web");
    opened(&scene.send_from(ALICE, &second));
    assert_eq!(
        scene.send_from(ALICE, &first),
        Came::Refused(Refused::Replayed)
    );
}

#[test]
fn a_knock_cut_anywhere_or_padded_is_noise() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    for length in 0..SEALED_LENGTH {
        let came = scene.send_from(ALICE, &ticket[..length]);
        assert_eq!(came, Came::Ignored(Ignored::WrongLength), "{length} bytes");
    }
    for more in [1, 2, 100, 1000] {
        let mut padded = ticket.to_vec();
        padded.resize(SEALED_LENGTH + more, 0);
        assert_eq!(
            scene.send_from(ALICE, &padded),
            Came::Ignored(Ignored::WrongLength)
        );
    }
    opened(&scene.send_from(ALICE, &ticket));
}

#[test]
fn a_frame_cut_anywhere_opens_nothing() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    let frame = frame_of(&ticket, SocketAddr::new(here, 4000));
    for length in 0..frame.len() {
        let came = scene.deliver(&frame[..length]);
        assert!(
            matches!(came, Came::Unreadable(_)),
            "{length} bytes: {came:?}"
        );
    }
    opened(&scene.deliver(&frame));
}

#[test]
fn no_bit_of_a_knock_can_be_flipped() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    for bit in 0..SEALED_LENGTH * 8 {
        let mut bent = ticket;
        bent[bit / 8] ^= 1 << (bit % 8);
        let came = scene.send_from(ALICE, &bent);
        let expected = if bit < 64 {
            Came::Ignored(Ignored::UnknownTag)
        } else {
            Came::Refused(Refused::Forged)
        };
        assert_eq!(came, expected, "bit {bit}");
        assert!(!scene.is_answered());
    }
    opened(&scene.send_from(ALICE, &ticket));
}

#[test]
fn a_knock_sent_on_from_another_address_opens_neither_there_nor_here() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    assert_eq!(
        scene.send(&ticket, elsewhere()),
        Came::Answered(Status::Elsewhere)
    );
    assert!(!scene.is_open(elsewhere(), 22) && !scene.is_open(here, 22));
    // It is used up: the original is late now, and its sender knocks again.
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Replayed)
    );
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn a_knock_held_back_opens_nothing_later() {
    let mut scene = Scene::new();
    let held_back = scene.ticket(ALICE, Kind::Knock, "ssh");
    scene.wait(seconds(61));
    assert_eq!(
        scene.send_from(ALICE, &held_back),
        Came::Answered(Status::Stale)
    );
    let held_back = scene.ticket(ALICE, Kind::Knock, "ssh");
    scene.wait(seconds(3600));
    assert_eq!(
        scene.send_from(ALICE, &held_back),
        Came::Ignored(Ignored::UnknownTag)
    );
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn a_slow_drip_of_old_knocks_never_gets_in() {
    let mut scene = Scene::new();
    let mut recorded = Vec::new();
    for minute in 0..24_usize * 60 {
        if minute % 60 == 0 {
            recorded.push(scene.ticket(ALICE, Kind::Knock, "ssh"));
            opened(&scene.send_from(ALICE, &recorded[recorded.len() - 1]));
        } else {
            let ticket = recorded[minute % recorded.len()];
            let came = scene.send_from(ALICE, &ticket);
            assert!(
                matches!(came, Came::Ignored(_) | Came::Refused(Refused::Replayed)),
                "{came:?}"
            );
        }
        scene.wait(seconds(60));
    }
    assert_eq!(scene.door.applied(), 24);
}

#[test]
fn packets_of_nobody_are_noise() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    for source in ["0.0.0.0", "255.255.255.255", "224.0.0.1", "::", "ff02::1"] {
        let came = scene.send(&ticket, source.parse().unwrap());
        assert_eq!(came, Came::Ignored(Ignored::NoHost), "{source}");
    }
    opened(&scene.send_from(ALICE, &ticket));
}

#[test]
fn a_recorded_recovery_knock_earns_one_answer_and_opens_nothing() {
    let mut scene = Scene::new();
    let recorded = recovery_knock(&mut scene, ALICE);
    assert_eq!(
        scene.send_from(ALICE, &recorded),
        Came::Answered(Status::Recovered)
    );
    for _ in 0..100 {
        scene.wait(seconds(40));
        let came = scene.send_from(ALICE, &recorded);
        assert_eq!(came, Came::Refused(Refused::RecoveryRepeated));
        assert!(!scene.is_answered());
    }
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn many_recorded_recovery_knocks_earn_one_answer_in_half_a_minute() {
    let mut scene = Scene::new();
    let recorded: Vec<Sealed> = (0..60).map(|_| recovery_knock(&mut scene, ALICE)).collect();
    let mut answers = 0;
    for ticket in &recorded {
        let _ = scene.send(ticket, elsewhere());
        answers += usize::from(scene.is_answered());
        scene.wait(seconds(1));
    }
    assert_eq!(answers, 2);
}

#[test]
fn forged_recovery_knocks_use_up_nobodys_answers() {
    let mut scene = Scene::new();
    let mut forged = recovery_knock(&mut scene, ALICE);
    forged[99] ^= 1;
    for _ in 0..100 {
        assert_eq!(
            scene.send_from(ALICE, &forged),
            Came::Refused(Refused::Forged)
        );
    }
    let honest = recovery_knock(&mut scene, ALICE);
    assert_eq!(
        scene.send_from(ALICE, &honest),
        Came::Answered(Status::Recovered)
    );
}

#[test]
fn an_answer_sent_back_is_noise() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "ssh"));
    let answer = scene.take_answer().unwrap();
    assert_eq!(
        scene.send_from(ALICE, &answer),
        Came::Ignored(Ignored::UnknownTag)
    );
}

#[test]
fn a_listener_that_was_taken_over_opens_nothing_that_is_not_sealed() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let here = home(&mut scene, ALICE);
    let honest = |scene: &mut Scene| claim(scene, ALICE);
    let asked = |scene: &mut Scene, claim| scene.judge(&Claim::Ticket(claim));

    let claim = honest(&mut scene);
    let nobody = TicketClaim {
        client: ClientId(u32::MAX),
        ..claim
    };
    assert_eq!(
        asked(&mut scene, nobody),
        Came::Refused(Refused::UnknownClient)
    );
    let another = TicketClaim {
        client: ClientId(1),
        ..claim
    };
    assert_eq!(asked(&mut scene, another), Came::Refused(Refused::Forged));
    let made_up = TicketClaim {
        sealed: [7; SEALED_LENGTH],
        ..claim
    };
    assert_eq!(asked(&mut scene, made_up), Came::Refused(Refused::Forged));
    let for_me = TicketClaim {
        source: SocketAddr::new(elsewhere(), 1),
        ..claim
    };
    assert_eq!(asked(&mut scene, for_me), Came::Answered(Status::Elsewhere));
    let again = claim;
    assert_eq!(asked(&mut scene, again), Came::Refused(Refused::Replayed));
    assert!(!scene.is_open(here, 22) && !scene.is_open(elsewhere(), 22));
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn a_recovery_knock_that_the_listener_calls_a_normal_one_opens_nothing() {
    let mut scene = Scene::new();
    let sealed = recovery_knock(&mut scene, ALICE);
    let lie = TicketClaim {
        tagged: Tagged::Now(Epoch::at(scene.now().unix)),
        sealed,
        ..claim(&mut scene, ALICE)
    };
    assert_eq!(
        scene.judge(&Claim::Ticket(lie)),
        Came::Answered(Status::Recovered)
    );
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn the_key_of_one_does_not_knock_for_another() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let now = scene.now().unix;
    let (request, tagged) = scene.person(ALICE).request(Kind::Knock, "ssh", now);
    let ticket = scene.seal(BOB, &request, tagged);
    match scene.send_from(ALICE, &ticket) {
        Came::Opened(grant) => assert_eq!(
            grant.knocker,
            Knocker::Client(ClientId(1)),
            "who sealed it, knocked"
        ),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 1);
}

fn recovery_knock(scene: &mut Scene, who: usize) -> Sealed {
    let now = scene.now().unix;
    let (request, _) = scene.person(who).request(Kind::Knock, "ssh", now);
    scene.seal(who, &request, Tagged::Recovery)
}

fn claim(scene: &mut Scene, who: usize) -> TicketClaim {
    let (here, now) = (home(scene, who), scene.now().unix);
    TicketClaim {
        client: ClientId(u32::try_from(who).unwrap()),
        tagged: Tagged::Now(Epoch::at(now)),
        source: SocketAddr::new(here, 4000),
        destination: "192.0.2.1:62201".parse().unwrap(),
        sealed: scene.ticket(who, Kind::Knock, "ssh"),
    }
}
