//! One-shot grants: exactly one connection, however it comes.

use std::net::SocketAddr;

use nightlatch_firewall::Firewall;
use nightlatch_lab::{Flags, Kind, Packet, World, pause, wait_until};

use socket2::{Domain, Socket, Type};

use crate::Story;
use crate::scene::{
    LONG, PATIENCE, Scene, VERSIONS, Version, address_of, connected, forger, once, open, recorder,
    still_talks, udp,
};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_one_shot_grant_lets_one_connection_in",
        lets_one_connection_in,
    ),
    (
        "a_one_shot_grant_lets_one_connection_in_of_many_at_once",
        lets_one_connection_in_of_many_at_once,
    ),
    (
        "a_one_shot_grant_lets_the_same_first_packet_in_again",
        lets_the_same_first_packet_in_again,
    ),
    (
        "a_one_shot_grant_is_not_used_up_by_a_packet_from_nowhere",
        is_not_used_up_by_a_packet_from_nowhere,
    ),
    (
        "a_one_shot_grant_lets_one_exchange_of_datagrams_in",
        lets_one_exchange_of_datagrams_in,
    ),
    (
        "a_one_shot_grant_is_over_with_its_connection",
        is_over_with_its_connection,
    ),
];

fn lets_one_connection_in() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    for version in VERSIONS {
        gate.apply(&open(&[once(&scene.alice, version, "tcp/22")], LONG))
            .unwrap();
        assert!(scene.is_dropped(&scene.mallory, version, 22));
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 22));
        assert_eq!(
            gate.standing().unwrap(),
            [],
            "the connection has used it up"
        );
        assert!(scene.is_dropped(&scene.alice, version, 22));
        assert!(still_talks(&mut stream));
        // The next knock opens again, for one more.
        gate.apply(&open(&[once(&scene.alice, version, "tcp/22")], LONG))
            .unwrap();
        assert!(scene.gets_in(&scene.alice, version, 22));
        assert!(scene.is_dropped(&scene.alice, version, 22));
    }
}

/// Thousands of first packets at once, from two interfaces and so on two processors: one is answered.
fn lets_one_connection_in_of_many_at_once() {
    let scene = Scene::new();
    let _service = scene.service(22);
    World::new()
        .join(
            scene.server.plug("eth1", &["10.78.0.1/24"]),
            scene.alice.plug("eth1", &["10.78.0.2/24"]),
        )
        .unwrap();
    let setting = "net/ipv4/conf/all/rp_filter";
    scene.server.set_sysctl(setting, "0").unwrap();
    let mut gate = scene.gate();
    let alice = address_of(&scene.alice, Version::Four);
    for _ in 0..20 {
        let opening = once(&scene.alice, Version::Four, "tcp/22");
        gate.apply(&open(&[opening], LONG)).unwrap();
        let mut recorder = recorder(&scene.server);
        let flood = |to: &str, ports: std::ops::Range<u16>| {
            let to = SocketAddr::new(to.parse().unwrap(), 22);
            let forger = forger(&scene.alice);
            for port in ports {
                let packet = Packet::tcp(SocketAddr::new(alice, port), to, Flags::SYN, 7);
                forger.send(&packet).unwrap();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| flood("10.77.0.1", 30_000..30_200));
            scope.spawn(|| flood("10.78.0.1", 31_000..31_200));
        });
        let mut admitted = std::collections::BTreeSet::new();
        let all_answered = |admitted: &std::collections::BTreeSet<u16>| !admitted.is_empty();
        assert!(wait_until(PATIENCE, || {
            admitted.extend(recorder.take().unwrap().iter().filter_map(answered_port));
            all_answered(&admitted)
        }));
        pause(std::time::Duration::from_millis(5));
        admitted.extend(recorder.take().unwrap().iter().filter_map(answered_port));
        assert_eq!(admitted.len(), 1, "{admitted:?}");
    }
}

/// The client's port in an answer to a first packet.
fn answered_port(recorded: &nightlatch_lab::Recorded) -> Option<u16> {
    let packet = recorded.packet()?;
    match packet.kind {
        Kind::Tcp { flags, .. } if flags == Flags::SYN_ACK => Some(packet.destination.port()),
        _ => None,
    }
}

