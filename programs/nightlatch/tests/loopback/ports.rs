//! Requests spread over ports: counters, clocks, families, and what the tool says of them.

use std::net::SocketAddr;
use std::time::Duration;

use nightlatch::knock::{
    Aim, Breadth, Carriage, Errand, Family, Hearing, Means, Method, Patience, Recollection, Remark,
    Route, Visit, everywhere,
};
use nightlatch::{Clock, randomness};
use nightlatch_core::Protocol;
use nightlatch_ticket::{
    Counter, Happened, Kind, Memory, SYMBOLS, SequenceText, ServiceHash, Span,
};
use serde_json::Value;

use crate::home::{neighbours, text};
use crate::house::{Manners, client_keys};

fn carriage() -> Carriage {
    Carriage {
        span: Span::new(20_000, 28_191, &[]).unwrap(),
        carrier: Protocol::Udp,
        pace: Duration::ZERO,
    }
}

/// Addresses of the loopback that nobody else touches.
fn routes(ips: &[&str]) -> Vec<Route> {
    let place = |ip: &&str| SocketAddr::new(ip.parse().unwrap(), 62_201);
    ips.iter()
        .map(place)
        .map(|place| Route {
            family: Family::of(place.ip()),
            places: vec![place],
        })
        .collect()
}

fn knocked(routes: &[Route], breadth: Breadth, known: &mut Recollection) -> Vec<Visit> {
    let (carriage, keys) = (carriage(), client_keys());
    let text = SequenceText::new("hello").unwrap();
    let (kind, text) = match breadth {
        Breadth::Once => (Kind::Message, Some(&text)),
        _ => (Kind::Knock, None),
    };
    let errand = Errand {
        aim: Aim {
            kind,
            service: ServiceHash::of("ssh"),
            wanted: 0,
            address: None,
            hearing: Hearing::Answers,
        },
        method: Method::Sequence(&carriage, text),
        keys: &keys,
        patience: Patience::Usual,
        clock: Clock::system(),
    };
    everywhere(errand, routes, breadth, known, randomness().unwrap())
}

/// A recollection of the loopback's own network.
fn remembering(memory: Memory) -> Recollection {
    let mut known = Recollection::default();
    known.learn("127.0.0.1".parse().unwrap(), Memory::default(), memory);
    known
}

fn last(visit: &Visit) -> Counter {
    visit.end.as_ref().unwrap().after.last
}

#[test]
fn every_port_is_touched_once_and_nothing_is_awaited() {
    let visits = knocked(
        &routes(&["127.0.0.1"]),
        Breadth::Every,
        &mut Recollection::default(),
    );
    let knocked = visits[0].end.as_ref().unwrap();
    assert_eq!(knocked.exchange.diary.packets(), SYMBOLS);
    assert_eq!(visits[0].done().unwrap().happened, Happened::Sent);
    assert_eq!(visits[0].means, Means::Sequence);
    assert!(!visits[0].is_open());
    assert_eq!(knocked.exchange.diary.guessed(), None);
    assert_eq!(knocked.exchange.diary.count(Remark::NotTaken), 0);
}

#[test]
fn the_families_follow_each_other_with_rising_counters() {
    let visits = knocked(
        &routes(&["::1", "127.0.0.1"]),
        Breadth::Every,
        &mut Recollection::default(),
    );
    assert_eq!(visits.len(), 2);
    assert!(last(&visits[0]) < last(&visits[1]));
}

#[test]
fn a_text_goes_over_one_family_alone() {
    let visits = knocked(
        &routes(&["::1", "127.0.0.1"]),
        Breadth::Once,
        &mut Recollection::default(),
    );
    assert_eq!(visits.len(), 1);
    assert_eq!(
        visits[0].end.as_ref().unwrap().exchange.diary.packets(),
        2 * SYMBOLS
    );
}

