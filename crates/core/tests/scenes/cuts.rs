//! Services whose connections end with their grant: what is to be cut, and for whom it is not.

use nightlatch_core::{Answers, Cut, Grant, Limits, Policy, Service, ServiceSet};
use nightlatch_testkit::{Came, Scene, closing, plain, port, usual_services};
use nightlatch_ticket::Status;

use crate::{ALICE, BOB, address, elsewhere, home, opened, seconds};

/// The usual services, and all of them cut; a sequence opens `ssh`, another closes it.
fn policy() -> Policy {
    let cutting = |service: Service| Service {
        cuts: true,
        ..service
    };
    let services = usual_services().into_iter().map(cutting).collect();
    let sequences = vec![
        plain("in", &[7000, 9000, 8000]),
        closing(plain("out", &[1, 3, 2])),
    ];
    Policy::new(services, sequences, Answers::Sealed, Limits::default()).unwrap()
}

fn scene(people: u32) -> Scene {
    Scene::governed(people, policy())
}

fn closed(came: Came) -> Vec<Grant> {
    match came {
        Came::Closed(grants) => grants,
        other => panic!("{other:?}"),
    }
}

/// What has to be cut by now for grants that were closed.
fn cut(scene: &Scene, grants: &[Grant]) -> Vec<Cut> {
    let cuts = grants.iter().flat_map(|grant| &grant.cuts);
    let now = scene.now();
    cuts.copied()
        .filter(|cut| scene.gatekeeper.may_cut(*cut, now))
        .collect()
}

fn ssh_of(address: core::net::IpAddr) -> Cut {
    Cut {
        address,
        port: port(22),
    }
}

#[test]
fn closing_cuts_every_port_of_a_service_that_asks_for_it() {
    let mut scene = scene(1);
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "web"));
    let grants = closed(scene.close(ALICE, "web"));
    let both = [80, 443].map(|number| Cut {
        address: here,
        port: port(number),
    });
    assert_eq!(cut(&scene, &grants), both);
}

#[test]
fn a_service_that_does_not_ask_for_it_cuts_nothing() {
    let mut scene = Scene::new();
    opened(&scene.knock(ALICE, "ssh"));
    let grants = closed(scene.close(ALICE, "ssh"));
    assert!(grants.iter().all(|grant| grant.cuts.is_empty()));
}

#[test]
fn a_grant_in_force_has_nothing_to_cut_and_nor_has_one_that_runs_out() {
    let mut scene = scene(1);
    match scene.knock(ALICE, "ssh") {
        Came::Opened(grant) => assert_eq!(grant.cuts, []),
        other => panic!("{other:?}"),
    }
    scene.wait(seconds(31));
    assert_eq!(scene.ended, []);
}

#[test]
fn a_client_may_close_what_runs_long_after_his_grant_has_run_out() {
    let mut scene = scene(1);
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.wait(seconds(3600));
    let grants = closed(scene.close(ALICE, "ssh"));
    assert_eq!(cut(&scene, &grants), [ssh_of(here)]);
    assert_eq!(grants[0].lasts, seconds(0));
}

#[test]
fn whoever_shares_the_address_and_holds_a_grant_is_not_cut() {
    let mut scene = scene(2);
    let shared = address("203.0.113.9");
    for who in [ALICE, BOB] {
        (scene.person(who).at, scene.person(who).seen_at) = (shared, shared);
        opened(&scene.knock(who, "ssh"));
    }
    let grants = closed(scene.close(ALICE, "ssh"));
    assert_eq!(cut(&scene, &grants), []);
    let grants = closed(scene.close(BOB, "ssh"));
    assert_eq!(cut(&scene, &grants), [ssh_of(shared)]);
}

#[test]
fn a_neighbours_grant_for_one_connection_to_the_same_port_keeps_it_uncut() {
    let mut services = usual_services();
    services[0].cuts = true;
    services[2].ports = vec![port(22)];
    let policy = Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap();
    let mut scene = Scene::governed(2, policy);
    let shared = address("203.0.113.9");
    for who in [ALICE, BOB] {
        (scene.person(who).at, scene.person(who).seen_at) = (shared, shared);
    }
    opened(&scene.knock(ALICE, "ssh"));
    opened(&scene.knock(BOB, "once"));
    let grants = closed(scene.close(ALICE, "ssh"));
    assert_eq!(cut(&scene, &grants), []);
    scene.wait(seconds(31));
    assert_eq!(cut(&scene, &grants), [ssh_of(shared)]);
}

#[test]
fn who_knocks_again_before_the_cut_is_not_cut() {
    let mut scene = scene(1);
    opened(&scene.knock(ALICE, "ssh"));
    let grants = closed(scene.close(ALICE, "ssh"));
    opened(&scene.knock(ALICE, "ssh"));
    assert_eq!(cut(&scene, &grants), []);
}

#[test]
fn a_sequence_cuts_what_it_ends_and_nothing_that_is_over() {
    let mut scene = scene(1);
    opened(&scene.walk("in", 0, elsewhere()));
    let grants = closed(scene.walk("out", 0, elsewhere()));
    assert_eq!(cut(&scene, &grants), [ssh_of(elsewhere())]);
    // Its source can be forged, and nothing here proves that it was ever let in.
    assert_eq!(
        scene.walk("out", 0, elsewhere()),
        Came::Answered(Status::Closed)
    );
}

#[test]
fn what_a_former_life_opened_is_cut_by_who_closes_it() {
    let mut scene = scene(1);
    opened(&scene.walk("in", 0, elsewhere()));
    scene.crash();
    let grants = closed(scene.walk("out", 0, elsewhere()));
    assert_eq!(cut(&scene, &grants), [ssh_of(elsewhere())]);
}

#[test]
fn a_reload_that_takes_a_client_away_cuts_what_he_holds() {
    let mut scene = scene(1);
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "ssh"));
    scene.reload(policy(), &[], ServiceSet::all());
    let ended = scene.ended.clone();
    assert_eq!(cut(&scene, &ended), [ssh_of(here)]);
}