/// A service so busy that the kernel drops what comes: the first packet is let in, and no answer follows.
fn lets_the_same_first_packet_in_again() {
    for version in VERSIONS {
        let scene = Scene::new();
        let mut gate = scene.gate();
        let to = scene.to(version, 22);
        let busy = scene.server.run(|| busy_service(to)).unwrap();
        gate.apply(&open(&[once(&scene.alice, version, "tcp/22")], LONG))
            .unwrap();
        let forger = forger(&scene.alice);
        let send = |port| {
            let from = SocketAddr::new(address_of(&scene.alice, version), port);
            forger.send(&Packet::tcp(from, to, Flags::SYN, 7)).unwrap();
        };
        // Each stranger that is counted shows that what was sent before him has been judged.
        for strangers in 1..=3 {
            send(40_000);
            send(40_001);
            assert!(wait_until(PATIENCE, || gate
                .noise()
                .unwrap()
                .strangers
                .packets
                >= strangers));
            assert_eq!(gate.noise().unwrap().strangers.packets, strangers);
        }
        drop(busy);
    }
}

/// A service with no room left, and those who fill it.
fn busy_service(at: SocketAddr) -> (Socket, Vec<Socket>) {
    let socket = || Socket::new(Domain::for_address(at), Type::STREAM, None).unwrap();
    let service = socket();
    service.bind(&at.into()).unwrap();
    service.listen(0).unwrap();
    let waiting = (0..4).map(|_| {
        let client = socket();
        client.set_nonblocking(true).unwrap();
        // In progress, for all but the first: for ever.
        let _ = client.connect(&at.into());
        client
    });
    let waiting = waiting.collect();
    (service, waiting)
}

fn is_not_used_up_by_a_packet_from_nowhere() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    gate.apply(&open(&[once(&scene.alice, Version::Four, "tcp/22")], LONG))
        .unwrap();
    let forger = forger(&scene.alice);
    let from = SocketAddr::new(address_of(&scene.alice, Version::Four), 40_000);
    for flags in [Flags::ACK, Flags::SYN_ACK, Flags::RST] {
        forger
            .send(&Packet::tcp(from, scene.to(Version::Four, 22), flags, 1))
            .unwrap();
    }
    assert!(wait_until(PATIENCE, || gate
        .noise()
        .unwrap()
        .strangers
        .packets
        == 3));
    assert!(scene.gets_in(&scene.alice, Version::Four, 22));
}

fn lets_one_exchange_of_datagrams_in() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    for version in VERSIONS {
        let echo = scene.echo(version, 53);
        gate.apply(&open(&[once(&scene.alice, version, "udp/53")], LONG))
            .unwrap();
        let [first, second] = [0, 0].map(|_| udp(&scene.alice, version, 0));
        // Several before the first answer belong together.
        for _ in 0..3 {
            first.send_to(b"query", scene.to(version, 53)).unwrap();
            assert!(echo.hears_and_is_silent());
        }
        second.send_to(b"query", scene.to(version, 53)).unwrap();
        assert!(!echo.hears());
        first.send_to(b"query", scene.to(version, 53)).unwrap();
        assert!(echo.hears());
        assert!(first.recv_from(&mut [0; 16]).is_ok());
    }
}

/// The connection that it let in is over; the same port of the client is a stranger again.
fn is_over_with_its_connection() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    gate.apply(&open(&[once(&scene.alice, Version::Four, "tcp/22")], LONG))
        .unwrap();
    let mut recorder = recorder(&scene.alice);
    let forger = forger(&scene.alice);
    let from = SocketAddr::new(address_of(&scene.alice, Version::Four), 40_000);
    let syn = Packet::tcp(from, scene.to(Version::Four, 22), Flags::SYN, 7);
    // Nobody listens: the kernel refuses the connection, and that ends it.
    forger.send(&syn).unwrap();
    let is_refusal = |recorded: &nightlatch_lab::Recorded| matches!(recorded.arrival().map(|packet| packet.kind), Some(Kind::Tcp { flags, .. }) if flags.has(Flags::RST));
    assert!(wait_until(PATIENCE, || recorder
        .take()
        .unwrap()
        .iter()
        .any(is_refusal)));
    forger.send(&syn).unwrap();
    assert!(wait_until(PATIENCE, || gate
        .noise()
        .unwrap()
        .strangers
        .packets
        == 1));
}