#[test]
fn the_servers_clock_is_gone_by_where_it_is_known() {
    let offset = 90_000;
    let mut known = remembering(Memory {
        offset,
        ..Memory::default()
    });
    let visits = knocked(&routes(&["127.0.0.1"]), Breadth::Every, &mut known);
    let theirs = Clock::ahead_by_millis(offset).unix().as_nanos();
    let apart = Duration::from_nanos(last(&visits[0]).0.abs_diff(theirs));
    assert!(apart < Duration::from_secs(5), "{apart:?}");
}

#[test]
fn a_counter_ahead_cannot_be_said_and_what_helps_is_told() {
    for (ahead, helps) in [
        (
            120_000,
            "lies 1 min 59 s ahead of the clock\n  try again when that time has passed",
        ),
        (
            86_400_000,
            "`nightlatch keygen -o FILE` and have its public key put in the place",
        ),
    ] {
        let named = Counter(Clock::ahead_by_millis(ahead).unix().as_nanos());
        let memory = Memory {
            named,
            ..Memory::default()
        };
        let mut known = remembering(memory);
        let visits = knocked(&routes(&["127.0.0.1"]), Breadth::Every, &mut known);
        let error = visits[0].end.as_ref().unwrap_err().to_string();
        assert!(error.contains(helps), "{error}");
        assert!(error.contains("--method ticket"), "{error}");
        let after = known.memory("127.0.0.1".parse().unwrap());
        assert_eq!((after.last, after.named), (Counter(0), named));
    }
}

#[test]
fn a_counter_that_nobody_can_have_taken_is_forgotten() {
    let last = Counter(Clock::ahead_by_millis(630_720_000_000).unix().as_nanos());
    let mut known = remembering(Memory {
        last,
        ..Memory::default()
    });
    let visits = knocked(&routes(&["127.0.0.1"]), Breadth::Every, &mut known);
    assert!(visits[0].done().is_some());
    assert!(known.memory("127.0.0.1".parse().unwrap()).last < last);
}

#[test]
fn the_tool_says_that_nobody_answers_and_shows_each_touch() {
    let (home, _house) = neighbours(Manners::default());
    let line = ["knock", "home", "--method", "encrypted-sequence", "-v"];
    let output = home.run(&line);
    assert_eq!(
        text(&output.stdout),
        "sent an encrypted sequence to 127.0.0.1, ssh; nobody answers it: connect to see whether it is open\n"
    );
    assert_eq!(output.status.code(), Some(0));
    let remarks = text(&output.stderr);
    assert!(remarks.starts_with("at 127.0.0.1:\n"), "{remarks}");
    assert_eq!(
        remarks.matches("touched tcp/2").count(),
        SYMBOLS,
        "{remarks}"
    );
    let told = home.run(&["knock", "home", "--method", "encrypted-sequence", "--json"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["done"], true);
    assert_eq!(told["visits"][0]["method"], "encrypted-sequence");
    assert_eq!(told["visits"][0]["outcome"], "sent");
    assert_eq!(told["visits"][0]["packets"], SYMBOLS);
}

#[test]
fn a_pause_that_makes_no_sense_is_refused() {
    let (home, house) = neighbours(Manners::default());
    let ticket = home.run(&["knock", "home", "--pause", "5ms"]);
    assert_eq!(ticket.status.code(), Some(64));
    assert!(text(&ticket.stderr).contains("leave --pause away"));
    let line = ["knock", "home", "--method", "encrypted-sequence"];
    let slow = home.run(&[&line[..], &["--pause", "2s"]].concat());
    assert_eq!(slow.status.code(), Some(64));
    assert!(
        text(&slow.stderr).contains("1000 ms is the most"),
        "{slow:?}"
    );
    let other = home.run(&["knock", "home", "--method", "semaphore"]);
    assert_eq!(other.status.code(), Some(64));
    assert!(house.verdicts().is_empty());
}

#[test]
fn an_address_of_the_other_family_is_refused() {
    let (home, _house) = neighbours(Manners::default());
    let line = ["knock", "home", "--method", "encrypted-sequence"];
    let output = home.run(&[&line[..], &["--address", "2001:db8::7"]].concat());
    assert!(!output.status.success(), "{output:?}");
}
