//! Services that put addresses into the administrator's own sets: the longest grant counts, and what ends is taken out.

use core::net::IpAddr;
use core::time::Duration;
use std::sync::Arc;

use nightlatch_core::{
    AddressSet, Answers, Effect, Limits, Passage, Policy, Revoke, Service, ServiceSet,
};
use nightlatch_testkit::{Came, Scene, port};
use nightlatch_ticket::Status;

use crate::{ALICE, BOB, address, home, opened, seconds};

const ADMINS: &str = "ipv4 into nftables inet filter admins";
const ADMINS_6: &str = "ipv6 into nftables inet filter admins6";
const OTHERS: &str = "ipv4 into ipset others";

fn set(text: &str) -> AddressSet {
    text.parse().unwrap()
}

fn service(name: &str, ports: &[u16], sets: &[&str], lasts: u64) -> Service {
    Service {
        name: name.into(),
        ports: ports.iter().map(|number| port(*number)).collect(),
        inserts: sets.iter().map(|text| Arc::new(set(text))).collect(),
        forwards: vec![],
        lasts: seconds(lasts),
        at_most: seconds(3600),
        passage: Passage::Lasting,
        runs: None,
        cuts: false,
    }
}

/// `admin` inserts only, `long` into the same set for longer; `both` opens a port and inserts.
fn services() -> Vec<Service> {
    vec![
        service("admin", &[], &[ADMINS, OTHERS], 30),
        service("long", &[], &[ADMINS], 600),
        service("both", &[22], &[ADMINS, ADMINS_6], 30),
    ]
}

fn policy(services: Vec<Service>) -> Policy {
    Policy::new(services, vec![], Answers::Sealed, Limits::default()).unwrap()
}

fn scene() -> Scene {
    Scene::governed(2, policy(services()))
}

/// For how many seconds still an address is in a set.
fn rest(scene: &Scene, text: &str, address: IpAddr) -> Option<u64> {
    let now = scene.now().monotonic;
    let rest = scene.door.stays(&set(text), address, now);
    rest.as_ref().map(Duration::as_secs)
}

fn behind_one_nat(scene: &mut Scene) -> IpAddr {
    let here = home(scene, ALICE);
    (scene.person(BOB).at, scene.person(BOB).seen_at) = (here, here);
    here
}

#[test]
fn a_knock_puts_the_address_into_every_set_and_time_takes_it_out() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "admin"));
    assert_eq!(rest(&scene, ADMINS, here), Some(30));
    assert_eq!(rest(&scene, OTHERS, here), Some(30));
    scene.wait(seconds(20));
    opened(&scene.knock(ALICE, "admin"));
    assert_eq!(rest(&scene, ADMINS, here), Some(30), "renewed");
    let applied = scene.door.applied();
    scene.wait(seconds(30));
    assert_eq!(rest(&scene, ADMINS, here), None);
    assert_eq!(scene.door.applied(), applied, "the kernel did it by itself");
}

#[test]
fn closing_takes_the_address_out() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "both"));
    assert!(scene.is_open(here, 22));
    assert_eq!(rest(&scene, ADMINS, here), Some(30));
    assert!(matches!(scene.close(ALICE, "both"), Came::Closed(_)));
    assert!(!scene.is_open(here, 22));
    assert_eq!(rest(&scene, ADMINS, here), None);
}

#[test]
fn behind_one_nat_the_longest_grant_counts() {
    let mut scene = scene();
    let here = behind_one_nat(&mut scene);
    opened(&scene.knock(ALICE, "admin"));
    scene.wait(seconds(10));
    opened(&scene.knock(BOB, "admin"));
    assert!(matches!(scene.close(ALICE, "admin"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), Some(30), "his lasts longer");
    opened(&scene.knock(ALICE, "admin"));
    scene.wait(seconds(10));
    opened(&scene.knock(ALICE, "admin"));
    assert!(matches!(scene.close(ALICE, "admin"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), Some(20), "his, and no longer");
    assert!(matches!(scene.close(BOB, "admin"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), None);
}

#[test]
fn of_two_services_with_one_set_the_longer_one_counts() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "long"));
    opened(&scene.knock(ALICE, "admin"));
    assert_eq!(rest(&scene, ADMINS, here), Some(600), "not shortened");
    assert_eq!(rest(&scene, OTHERS, here), Some(30));
    assert!(matches!(scene.close(ALICE, "long"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), Some(30));
    assert!(matches!(scene.close(ALICE, "admin"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), None);
    assert_eq!(rest(&scene, OTHERS, here), None);
}

#[test]
fn an_address_goes_only_where_its_version_belongs() {
    let mut scene = scene();
    let here = address("2001:db8::7");
    (scene.person(ALICE).at, scene.person(ALICE).seen_at) = (here, here);
    opened(&scene.knock(ALICE, "both"));
    assert_eq!(rest(&scene, ADMINS_6, here), Some(30));
    assert_eq!(rest(&scene, ADMINS, here), None);
    assert_eq!(
        scene.knock(ALICE, "admin"),
        Came::Answered(Status::Unavailable),
        "nothing would come of it"
    );
}

#[test]
fn after_a_flush_the_next_knock_puts_the_address_back_whoever_holds_longer() {
    let mut scene = scene();
    let here = behind_one_nat(&mut scene);
    opened(&scene.knock(BOB, "long"));
    scene.door.flush();
    opened(&scene.knock(ALICE, "admin"));
    assert_eq!(rest(&scene, ADMINS, here), Some(600));
}

#[test]
fn sets_that_were_made_anew_are_filled_again() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "admin"));
    scene.wait(seconds(10));
    scene.door.flush();
    let now = scene.now();
    for effect in scene.gatekeeper.restore_members(now) {
        scene.door.apply(&effect, now.monotonic);
    }
    assert_eq!(rest(&scene, ADMINS, here), Some(21), "rounded up");
    scene.wait(seconds(30));
    assert_eq!(scene.gatekeeper.restore_members(scene.now()), []);
}

