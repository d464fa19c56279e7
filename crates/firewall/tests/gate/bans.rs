//! Bans: who is banned reaches nothing new, and nothing else changes for anybody.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use nightlatch_core::{Banned, Effect, GatePlan, Prefix};
use nightlatch_firewall::{Firewall, How, Nftables, Refresh};
use nightlatch_lab::{Flags, Host, Kind, Packet, Recorded, wait_until};

use crate::Story;
use crate::scene::{
    KNOCK, LONG, PATIENCE, Scene, VERSIONS, Version, address_of, connected, forger, lasting,
    old_kernel, once, open, plan, recorder, still_talks, udp,
};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_ban_keeps_one_address_from_every_port_and_ends_by_itself",
        keeps_one_out,
    ),
    (
        "a_ban_of_a_network_keeps_all_of_it_out",
        keeps_a_network_out,
    ),
    ("a_ban_leaves_what_runs_alone", leaves_what_runs_alone),
    ("a_ban_stops_no_grant", stops_no_grant),
    (
        "a_ban_stops_nothing_on_its_way_to_the_socket_that_takes_knocks",
        stops_no_knock_to_a_socket,
    ),
    ("a_ban_lets_pings_through", lets_pings_through),
    ("a_ban_drops_what_only_scanners_send", drops_odd_flags),
    (
        "bans_are_listed_renewed_and_lifted",
        are_listed_renewed_and_lifted,
    ),
    (
        "bans_are_adopted_and_carried_over",
        are_adopted_and_carried_over,
    ),
    ("thousands_of_bans_fit_in_one_effect", thousands_fit),
];

fn ban_of(host: &Host, version: Version) -> Prefix {
    Prefix::of(address_of(host, version))
}

fn ban(gate: &mut Nftables, prefixes: &[Prefix], lasts: Duration) {
    let prefixes = prefixes.to_vec();
    gate.apply(&Effect::Ban { prefixes, lasts }).unwrap();
}

fn pardon(gate: &mut Nftables, prefixes: &[Prefix]) {
    let prefixes = prefixes.to_vec();
    gate.apply(&Effect::Pardon { prefixes }).unwrap();
}

fn banned(gate: &mut Nftables) -> Vec<Prefix> {
    let banned = gate.banned().unwrap().into_iter();
    banned.map(|ban| ban.prefix).collect()
}

fn keeps_one_out() {
    let scene = Scene::new();
    let _services = [scene.service(22), scene.service(8080)];
    let mut gate = scene.gate();
    for version in VERSIONS {
        let echo = scene.echo(version, 5353);
        let mut recorder = recorder(&scene.mallory);
        // Greeted and kept open: nothing more comes of it.
        let _open = connected(scene.try_tcp(&scene.mallory, version, 8080));
        ban(&mut gate, &[ban_of(&scene.mallory, version)], LONG);
        recorder.take().unwrap();
        for port in [22, 8080, 8081] {
            assert!(scene.is_dropped(&scene.mallory, version, port), "{port}");
        }
        let mallory = udp(&scene.mallory, version, 0);
        for port in [5353, 5354] {
            mallory.send_to(b"hello?", scene.to(version, port)).unwrap();
        }
        assert!(!echo.hears());
        let heard: Vec<Packet> = recorder
            .take()
            .unwrap()
            .iter()
            .filter_map(Recorded::arrival)
            .collect();
        assert_eq!(heard, []);
        // Everybody else sees no difference.
        assert!(scene.gets_in(&scene.alice, version, 8080));
        udp(&scene.alice, version, 0)
            .send_to(b"hello", scene.to(version, 5353))
            .unwrap();
        assert!(echo.hears());
        assert!(gate.noise().unwrap().banned.packets >= 4);
        ban(
            &mut gate,
            &[ban_of(&scene.mallory, version)],
            Duration::from_millis(100),
        );
        assert!(wait_until(PATIENCE, || scene.gets_in(
            &scene.mallory,
            version,
            8080
        )));
    }
}

