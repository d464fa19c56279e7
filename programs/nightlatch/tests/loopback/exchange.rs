//! One exchange over a real socket: granted, repaired, refused, or met with silence.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use nightlatch::knock::{Exchange, Line, Patience, Remark, once, open};
use nightlatch::{Clock, randomness};
use nightlatch_core::Verdict;
use nightlatch_ticket::{
    AddressClaim, Answer, Counter, Happened, Kind, Memory, Outcome, Reason, Repairs, ServiceHash,
    Wish,
};

use crate::house::{House, Manners, client_keys};

fn wish(answer: Answer) -> Wish {
    Wish {
        kind: Kind::Knock,
        service: ServiceHash::of("ssh"),
        wanted: 0,
        answer,
    }
}

/// With the usual patience, so that a busy machine is not taken for a lossy network.
fn knock_at(place: SocketAddr, wish: Wish, memory: &mut Memory) -> Exchange {
    knock_with(Patience::Usual, place, wish, memory)
}

fn knock_with(patience: Patience, place: SocketAddr, wish: Wish, memory: &mut Memory) -> Exchange {
    let keys = client_keys();
    let (socket, _) = open(place).unwrap();
    let line = Line {
        socket: &socket,
        keys: &keys,
        text: None,
        patience,
        clock: Clock::system(),
        enough: None,
    };
    once(line, wish, memory, &mut randomness().unwrap()).unwrap()
}

fn knock(house: &House, memory: &mut Memory) -> Exchange {
    knock_at(
        house.address,
        wish(Answer::Awaited(AddressClaim::Likely(house.address.ip()))),
        memory,
    )
}

/// Where nothing but silence is to come, or where the number of knocks says nothing.
fn knock_hastily(house: &House, memory: &mut Memory) -> Exchange {
    let likely = wish(Answer::Awaited(AddressClaim::Likely(house.address.ip())));
    knock_with(Patience::Nearby, house.address, likely, memory)
}

fn granted(exchange: &Exchange) -> Outcome {
    let outcome = exchange.end.unwrap();
    assert_eq!(outcome.happened, Happened::Granted { seconds: 30 });
    outcome
}

#[test]
fn a_knock_is_granted_over_ipv4_and_ipv6() {
    for ip in ["127.0.0.1", "::1"] {
        let house = House::open(ip, Manners::default());
        let mut memory = Memory::default();
        let outcome = granted(&knock(&house, &mut memory));
        assert_eq!(outcome.seen, Some(house.address.ip()));
        assert_eq!((outcome.repairs, outcome.sends), (Repairs::default(), 1));
        assert_eq!(house.grants(), 1);
        assert!(memory.last > Counter(0));
    }
}

#[test]
fn the_time_that_was_asked_for_is_granted_and_a_door_closes_again() {
    let house = House::open("127.0.0.1", Manners::default());
    let mut memory = Memory::default();
    let asked = wish(Answer::Awaited(AddressClaim::Likely(house.address.ip())));
    let longer = Wish {
        wanted: 90,
        ..asked
    };
    let exchange = knock_at(house.address, longer, &mut memory);
    assert_eq!(
        exchange.end.unwrap().happened,
        Happened::Granted { seconds: 90 }
    );
    let exchange = knock_at(
        house.address,
        Wish {
            kind: Kind::Close,
            ..asked
        },
        &mut memory,
    );
    assert_eq!(exchange.end.unwrap().happened, Happened::Closed);
}

#[test]
fn a_lost_knock_is_sent_again() {
    let house = House::open(
        "127.0.0.1",
        Manners {
            deaf_for: 1,
            ..Manners::default()
        },
    );
    let exchange = knock(&house, &mut Memory::default());
    assert_eq!(granted(&exchange).sends, 2);
    assert!(exchange.diary.tells_of(Remark::Silence));
}