#[test]
fn what_the_kernel_refuses_is_no_grant_and_leaves_nothing_behind() {
    let mut scene = scene();
    let here = behind_one_nat(&mut scene);
    scene.door.stick(true);
    assert_eq!(scene.knock(ALICE, "admin"), Came::Stuck);
    scene.door.stick(false);
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
    opened(&scene.knock(BOB, "admin"));
    scene.wait(seconds(10));
    // It may have taken a part of it: what the others hold is told anew.
    scene.door.stick(true);
    assert_eq!(scene.knock(ALICE, "long"), Came::Stuck);
    scene.door.stick(false);
    assert_eq!(rest(&scene, ADMINS, here), Some(20));
    opened(&scene.knock(ALICE, "long"));
    assert_eq!(rest(&scene, ADMINS, here), Some(600), "the next one counts");
}

#[test]
fn a_renewal_that_is_refused_leaves_no_door_open_that_nobody_knows_of() {
    let mut scene = scene();
    let here = behind_one_nat(&mut scene);
    opened(&scene.knock(ALICE, "both"));
    scene.wait(seconds(10));
    scene.door.refuse_once();
    assert_eq!(scene.knock(ALICE, "both"), Came::Stuck);
    assert_eq!(scene.gatekeeper.grants(scene.now()).count(), 0);
    assert!(!scene.is_open(here, 22));
    assert_eq!(rest(&scene, ADMINS, here), None);
}

#[test]
fn a_close_that_is_refused_is_told_again() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "both"));
    scene.door.refuse_once();
    assert_eq!(scene.close(ALICE, "both"), Came::Stuck);
    assert!(!scene.is_open(here, 22));
    assert_eq!(rest(&scene, ADMINS, here), None);
}

#[test]
fn each_set_is_filled_by_itself() {
    let mut scene = scene();
    opened(&scene.knock(ALICE, "admin"));
    opened(&scene.knock(BOB, "admin"));
    let effects = scene.gatekeeper.restore_members(scene.now());
    let sets: Vec<usize> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Insert { stays } => stays.len(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(sets, [2, 2], "one missing set empties no other");
}

#[test]
fn who_is_in_from_a_former_life_is_taken_out_by_closing_and_by_time() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "admin"));
    scene.stop_and_start();
    assert_eq!(rest(&scene, ADMINS, here), Some(30), "still in");
    assert!(matches!(scene.close(ALICE, "admin"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), None);
    opened(&scene.knock(ALICE, "admin"));
    scene.stop_and_start();
    scene.wait(seconds(30));
    assert_eq!(rest(&scene, ADMINS, here), None);
}

#[test]
fn closing_what_a_former_life_granted_leaves_others_in() {
    let mut scene = scene();
    let here = behind_one_nat(&mut scene);
    opened(&scene.knock(ALICE, "admin"));
    scene.stop_and_start();
    opened(&scene.knock(BOB, "long"));
    assert!(matches!(scene.close(ALICE, "admin"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), Some(600), "he holds it now");
    assert_eq!(rest(&scene, OTHERS, here), None);
}

#[test]
fn what_is_taken_back_is_taken_out() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "admin"));
    opened(&scene.knock(ALICE, "both"));
    scene.revoke(Revoke::Address(here));
    assert_eq!(rest(&scene, ADMINS, here), None);
    assert_eq!(rest(&scene, OTHERS, here), None);
}

#[test]
fn a_reload_keeps_who_is_in_the_same_sets_and_takes_the_others_out() {
    let mut scene = scene();
    let here = home(&mut scene, ALICE);
    opened(&scene.knock(ALICE, "admin"));
    opened(&scene.knock(ALICE, "both"));
    let mut moved = services();
    moved.rotate_left(1);
    scene.reload(policy(moved.clone()), &[0, 1], ServiceSet::all());
    assert_eq!(rest(&scene, OTHERS, here), Some(30));
    assert!(scene.is_open(here, 22));
    // "admin" goes to other sets now: it is another service.
    moved[2].inserts.pop();
    scene.reload(policy(moved), &[0, 1], ServiceSet::all());
    assert_eq!(rest(&scene, OTHERS, here), None);
    assert_eq!(rest(&scene, ADMINS, here), Some(30), "by the other service");
    assert!(matches!(scene.close(ALICE, "both"), Came::Closed(_)));
    assert_eq!(rest(&scene, ADMINS, here), None);
}