fn keeps_a_network_out() {
    let scene = Scene::new();
    let _service = scene.service(8080);
    let mut gate = scene.gate();
    let network = Prefix::network_of(address_of(&scene.mallory, Version::Six)).unwrap();
    ban(&mut gate, &[network], LONG);
    assert!(scene.is_dropped(&scene.mallory, Version::Six, 8080));
    assert!(scene.is_dropped(&scene.alice, Version::Six, 8080));
    assert!(scene.gets_in(&scene.mallory, Version::Four, 8080));
    pardon(&mut gate, &[network]);
    ban(&mut gate, &["fd77:0:0:1::/64".parse().unwrap()], LONG);
    assert!(scene.gets_in(&scene.mallory, Version::Six, 8080));
}

/// What conntrack knows goes on, and so does what it does not know: a connection that is older than
/// the gate is taken up in its middle.
fn leaves_what_runs_alone() {
    let scene = Scene::new();
    let _services = [scene.service(22), scene.service(8080)];
    for version in VERSIONS {
        let mut old = connected(scene.try_tcp(&scene.alice, version, 8080));
        let mut gate = scene.gate();
        gate.apply(&open(&[lasting(&scene.alice, version, "tcp/22")], LONG))
            .unwrap();
        let mut guarded = connected(scene.try_tcp(&scene.alice, version, 22));
        let mut other = connected(scene.try_tcp(&scene.alice, version, 8080));
        ban(&mut gate, &[ban_of(&scene.alice, version)], LONG);
        for stream in [&mut old, &mut guarded, &mut other] {
            assert!(still_talks(stream));
        }
        assert!(scene.is_dropped(&scene.alice, version, 8080));
        let _ = gate.lower().unwrap();
    }
}

fn stops_no_grant() {
    let scene = Scene::new();
    let _services = [scene.service(22), scene.service(85)];
    let mut gate = scene.gate();
    for version in VERSIONS {
        ban(&mut gate, &[ban_of(&scene.alice, version)], LONG);
        assert!(scene.is_dropped(&scene.alice, version, 22));
        gate.apply(&open(&[lasting(&scene.alice, version, "tcp/22")], LONG))
            .unwrap();
        gate.apply(&open(&[once(&scene.alice, version, "tcp/85")], LONG))
            .unwrap();
        assert!(scene.gets_in(&scene.alice, version, 22));
        assert!(scene.gets_in(&scene.alice, version, 85));
        assert!(
            scene.is_dropped(&scene.alice, version, 85),
            "one shot is one shot"
        );
        // What the knock port swallows it swallows before any ban.
        let before = gate.noise().unwrap();
        udp(&scene.alice, version, 0)
            .send_to(b"knock", scene.to(version, KNOCK))
            .unwrap();
        let knocks = before.knocks.packets + 1;
        assert!(wait_until(PATIENCE, || gate
            .noise()
            .unwrap()
            .knocks
            .packets
            == knocks));
        assert_eq!(gate.noise().unwrap().banned, before.banned);
    }
}

fn stops_no_knock_to_a_socket() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let _ = gate
        .raise(&GatePlan {
            knock_port: None,
            knock_socket: Some(KNOCK),
            ..plan()
        })
        .unwrap();
    for version in VERSIONS {
        let (keyhole, other) = (scene.echo(version, KNOCK), scene.echo(version, 5353));
        ban(&mut gate, &[ban_of(&scene.alice, version)], LONG);
        let alice = udp(&scene.alice, version, 0);
        for port in [KNOCK, 5353] {
            alice.send_to(b"knock", scene.to(version, port)).unwrap();
        }
        assert!(keyhole.hears() && !other.hears());
    }
}

