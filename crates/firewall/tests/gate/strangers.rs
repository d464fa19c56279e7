//! Whoever holds no grant: he sees nothing, and nothing else changes for anybody.

use nightlatch_core::GatePlan;
use nightlatch_firewall::{Firewall, Noise};
use nightlatch_lab::{Host, Packet, Recorder};

use crate::Story;
use crate::scene::{
    KNOCK, LONG, PATIENCE, Scene, VERSIONS, Version, address_of, forger, lasting, open, plan,
    recorder, udp,
};

pub(crate) const STORIES: &[Story] = &[
    ("a_stranger_sees_nothing", sees_nothing),
    (
        "a_stranger_reaches_what_is_not_guarded",
        reaches_what_is_not_guarded,
    ),
    (
        "a_stranger_hears_nothing_from_the_knock_port",
        hears_nothing_from_the_knock_port,
    ),
    (
        "a_stranger_finds_no_knock_port_where_nobody_has_a_key",
        finds_no_knock_port_where_nobody_has_a_key,
    ),
    ("a_stranger_is_counted", is_counted),
    ("the_host_itself_is_no_stranger", the_host_itself_is_none),
    (
        "a_stranger_stays_outside_when_another_gets_in",
        stays_outside_when_another_gets_in,
    ),
    ("a_stranger_hides_behind_no_header", hides_behind_no_header),
    ("a_stranger_hides_in_no_fragment", hides_in_no_fragment),
    ("a_stranger_may_ping", may_ping),
    (
        "a_stranger_finds_a_published_port_closed",
        finds_a_published_port_closed,
    ),
];

/// What came back to a host, of TCP, UDP and ICMP, since the last look.
fn answers(recorder: &mut Recorder) -> Vec<Packet> {
    recorder
        .take()
        .unwrap()
        .iter()
        .filter_map(nightlatch_lab::Recorded::arrival)
        .collect()
}

fn send_udp(scene: &Scene, from: &Host, version: Version, port: u16) {
    udp(from, version, 0)
        .send_to(b"hello?", scene.to(version, port))
        .unwrap();
}

fn sees_nothing() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let _gate = scene.gate();
    let mut recorder = recorder(&scene.mallory);
    for version in VERSIONS {
        // A port with a service, one without, and one for UDP, where the kernel itself would answer.
        assert!(scene.is_dropped(&scene.mallory, version, 22));
        assert!(scene.is_dropped(&scene.mallory, version, 85));
        send_udp(&scene, &scene.mallory, version, 53);
    }
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 90));
    assert_eq!(answers(&mut recorder), []);
}

fn reaches_what_is_not_guarded() {
    let scene = Scene::new();
    let _service = scene.service(8080);
    let _gate = scene.gate();
    for version in VERSIONS {
        assert!(scene.gets_in(&scene.mallory, version, 8080));
        // A closed port outside of the gate refuses as ever.
        let reached = scene.try_tcp(&scene.mallory, version, 91);
        assert!(
            matches!(reached, nightlatch_lab::Reached::Refused),
            "{reached:?}"
        );
    }
}

fn hears_nothing_from_the_knock_port() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let mut recorder = recorder(&scene.alice);
    for version in VERSIONS {
        send_udp(&scene, &scene.alice, version, KNOCK);
        // Our answer makes the next knock part of a known connection; it must be as silent.
        let answering = udp(&scene.server, version, KNOCK);
        let knocking = udp(&scene.alice, version, 40_000);
        answering
            .send_to(b"ack", knocking.local_addr().unwrap())
            .unwrap();
        assert!(knocking.recv_from(&mut [0; 16]).is_ok());
        drop(answering);
        knocking
            .send_to(b"again", scene.to(version, KNOCK))
            .unwrap();
    }
    let heard = answers(&mut recorder);
    assert!(
        heard.iter().all(|packet| packet.payload == b"ack"),
        "{heard:?}"
    );
    assert_eq!(gate.noise().unwrap().knocks.packets, 4);
}

/// What nothing is dropped at answers as any closed port of the host does.
fn finds_no_knock_port_where_nobody_has_a_key() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    let mut recorder = recorder(&scene.mallory);
    let without_keys = GatePlan {
        knock_port: None,
        ..plan()
    };
    let _ = gate.raise(&without_keys).unwrap();
    for version in VERSIONS {
        send_udp(&scene, &scene.mallory, version, KNOCK);
        assert!(scene.is_dropped(&scene.mallory, version, 22));
    }
    assert!(
        answers(&mut recorder)
            .iter()
            .any(|answer| !answer.payload.is_empty())
    );
    assert_eq!(gate.noise().unwrap().knocks.packets, 0);
    let _ = gate.raise(&plan()).unwrap();
    send_udp(&scene, &scene.mallory, Version::Four, KNOCK);
    let is_counted = || gate.noise().unwrap().knocks.packets == 1;
    assert!(nightlatch_lab::wait_until(PATIENCE, is_counted));
}

