//! Stories of people behind one address: what one of them opens, the others share; and how little that is.
//!
//! ```text
//!   server, stranger ── lan ── router (everybody behind it has its address) ── home ─┬─ alice's laptop
//!                                                                                    └─ bob's, the neighbour
//! ```

use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use nightlatch_lab::{Entered, Host, wait_until};
use nightlatch_ticket::Kind;

use crate::cuts::{ends, enter, talks};
use crate::daemon::{Daemon, let_pass};
use crate::person::Person;
use crate::sources::load;
use crate::stage::Family::V4;
use crate::stage::{LONG, Stage, assert_silent, is_in, keyhole};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("who_shares_an_address_shares_a_lasting_door", lasting),
    (
        "a_one_shot_door_is_the_first_ones_of_those_who_share_an_address",
        one_shot,
    ),
    (
        "a_cut_ends_what_those_who_share_an_address_run_at_that_port_alone",
        cut_at_one_port,
    ),
    (
        "a_neighbour_with_a_grant_of_his_own_is_not_cut",
        cut_but_for_a_grant,
    ),
];

fn lasting(entered: &Entered) -> Told {
    let Some(mut street) = Street::new(entered, "nat-lasting", str::to_owned) else {
        return Told::Skipped(NO_NAT);
    };
    for host in [&street.stage.alice.host, &street.stage.bob.host] {
        assert_silent(host, 443, V4);
    }
    wish(&mut street.stage.alice, Kind::Knock, "office");
    assert!(is_in(&street.stage.alice.host, 443, V4));
    assert!(
        is_in(&street.stage.bob.host, 443, V4),
        "{}",
        street.daemon.log()
    );
    // That door, for that address, and for that long: nothing else.
    assert_silent(&street.stage.bob.host, 22, V4);
    assert_silent(&street.stage.stranger, 443, V4);
    let_pass(LONG);
    for host in [&street.stage.alice.host, &street.stage.bob.host] {
        assert_silent(host, 443, V4);
    }
    Told::Whole
}

fn one_shot(entered: &Entered) -> Told {
    let Some(mut street) = Street::new(entered, "nat-one-shot", str::to_owned) else {
        return Told::Skipped(NO_NAT);
    };
    wish(&mut street.stage.alice, Kind::Knock, "web");
    let mut hers = enter(&street.stage.alice.host, 80, V4);
    assert_silent(&street.stage.bob.host, 80, V4);
    assert!(talks(&mut hers));
    // Whoever is quicker is in; whose knock it was does not stand in a packet.
    wish(&mut street.stage.alice, Kind::Knock, "web");
    let mut his = enter(&street.stage.bob.host, 80, V4);
    assert_silent(&street.stage.alice.host, 80, V4);
    assert!(talks(&mut his), "{}", street.daemon.log());
    Told::Whole
}

fn cut_at_one_port(entered: &Entered) -> Told {
    let Some(mut street) = Street::new(entered, "nat-cut", cutting) else {
        return Told::Skipped(NO_NAT);
    };
    wish(&mut street.stage.alice, Kind::Knock, "office");
    wish(&mut street.stage.bob, Kind::Knock, "ssh");
    let mut hers = enter(&street.stage.alice.host, 443, V4);
    let mut his = enter(&street.stage.bob.host, 443, V4);
    let mut others = street.elsewhere();
    wish(&mut street.stage.alice, Kind::Close, "office");
    assert!(ends(&mut hers) && ends(&mut his), "{}", street.daemon.log());
    assert!(others.iter_mut().all(talks), "{}", street.daemon.log());
    assert!(is_in(&street.stage.bob.host, 8443, V4));
    assert_silent(&street.stage.bob.host, 443, V4);
    Told::Whole
}

fn cut_but_for_a_grant(entered: &Entered) -> Told {
    let Some(mut street) = Street::new(entered, "nat-no-cut", cutting) else {
        return Told::Skipped(NO_NAT);
    };
    wish(&mut street.stage.alice, Kind::Knock, "office");
    wish(&mut street.stage.bob, Kind::Knock, "office");
    let mut hers = enter(&street.stage.alice.host, 443, V4);
    let mut his = enter(&street.stage.bob.host, 443, V4);
    wish(&mut street.stage.alice, Kind::Close, "office");
    street.daemon.await_line("closed");
    assert!(
        is_in(&street.stage.bob.host, 443, V4),
        "his door stays open"
    );
    assert!(talks(&mut his), "{}", street.daemon.log());
    // Hers is known by the same address and port as his.
    assert!(talks(&mut hers), "{}", street.daemon.log());
    wish(&mut street.stage.bob, Kind::Close, "office");
    assert!(ends(&mut his) && ends(&mut hers), "{}", street.daemon.log());
    assert!(wait_until(PATIENCE, || !is_in(
        &street.stage.bob.host,
        443,
        V4
    )));
    Told::Whole
}

/// Alice at home behind a router, and bob as her neighbour.
struct Street {
    stage: Stage,
    daemon: Daemon,
    _router: Host,
}

impl Street {
    fn new(entered: &Entered, name: &str, config: fn(&str) -> String) -> Option<Self> {
        let mut stage = Stage::new(entered, name);
        let router = stage.world.host("router").unwrap();
        stage
            .lan
            .plug(router.plug("eth0", &["10.77.0.9/24"]))
            .unwrap();
        if !load(&router, MASQUERADE) {
            return None;
        }
        router.forward().unwrap();
        let [laptop, neighbour] =
            [(HERS, "eth1", "10.80.0.1"), (HIS, "eth2", "10.80.1.1")].map(|(own, port, via)| {
                let host = stage.world.host(own).unwrap();
                let (near, far) = (format!("{via}/24"), format!("{own}/24"));
                let (near, far) = ([near.as_str()], [far.as_str()]);
                let join = stage
                    .world
                    .join(router.plug(port, &near), host.plug("eth0", &far));
                join.unwrap();
                host.add_route("0.0.0.0/0", via.parse().unwrap()).unwrap();
                host
            });
        stage.write_config(&config(&stage.config));
        let daemon = stage.start();
        (stage.alice.host, stage.bob.host) = (laptop, neighbour);
        Some(Self {
            stage,
            daemon,
            _router: router,
        })
    }

    /// The neighbour's connections to an unguarded port, and to a door of his own.
    fn elsewhere(&self) -> [TcpStream; 2] {
        let mut streams = [8443, 22].map(|port| enter(&self.stage.bob.host, port, V4));
        assert!(streams.iter_mut().all(talks));
        streams
    }
}

/// Both of them name the address that they have at home; the server sees another.
fn wish(person: &mut Person, kind: Kind, service: &str) {
    let own: IpAddr = person.host.name().parse().unwrap();
    let to: SocketAddr = keyhole(V4);
    person.wish_over(kind, service, (own, to)).unwrap();
}

/// `office` cuts what runs, bob may enter it, and no door closes before the end of a story.
fn cutting(config: &str) -> String {
    config
        .replace("for = \"1s\"", "for = \"20s\"")
        .replace("for = \"3s\"", "for = \"20s\"\ncut = true")
        .replace("may = [\"ssh\"]", "may = [\"ssh\", \"office\"]")
}

const MASQUERADE: &str = "table ip home {
    chain out { type nat hook postrouting priority srcnat; oifname eth0 masquerade; }
}";
const NO_NAT: &str = "no `nft` here to hide hosts behind one address";
const HERS: &str = "10.80.0.2";
const HIS: &str = "10.80.1.2";
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