fn lets_pings_through() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let (mallory, server) = (&scene.mallory, &scene.server);
    ban(
        &mut gate,
        &VERSIONS.map(|version| ban_of(mallory, version)),
        LONG,
    );
    let from = SocketAddr::new(address_of(mallory, Version::Four), 0);
    let ping = Packet {
        source: from,
        destination: SocketAddr::new(address_of(server, Version::Four), 0),
        kind: Kind::Icmp { number: 8, code: 0 },
        payload: vec![0; 8],
    };
    let mut recorder = recorder(mallory);
    forger(mallory).send(&ping).unwrap();
    let reply = Kind::Icmp { number: 0, code: 0 };
    let is_answered = |heard: &[Recorded]| {
        let mut packets = heard.iter().filter_map(Recorded::arrival);
        packets.any(|packet| packet.kind == reply)
    };
    assert!(wait_until(PATIENCE, || is_answered(
        &recorder.take().unwrap()
    )));
}

fn drops_odd_flags() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    for version in VERSIONS {
        // So that both know where the other lives.
        assert!(!scene.is_dropped(&scene.mallory, version, 9999));
        ban(&mut gate, &[ban_of(&scene.mallory, version)], LONG);
        let from = SocketAddr::new(address_of(&scene.mallory, version), 40_000);
        let before = gate.noise().unwrap().banned.packets;
        for flags in [Flags(1), Flags(0), Flags::SYN] {
            forger(&scene.mallory)
                .send(&Packet::tcp(from, scene.to(version, 9999), flags, 1))
                .unwrap();
        }
        assert!(wait_until(PATIENCE, || gate
            .noise()
            .unwrap()
            .banned
            .packets
            == before + 3));
    }
}

fn are_listed_renewed_and_lifted() {
    for refresh in [
        Refresh::InPlace,
        Refresh::DestroyFirst,
        Refresh::DeleteFirst,
    ] {
        let scene = Scene::new();
        let mut gate = scene.open_with(old_kernel(refresh));
        let _ = gate.raise(&plan()).unwrap();
        let prefixes: Vec<Prefix> = ["203.0.113.7", "2001:db8::7", "2001:db8:0:1::/64"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        ban(&mut gate, &prefixes, Duration::from_secs(10));
        ban(&mut gate, &prefixes, LONG);
        let listed = gate.banned().unwrap();
        let is_renewed =
            |ban: &Banned| ban.remaining > Duration::from_secs(50) && ban.remaining <= LONG;
        assert!(listed.iter().all(is_renewed), "{listed:?}");
        assert_eq!(banned(&mut gate), prefixes);
        assert_eq!(gate.standing().unwrap(), [], "a ban is no opening");
        pardon(&mut gate, &prefixes);
        pardon(&mut gate, &prefixes);
        assert_eq!(banned(&mut gate), []);
    }
}

fn are_adopted_and_carried_over() {
    let scene = Scene::new();
    let _service = scene.service(8080);
    let mut gate = scene.gate();
    let who = ban_of(&scene.mallory, Version::Four);
    ban(&mut gate, &[who], LONG);
    drop(gate);
    assert!(
        scene.is_dropped(&scene.mallory, Version::Four, 8080),
        "nobody holds the gate"
    );
    let mut gate = scene.open();
    assert_eq!(gate.raise(&plan()).unwrap().how, How::Adopted);
    assert_eq!(banned(&mut gate), [who]);
    drop(gate);
    // A gate of another shape: it does not outlive its process.
    let mut gate = scene.open_with(old_kernel(Refresh::InPlace));
    assert_eq!(gate.raise(&plan()).unwrap().how, How::Rebuilt);
    assert_eq!(banned(&mut gate), [who]);
    assert!(scene.is_dropped(&scene.mallory, Version::Four, 8080));
}

fn thousands_fit() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let prefixes: Vec<Prefix> = (0..10_000_u32)
        .map(|number| Prefix::of(Ipv4Addr::from_bits(0x0b00_0000 | number).into()))
        .collect();
    ban(&mut gate, &prefixes, LONG);
    assert_eq!(banned(&mut gate).len(), prefixes.len());
}
