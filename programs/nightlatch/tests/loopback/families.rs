//! A host in both families, and two knocks at once.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::thread;

use nightlatch::knock::{
    Aim, Breadth, Errand, Family, Hearing, Method, Patience, Recollection, Route, Visit, everywhere,
};
use nightlatch::{Clock, Notebook, Randomness, randomness};
use nightlatch_core::Verdict;
use nightlatch_ticket::{Kind, PairKeys, PublicKey, Reason, ServiceHash};

use crate::house::{House, Manners, client_keys};

fn aim() -> Aim {
    Aim {
        kind: Kind::Knock,
        service: ServiceHash::of("ssh"),
        wanted: 0,
        address: None,
        hearing: Hearing::Answers,
    }
}

fn errand(keys: &PairKeys) -> Errand<'_> {
    Errand {
        aim: aim(),
        method: Method::Ticket(None),
        keys,
        patience: Patience::Usual,
        clock: Clock::system(),
    }
}

/// Where nothing but silence is to come.
fn hasty(keys: &PairKeys) -> Errand<'_> {
    Errand {
        patience: Patience::Nearby,
        ..errand(keys)
    }
}

fn route(places: &[SocketAddr]) -> Route {
    Route {
        family: Family::of(places[0].ip()),
        places: places.to_vec(),
    }
}

fn rng() -> Randomness {
    randomness().unwrap()
}

/// An address where a socket is and nobody ever answers.
fn void(ip: &str) -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind((ip.parse::<IpAddr>().unwrap(), 0)).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn silent(visit: &Visit) -> bool {
    matches!(&visit.end, Ok(knocked) if knocked.exchange.end == Err(Reason::Silence))
}

#[test]
fn both_families_are_knocked_at_and_both_are_told() {
    let (four, six) = (
        House::open("127.0.0.1", Manners::default()),
        House::open("::1", Manners::default()),
    );
    let (keys, routes) = (
        client_keys(),
        [route(&[six.address]), route(&[four.address])],
    );
    let mut known = Recollection::default();
    let visits = everywhere(errand(&keys), &routes, Breadth::Every, &mut known, rng());
    assert_eq!(
        visits.iter().map(|visit| visit.family).collect::<Vec<_>>(),
        [Family::V6, Family::V4]
    );
    assert!(visits.iter().all(Visit::is_open));
    assert_eq!((four.grants(), six.grants()), (1, 1));
}

#[test]
fn the_counters_of_the_two_families_follow_each_other() {
    let (four, six) = (
        House::open("127.0.0.1", Manners::default()),
        House::open("::1", Manners::default()),
    );
    let (keys, routes) = (
        client_keys(),
        [route(&[six.address]), route(&[four.address])],
    );
    let visits = everywhere(
        errand(&keys),
        &routes,
        Breadth::Every,
        &mut Recollection::default(),
        rng(),
    );
    let last = |visit: &Visit| visit.end.as_ref().unwrap().after.last;
    assert!(last(&visits[0]) < last(&visits[1]));
}

#[test]
fn a_family_that_leads_nowhere_does_not_hold_up_the_other() {
    let four = House::open("127.0.0.1", Manners::default());
    let (_socket, nowhere) = void("::1");
    let (keys, routes) = (client_keys(), [route(&[nowhere]), route(&[four.address])]);
    let visits = everywhere(
        errand(&keys),
        &routes,
        Breadth::Every,
        &mut Recollection::default(),
        rng(),
    );
    assert!(silent(&visits[0]));
    assert!(visits[1].is_open());
    // One wait of the usual patience and no more: another way in was open.
    assert_eq!(visits[0].end.as_ref().unwrap().exchange.diary.knocks(), 1);
}

#[test]
fn who_needs_one_way_in_knocks_no_further_than_that() {
    let (four, six) = (
        House::open("127.0.0.1", Manners::default()),
        House::open("::1", Manners::default()),
    );
    let (keys, routes) = (
        client_keys(),
        [route(&[six.address]), route(&[four.address])],
    );
    let visits = everywhere(
        errand(&keys),
        &routes,
        Breadth::First,
        &mut Recollection::default(),
        rng(),
    );
    assert_eq!(visits.len(), 1);
    assert_eq!((four.grants(), six.grants()), (0, 1));
}

#[test]
fn a_silent_address_gives_way_to_the_hosts_next_one() {
    let four = House::open("127.0.0.1", Manners::default());
    let (_socket, nowhere) = void("127.0.0.1");
    let (keys, routes) = (client_keys(), [route(&[nowhere, four.address])]);
    let visits = everywhere(
        hasty(&keys),
        &routes,
        Breadth::Every,
        &mut Recollection::default(),
        rng(),
    );
    assert_eq!(visits[0].place, four.address);
    assert!(visits[0].is_open());
}

#[test]
fn an_address_to_open_for_must_be_of_the_family() {
    let six = House::open("::1", Manners::default());
    let (keys, routes) = (client_keys(), [route(&[six.address])]);
    let mut errand = errand(&keys);
    errand.aim.address = Some("127.0.0.1".parse().unwrap());
    let visits = everywhere(
        errand,
        &routes,
        Breadth::Every,
        &mut Recollection::default(),
        rng(),
    );
    let error = visits[0].end.as_ref().unwrap_err().to_string();
    assert!(error.contains("not an IPv6 address"), "{error}");
}

#[test]
fn two_knocks_at_once_with_one_notebook_never_use_one_counter() {
    let house = House::open("127.0.0.1", Manners::default());
    let folder = tempfile::tempdir().unwrap();
    let server = PublicKey::from_bytes([9; 32]);
    let far_ahead = Clock::ahead_by_millis(86_400_000).unix().as_nanos();
    // Were the clock the counter, two knocks would hardly ever meet. So it is not: what the server
    // named is a day ahead, and every knock counts from the notebook.
    {
        let (notebook, mut known) = Notebook::open(folder.path(), &server);
        let here = house.address.ip();
        let before = known.memory(here);
        let named = nightlatch_ticket::Counter(far_ahead);
        known.learn(here, before, nightlatch_ticket::Memory { named, ..before });
        notebook.close(&known).unwrap();
    }
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (keys, routes) = (client_keys(), [route(&[house.address])]);
                let (notebook, mut known) = Notebook::open(folder.path(), &server);
                let visits = everywhere(errand(&keys), &routes, Breadth::Every, &mut known, rng());
                notebook.close(&known).unwrap();
                assert!(visits[0].is_open());
            });
        }
    });
    let verdicts = house.verdicts();
    assert_eq!(verdicts.len(), 8);
    assert!(
        verdicts
            .iter()
            .all(|verdict| matches!(verdict, Verdict::Grant(_))),
        "{verdicts:?}"
    );
}
