//! What knocking does when all goes well, and what a key does not open.

use nightlatch_core::{Answers, Limits, Passage, Refused, ServiceId};
use nightlatch_testkit::{Came, Scene};
use nightlatch_ticket::{Kind, Status};

use crate::{ALICE, BOB, address, elsewhere, home, opened, seconds};

#[test]
fn a_knock_opens_one_port_for_one_address_and_the_kernel_closes_it() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    assert!(!scene.is_open(here, 22));
    assert_eq!(
        opened(&scene.knock(ALICE, "ssh")),
        (ServiceId(0), seconds(30))
    );
    assert!(scene.is_open(here, 22));
    assert!(!scene.is_open(here, 80) && !scene.is_open(elsewhere(), 22));
    scene.wait(seconds(29));
    assert!(scene.is_open(here, 22));
    scene.wait(seconds(1));
    assert!(!scene.is_open(here, 22));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
}

#[test]
fn a_service_opens_all_its_ports_at_once() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "web"));
    assert!(scene.is_open(here, 80) && scene.is_open(here, 443));
    assert_eq!(scene.door.applied(), 1);
}

#[test]
fn a_second_knock_sets_the_time_anew() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(20));
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(29));
    assert!(scene.is_open(here, 22));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 1);
    scene.wait(seconds(1));
    assert!(!scene.is_open(here, 22));
}

#[test]
fn a_client_gets_the_time_it_asks_for_and_no_more_than_the_service_allows() {
    let mut scene = Scene::new();
    let mut lasts = |wanted| {
        let now = scene.now().unix;
        let (mut request, tagged) = scene.person(ALICE).request(Kind::Knock, "ssh", now);
        request.wanted = wanted;
        let ticket = scene.seal(ALICE, &request, tagged);
        opened(&scene.send_from(ALICE, &ticket)).1
    };
    assert_eq!(lasts(0), seconds(30));
    assert_eq!(lasts(1), seconds(1));
    assert_eq!(lasts(3600), seconds(3600));
    assert_eq!(lasts(3601), seconds(3600));
    assert_eq!(lasts(u32::MAX), seconds(3600));
}

#[test]
fn a_shorter_second_knock_shortens_ones_own_time() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    let now = scene.now().unix;
    let (mut request, tagged) = scene.person(ALICE).request(Kind::Knock, "ssh", now);
    request.wanted = 3000;
    let ticket = scene.seal(ALICE, &request, tagged);
    opened(&scene.send_from(ALICE, &ticket));
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(30));
    assert!(!scene.is_open(here, 22));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
}

#[test]
fn ipv6_opens_for_ipv6() {
    let mut scene = Scene::new();
    let here = address("2001:db8:7::7");
    (scene.person(ALICE).at, scene.person(ALICE).seen_at) = (here, here);
    opened(&scene.knock(ALICE, "ssh"));
    assert!(scene.is_open(here, 22));
}

#[test]
fn an_ipv4_address_in_ipv6_clothes_is_the_ipv4_address() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send(&ticket, address("::ffff:198.18.0.1")));
    assert_eq!(here, address("198.18.0.1"));
    assert!(scene.is_open(here, 22));
}

#[test]
fn a_client_closes_what_it_opened() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(ALICE, "web"));
    assert!(matches!(scene.close(ALICE, "ssh"), Came::Closed(_)));
    assert!(!scene.is_open(here, 22));
    assert!(scene.is_open(here, 443), "the other service stays open");
}

#[test]
fn closing_what_is_closed_is_answered_and_changes_nothing() {
    let mut scene = Scene::new();
    assert_eq!(scene.close(ALICE, "ssh"), Came::Answered(Status::Closed));
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn nobody_closes_what_another_opened_elsewhere() {
    let mut scene = Scene::with(2, Answers::Sealed, Limits::default());
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    assert_eq!(scene.close(BOB, "ssh"), Came::Answered(Status::Closed));
    assert!(scene.is_open(here, 22));
}

#[test]
fn a_one_shot_grant_lets_one_connection_through() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    match scene.knock(ALICE, "once") {
        Came::Opened(grant) => assert_eq!(grant.passage, Passage::OneShot),
        other => panic!("{other:?}"),
    }
    assert!(scene.connect(here, 5432));
    assert!(!scene.connect(here, 5432));
    opened(&scene.knock(ALICE, "once"));
    assert!(
        scene.connect(here, 5432),
        "another knock, another connection"
    );
}

#[test]
fn a_service_that_is_not_ones_own_and_one_that_does_not_exist_are_the_same_no() {
    let mut scene = Scene::new();
    let only_web = nightlatch_core::ServiceSet::EMPTY.with(ServiceId(1));
    let policy = scene.gatekeeper.policy().clone();
    scene.reload(policy, &[0], only_web);
    assert_eq!(scene.knock(ALICE, "ssh"), Came::Answered(Status::Forbidden));
    assert_eq!(
        scene.knock(ALICE, "mail"),
        Came::Answered(Status::Forbidden)
    );
    opened(&scene.knock(ALICE, "web"));
}

#[test]
fn asking_for_ones_address_opens_nothing() {
    let mut scene = Scene::new();
    assert_eq!(
        {
            let ticket = scene.ticket(ALICE, Kind::AskAddress, "");
            scene.send_from(ALICE, &ticket)
        },
        Came::Answered(Status::Seen)
    );
    assert_eq!(scene.door.applied(), 0);
}

#[test]
fn a_kind_of_request_that_is_not_served_meets_silence() {
    let mut scene = Scene::new();
    let ticket = scene.ticket(ALICE, Kind::Message, "ssh");
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Unserved)
    );
    assert!(!scene.is_answered());
}

#[test]
fn a_silent_server_answers_nobody_and_opens_all_the_same() {
    let mut scene = Scene::with(1, Answers::Silent, Limits::default());
    opened(&scene.knock(ALICE, "ssh"));
    assert!(!scene.is_answered());
    assert_eq!(
        scene.knock(ALICE, "mail"),
        Came::Answered(Status::Forbidden)
    );
    assert!(!scene.is_answered());
    scene.person(ALICE).at = elsewhere();
    assert_eq!(scene.knock(ALICE, "ssh"), Came::Answered(Status::Elsewhere));
    assert!(!scene.is_answered());
}

#[test]
fn a_kernel_that_refuses_is_said_and_leaves_no_grant_behind() {
    let mut scene = Scene::new();
    let here = home(&mut scene, ALICE);
    scene.door.stick(true);
    assert_eq!(scene.knock(ALICE, "ssh"), Came::Stuck);
    assert!(scene.is_answered());
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
    scene.door.stick(false);
    opened(&scene.knock(ALICE, "ssh"));
    assert!(scene.is_open(here, 22));
}