#[test]
fn a_lost_answer_is_got_by_the_next_knock() {
    let house = House::open(
        "127.0.0.1",
        Manners {
            mute_for: 1,
            ..Manners::default()
        },
    );
    assert_eq!(granted(&knock(&house, &mut Memory::default())).sends, 2);
    assert_eq!(house.grants(), 2);
}

#[test]
fn when_all_normal_knocks_are_lost_the_recovery_still_gets_in() {
    let house = House::open(
        "127.0.0.1",
        Manners {
            deaf_for: 2,
            ..Manners::default()
        },
    );
    assert_eq!(granted(&knock(&house, &mut Memory::default())).sends, 4);
}

#[test]
fn a_clock_wrong_by_minutes_days_or_years_is_repaired_and_remembered() {
    const DAY: i64 = 86_400_000;
    for clock_ahead in [-90_000, 90_000, 3 * DAY, -3 * DAY, -10 * 365 * DAY] {
        let house = House::open(
            "127.0.0.1",
            Manners {
                clock_ahead,
                ..Manners::default()
            },
        );
        let mut memory = Memory::default();
        let outcome = granted(&knock_hastily(&house, &mut memory));
        assert!(outcome.repairs.clock > 0, "{clock_ahead}: {outcome:?}");
        assert!(
            memory.offset.abs_diff(clock_ahead) < 5_000,
            "{clock_ahead}: {memory:?}"
        );
        let again = granted(&knock(&house, &mut memory));
        assert_eq!(
            (again.repairs, again.sends),
            (Repairs::default(), 1),
            "{clock_ahead}"
        );
    }
}

#[test]
fn behind_a_nat_the_address_costs_one_round_trip_and_is_remembered() {
    let seen: IpAddr = "203.0.113.7".parse().unwrap();
    let house = House::open(
        "127.0.0.1",
        Manners {
            nat: Some(seen),
            ..Manners::default()
        },
    );
    for claim in [
        AddressClaim::Unknown,
        AddressClaim::Likely("10.0.0.2".parse().unwrap()),
    ] {
        let mut memory = Memory::default();
        let first = knock_at(house.address, wish(Answer::Awaited(claim)), &mut memory);
        let outcome = granted(&first);
        assert_eq!(
            (outcome.seen, outcome.sends, outcome.repairs.address),
            (Some(seen), 2, 1)
        );
        assert_eq!(memory.address, Some(seen));
        let second = knock_at(house.address, wish(Answer::Awaited(claim)), &mut memory);
        assert_eq!(granted(&second).sends, 1);
    }
}

#[test]
fn who_insists_on_an_address_is_told_which_one_is_seen() {
    let house = House::open("127.0.0.1", Manners::default());
    let claimed: IpAddr = "203.0.113.7".parse().unwrap();
    let only = wish(Answer::Awaited(AddressClaim::Only(claimed)));
    let exchange = knock_at(house.address, only, &mut Memory::default());
    let seen = house.address.ip();
    assert_eq!(exchange.end, Err(Reason::SeenElsewhere { claimed, seen }));
    assert_eq!(house.grants(), 0);
}

#[test]
fn a_service_that_is_not_for_this_key_is_refused_at_once() {
    let house = House::open(
        "127.0.0.1",
        Manners {
            forbids: true,
            ..Manners::default()
        },
    );
    let exchange = knock(&house, &mut Memory::default());
    assert_eq!(exchange.end, Err(Reason::Forbidden));
    assert_eq!(exchange.diary.knocks(), 1);
}

#[test]
fn after_a_crash_of_the_server_one_more_round_trip_gets_in() {
    let crashed = Some(Duration::from_secs(5));
    let house = House::open(
        "127.0.0.1",
        Manners {
            crashed,
            ..Manners::default()
        },
    );
    let outcome = granted(&knock(&house, &mut Memory::default()));
    assert_eq!((outcome.sends, outcome.repairs.counter), (2, 1));
}