fn is_counted() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    assert_eq!(gate.noise().unwrap(), Noise::default());
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 22));
    send_udp(&scene, &scene.mallory, Version::Six, 53);
    let is_counted = || gate.noise().unwrap().strangers.packets >= 2;
    assert!(nightlatch_lab::wait_until(PATIENCE, is_counted));
    let noise = gate.noise().unwrap();
    assert_eq!((noise.strangers.packets, noise.knocks.packets), (2, 0));
    assert!(noise.strangers.bytes > 80);
}

fn the_host_itself_is_none() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let _gate = scene.gate();
    for version in VERSIONS {
        assert!(scene.gets_in(&scene.server, version, 22));
    }
}

fn stays_outside_when_another_gets_in() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let _other_service = scene.service(80);
    let mut gate = scene.gate();
    for version in VERSIONS {
        gate.apply(&open(&[lasting(&scene.alice, version, "tcp/22")], LONG))
            .unwrap();
        assert!(scene.gets_in(&scene.alice, version, 22));
        assert!(
            scene.is_dropped(&scene.alice, version, 80),
            "a grant is for one port"
        );
        assert!(
            scene.is_dropped(&scene.mallory, version, 22),
            "a grant is for one address"
        );
    }
}

/// A TCP segment or datagram behind other headers must meet the same gate.
fn hides_behind_no_header() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let forger = forger(&scene.mallory);
    let from = std::net::SocketAddr::new(address_of(&scene.mallory, Version::Six), 40_000);
    let to = scene.to(Version::Six, 22);
    let plain = Packet::tcp(from, to, nightlatch_lab::Flags::SYN, 1).to_bytes();
    // Hop-by-hop options first is the only place for them; destination options may stand anywhere.
    for (number, extension) in [
        (60, [6, 0, 1, 4, 0, 0, 0, 0]),
        (0, [6, 0, 1, 4, 0, 0, 0, 0]),
    ] {
        let before = gate.noise().unwrap().strangers.packets;
        let mut bytes = plain[..40].to_vec();
        bytes[6] = number;
        let length = u16::from_be_bytes([bytes[4], bytes[5]]) + 8;
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&extension);
        bytes.extend_from_slice(&plain[40..]);
        forger.send_bytes(&bytes, to).unwrap();
        let noticed = || gate.noise().unwrap().strangers.packets == before + 1;
        assert!(nightlatch_lab::wait_until(PATIENCE, noticed));
    }
}

fn hides_in_no_fragment() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    for version in VERSIONS {
        let echo = scene.echo(version, 53);
        let large = [7; 4000];
        let mallory = udp(&scene.mallory, version, 0);
        mallory.send_to(&large, scene.to(version, 53)).unwrap();
        assert!(!echo.hears());
        gate.apply(&open(&[lasting(&scene.alice, version, "udp/53")], LONG))
            .unwrap();
        let alice = udp(&scene.alice, version, 0);
        alice.send_to(&large, scene.to(version, 53)).unwrap();
        assert!(echo.hears(), "what is granted comes through in pieces, too");
    }
}

fn may_ping() {
    let scene = Scene::new();
    let _gate = scene.gate();
    let mut recorder = recorder(&scene.mallory);
    let from = std::net::SocketAddr::new(address_of(&scene.mallory, Version::Four), 0);
    let kind = nightlatch_lab::Kind::Icmp { number: 8, code: 0 };
    let destination = scene.to(Version::Four, 0);
    let ping = Packet {
        source: from,
        destination,
        kind,
        payload: vec![0; 8],
    };
    forger(&scene.mallory).send(&ping).unwrap();
    let reply = nightlatch_lab::Kind::Icmp { number: 0, code: 0 };
    let answered = || {
        answers(&mut recorder)
            .iter()
            .any(|packet| packet.kind == reply)
    };
    assert!(nightlatch_lab::wait_until(PATIENCE, answered));
}

fn finds_a_published_port_closed() {
    let scene = Scene::new();
    let _service = scene.service(2222);
    let published = "table ip published { chain pre { type nat hook prerouting priority dstnat; tcp dport 85 redirect to 2222; }; }";
    let Some((text, done)) = scene.nft(&[published]) else {
        return crate::skip_one("no `nft` here to publish a port with");
    };
    assert!(done, "{text}");
    assert!(scene.gets_in(&scene.mallory, Version::Four, 85));
    let mut gate = scene.gate();
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 85));
    gate.apply(&open(
        &[lasting(&scene.alice, Version::Four, "tcp/85")],
        LONG,
    ))
    .unwrap();
    assert!(scene.gets_in(&scene.alice, Version::Four, 85));
}
