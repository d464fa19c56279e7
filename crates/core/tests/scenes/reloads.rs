//! Another policy or other clients while people are in, and the administrator's change of mind.

use nightlatch_core::{
    Answers, ClientId, Forward, Knocker, Limits, Policy, Refused, Revoke, ServiceId, ServiceSet,
    Shows,
};
use nightlatch_testkit::{Came, Scene, port, usual_policy, usual_services};
use nightlatch_ticket::{Kind, Status};

use crate::{ALICE, BOB, home, is_in, opened, seconds};

fn scene() -> Scene {
    Scene::with(3, Answers::Sealed, Limits::default())
}

fn same_policy() -> Policy {
    usual_policy(Answers::Sealed, Limits::default())
}

#[test]
fn a_reload_keeps_counters_and_grants() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    let ticket = scene.ticket(ALICE, Kind::Knock, "ssh");
    opened(&scene.send_from(ALICE, &ticket));
    scene.reload(same_policy(), &[0, 1, 2], ServiceSet::all());
    assert!(scene.is_open(here, 22));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 1);
    assert_eq!(
        scene.send_from(ALICE, &ticket),
        Came::Refused(Refused::Replayed)
    );
    opened(&scene.knock(ALICE, "ssh"));
}

#[test]
fn a_client_that_moved_in_the_roster_keeps_its_grant() {
    let mut scene = scene();
    let (alice, bob) = (home(&mut scene, ALICE), home(&mut scene, BOB));
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(BOB, "ssh"));
    scene.reload(same_policy(), &[2, 1, 0], ServiceSet::all());
    assert!(scene.is_open(alice, 22) && scene.is_open(bob, 22));
    let held: Vec<_> = scene
        .gatekeeper
        .grants(scene.now())
        .map(|grant| (grant.knocker, grant.address))
        .collect();
    let client = |number| Knocker::Client(ClientId(number));
    assert_eq!(held, [(client(1), bob), (client(2), alice)]);
    assert!(matches!(scene.close(ALICE, "ssh"), Came::Closed(_)));
    assert!(!scene.is_open(alice, 22) && scene.is_open(bob, 22));
}

#[test]
fn a_client_that_is_gone_is_out_at_once() {
    let mut scene = scene();
    let (alice, bob) = (home(&mut scene, ALICE), home(&mut scene, BOB));
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(BOB, "ssh"));
    scene.reload(same_policy(), &[1, 2], ServiceSet::all());
    assert!(!scene.is_open(alice, 22));
    assert!(scene.is_open(bob, 22));
    assert!(matches!(scene.knock(ALICE, "ssh"), Came::Ignored(_)));
    opened(&scene.knock(BOB, "ssh"));
}

#[test]
fn a_service_that_is_gone_is_closed_and_the_others_stay() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(ALICE, "web"));
    let mut services = usual_services();
    services.remove(0);
    let policy = Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap();
    scene.reload(policy, &[0, 1, 2], ServiceSet::all());
    assert!(!scene.is_open(here, 22));
    assert!(scene.is_open(here, 443));
    let held: Vec<_> = scene
        .gatekeeper
        .grants(scene.now())
        .map(|grant| grant.service)
        .collect();
    assert_eq!(held, [ServiceId(0)], "web is the first one now");
    assert_eq!(scene.knock(ALICE, "ssh"), Came::Answered(Status::Forbidden));
}

#[test]
fn a_service_that_opens_other_ports_now_is_another_service() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    let mut services = usual_services();
    services[0].ports = vec![port(2222)];
    let policy = Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap();
    scene.reload(policy, &[0, 1, 2], ServiceSet::all());
    assert!(!scene.is_open(here, 22) && !scene.is_open(here, 2222));
    opened(&scene.knock(ALICE, "ssh"));
    assert!(scene.is_open(here, 2222));
}

#[test]
fn a_client_that_may_no_longer_is_out_at_once() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.reload(
        same_policy(),
        &[0, 1, 2],
        ServiceSet::EMPTY.with(ServiceId(1)),
    );
    assert!(!scene.is_open(here, 22));
}

#[test]
fn grants_from_before_a_restart_survive_a_reload_while_a_service_opens_them() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(ALICE, "web"));
    scene.stop_and_start();
    let mut services = usual_services();
    services.remove(1);
    let policy = Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap();
    scene.reload(policy, &[0, 1, 2], ServiceSet::all());
    assert!(scene.is_open(here, 22));
    assert!(!scene.is_open(here, 80) && !scene.is_open(here, 443));
}

#[test]
fn grants_end_in_time_after_a_reload_too() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(10));
    scene.reload(same_policy(), &[2, 0, 1], ServiceSet::all());
    scene.wait(seconds(20));
    assert!(!scene.is_open(here, 22));
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
}

#[test]
fn the_administrator_takes_back_what_is_meant_and_nothing_else() {
    let open_after = |which| {
        let mut scene = scene();
        let (alice, bob) = (home(&mut scene, ALICE), home(&mut scene, BOB));
        opened(&scene.knock(ALICE, "ssh"));
        opened(&scene.knock(ALICE, "web"));
        opened(&scene.knock(BOB, "ssh"));
        scene.revoke(which);
        [
            scene.is_open(alice, 22),
            scene.is_open(alice, 80),
            scene.is_open(bob, 22),
        ]
    };
    assert_eq!(
        open_after(Revoke::Knocker(Knocker::Client(ClientId(0)))),
        [false, false, true]
    );
    assert_eq!(
        open_after(Revoke::Service(ServiceId(0))),
        [false, true, false]
    );
    assert_eq!(
        open_after(Revoke::Address("198.18.0.2".parse().unwrap())),
        [true, true, false]
    );
    assert_eq!(open_after(Revoke::Everything), [false, false, false]);
}

#[test]
fn taking_everything_back_includes_what_was_open_before_a_restart() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.crash();
    scene.revoke(Revoke::Everything);
    assert!(!scene.is_open(here, 22));
}

#[test]
fn grants_from_before_a_restart_end_when_any_client_is_gone() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.stop_and_start();
    scene.reload(same_policy(), &[0, 1, 2], ServiceSet::all());
    assert!(scene.is_open(here, 22), "nobody has left");
    scene.reload(same_policy(), &[1, 2], ServiceSet::all());
    assert!(!scene.is_open(here, 22), "it may have been hers");
}

#[test]
fn a_service_that_leads_somewhere_else_is_another_one() {
    let leading = |to: &str| {
        let mut services = usual_services();
        services[0].forwards = vec![Forward {
            port: services[0].ports[0],
            to: to.parse().unwrap(),
            shows: Shows::Theirs,
        }];
        Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap()
    };
    let mut scene = Scene::governed(1, leading("192.0.2.20:22"));
    opened(&scene.knock(ALICE, "ssh"));
    scene.reload(leading("192.0.2.20:22"), &[0], ServiceSet::all());
    assert!(is_in(&mut scene, ALICE));
    scene.reload(leading("192.0.2.21:22"), &[0], ServiceSet::all());
    assert!(!is_in(&mut scene, ALICE));
}