#[test]
fn a_counter_lost_here_is_learnt_from_the_server() {
    let house = House::open("127.0.0.1", Manners::default());
    let day_ahead = Clock::ahead_by_millis(86_400_000).unix();
    let mut ahead = Memory {
        named: Counter(day_ahead.as_nanos()),
        ..Memory::default()
    };
    granted(&knock(&house, &mut ahead));
    let mut lost = Memory::default();
    let outcome = granted(&knock(&house, &mut lost));
    assert_eq!(outcome.repairs.counter, 1);
    assert!(lost.named > ahead.named);
}

#[test]
fn a_silent_server_is_given_up_after_a_handful_of_knocks() {
    let house = House::open(
        "127.0.0.1",
        Manners {
            deaf_for: 99,
            ..Manners::default()
        },
    );
    let exchange = knock_hastily(&house, &mut Memory::default());
    assert_eq!(exchange.end, Err(Reason::Silence));
    assert!(
        (2..=6).contains(&exchange.diary.knocks()),
        "{}",
        exchange.diary
    );
    assert!(exchange.took < Duration::from_secs(10));
}

#[test]
fn a_port_where_nobody_listens_is_silence_with_a_hint() {
    // The port of the discard service, at an address of the loopback that nobody uses.
    let gone: SocketAddr = "127.0.0.9:9".parse().unwrap();
    let claim = AddressClaim::Likely(gone.ip());
    let exchange = knock_with(
        Patience::Nearby,
        gone,
        wish(Answer::Awaited(claim)),
        &mut Memory::default(),
    );
    assert_eq!(exchange.end, Err(Reason::Silence));
    assert!(
        exchange.diary.tells_of(Remark::Refused),
        "{}",
        exchange.diary
    );
}

#[test]
fn noise_and_answers_from_elsewhere_are_ignored() {
    let house = House::open(
        "127.0.0.1",
        Manners {
            noisy: true,
            ..Manners::default()
        },
    );
    let exchange = knock(&house, &mut Memory::default());
    assert_eq!(granted(&exchange).sends, 1);
    // Four pieces of noise came from the server's own port; those from another never reach us.
    assert_eq!(
        exchange.diary.count(Remark::Strange),
        4,
        "{}",
        exchange.diary
    );
}

#[test]
fn an_answer_from_another_port_counts_for_nothing() {
    let house = House::open("127.0.0.1", Manners::default());
    let (trap, there) = (UdpSocket::bind("127.0.0.1:0").unwrap(), house.address);
    let trapped = trap.local_addr().unwrap();
    // Who sits in the middle hands the knock on, and lets the server's answer come to the client
    // from a port that the client did not knock at.
    let middle = std::thread::spawn(move || {
        let mut buffer = [0; 200];
        let (length, client) = trap.recv_from(&mut buffer).unwrap();
        let onward = UdpSocket::bind("127.0.0.1:0").unwrap();
        onward.send_to(&buffer[..length], there).unwrap();
        let length = onward.recv(&mut buffer).unwrap();
        onward.send_to(&buffer[..length], client).unwrap();
    });
    let claim = AddressClaim::Likely(trapped.ip());
    let exchange = knock_with(
        Patience::Nearby,
        trapped,
        wish(Answer::Awaited(claim)),
        &mut Memory::default(),
    );
    middle.join().unwrap();
    assert_eq!(exchange.end, Err(Reason::Silence));
    assert_eq!(house.grants(), 1);
}

#[test]
fn with_a_server_that_never_answers_one_knock_is_sent_and_nothing_awaited() {
    let house = House::open(
        "127.0.0.1",
        Manners {
            mute_for: 99,
            ..Manners::default()
        },
    );
    let claimed = house.address.ip();
    let silent = wish(Answer::NotExpected { claimed });
    let exchange = knock_at(house.address, silent, &mut Memory::default());
    assert_eq!(exchange.end.unwrap().happened, Happened::Sent);
    assert_eq!(exchange.diary.knocks(), 1);
    assert!(matches!(house.next_verdict(), Verdict::Grant(_)));
}
