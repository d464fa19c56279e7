//! What runs already: kept when the gate goes up, ended when a grant is taken back.

use std::io::Read;
use std::net::SocketAddr;

use nightlatch_core::Cut;
use nightlatch_firewall::{Firewall, Nftables, Severed};
use nightlatch_lab::{Flags, Greeter, Host, Packet, World, connect, wait_until};

use crate::Story;
use crate::scene::{
    LONG, PATIENCE, Scene, VERSIONS, Version, address_of, close, connected, falls_silent, forger,
    lasting, open, plan, plan_of, still_talks,
};

pub(crate) const STORIES: &[Story] = &[
    (
        "what_runs_goes_on_when_the_gate_goes_up",
        goes_on_when_the_gate_goes_up,
    ),
    ("what_runs_leaves_no_hole_behind", leaves_no_hole_behind),
    ("what_runs_ends_when_it_is_severed", ends_when_it_is_severed),
    (
        "what_runs_stays_severed_across_a_restart_until_the_next_grant",
        stays_severed_across_a_restart_until_the_next_grant,
    ),
    (
        "what_runs_ends_when_it_is_severed_on_its_way_through",
        ends_when_it_is_severed_on_its_way_through,
    ),
    (
        "what_runs_passes_through_to_other_hosts",
        passes_through_to_other_hosts,
    ),
    ("what_runs_may_be_many", may_be_many),
];

/// Nothing tracked connections before there was a gate, so nothing knows that these are old.
fn goes_on_when_the_gate_goes_up() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut streams = VERSIONS.map(|version| connected(scene.try_tcp(&scene.alice, version, 22)));
    let mut gate = scene.open();
    let raised = gate.raise(&plan()).unwrap();
    assert_eq!((raised.running, raised.left_out), (2, 0));
    for stream in &mut streams {
        assert!(still_talks(stream));
    }
    for version in VERSIONS {
        assert!(
            scene.is_dropped(&scene.alice, version, 22),
            "a new one needs a grant"
        );
    }
}

/// The place of an old connection lets its packets in, and no new connection from the same port.
fn leaves_no_hole_behind() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let stream = connected(scene.try_tcp(&scene.alice, Version::Four, 22));
    let from = stream.local_addr().unwrap();
    let mut gate = scene.open();
    let _ = gate.raise(&plan()).unwrap();
    let syn = Packet::tcp(from, scene.to(Version::Four, 22), Flags::SYN, 7);
    forger(&scene.alice).send(&syn).unwrap();
    assert!(wait_until(PATIENCE, || gate
        .noise()
        .unwrap()
        .strangers
        .packets
        == 1));
}

fn ends_when_it_is_severed() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    for version in VERSIONS {
        let opening = lasting(&scene.alice, version, "tcp/22");
        gate.apply(&open(&[opening], LONG)).unwrap();
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 22));
        gate.apply(&close(&[opening])).unwrap();
        let severed = gate.sever(&[Cut::of(opening)]).unwrap();
        assert_eq!(severed, Severed { sockets: 1 });
        stream.set_read_timeout(Some(LONG)).unwrap();
        let ended = stream.read(&mut [0; 1]).map_err(|error| error.kind());
        assert_eq!(
            ended,
            Err(std::io::ErrorKind::ConnectionReset),
            "both sides see a clean end"
        );
        assert!(scene.is_dropped(&scene.alice, version, 22));
        // The next grant lifts it.
        gate.apply(&open(&[opening], LONG)).unwrap();
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 22));
        assert!(still_talks(&mut stream));
    }
}

fn stays_severed_across_a_restart_until_the_next_grant() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut gate = scene.gate();
    let opening = lasting(&scene.alice, Version::Four, "tcp/22");
    gate.apply(&open(&[opening], LONG)).unwrap();
    let _ = gate.sever(&[Cut::of(opening)]).unwrap();
    drop(gate);
    let mut gate = scene.open();
    let _ = gate.raise(&plan()).unwrap();
    assert!(scene.is_dropped(&scene.alice, Version::Four, 22));
    gate.apply(&open(&[opening], LONG)).unwrap();
    assert!(scene.gets_in(&scene.alice, Version::Four, 22));
}

/// A port published for another host: there is no socket here to close, and conntrack would take it up in its middle.
fn ends_when_it_is_severed_on_its_way_through() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let published = "table inet published { chain pre { type nat hook prerouting priority dstnat; \
        tcp dport 85 dnat ip to 10.79.0.2:22; tcp dport 85 dnat ip6 to [fd79::2]:22; }; }";
    let Some((text, done)) = scene.nft(&[published]) else {
        return crate::skip_one("no `nft` here to publish a port with");
    };
    assert!(done, "{text}");
    let _service = Greeter::start(&backend, 22, "hello").unwrap();
    let mut gate = scene.gate();
    for version in VERSIONS {
        assert!(scene.is_dropped(&scene.mallory, version, 85));
        let opening = lasting(&scene.alice, version, "tcp/85");
        gate.apply(&open(&[opening], LONG)).unwrap();
        let mut stream = connected(scene.try_tcp(&scene.alice, version, 85));
        gate.apply(&close(&[opening])).unwrap();
        assert!(still_talks(&mut stream));
        let _ = gate.sever(&[Cut::of(opening)]).unwrap();
        assert!(falls_silent(&mut stream));
        assert!(falls_silent(&mut stream));
    }
}

/// The same port of another host, reached through this one: not ours to guard.
fn passes_through_to_other_hosts() {
    let scene = Scene::new();
    let backend = backend_of(&scene);
    let _service = Greeter::start(&backend, 22, "hello").unwrap();
    let mut gate = scene.gate();
    for version in VERSIONS {
        let to = SocketAddr::new(address_of(&backend, version), 22);
        assert!(
            connect(&scene.mallory, to, PATIENCE)
                .unwrap()
                .is_connected()
        );
        // Also for those who were cut off from this very host.
        let mallory = lasting(&scene.mallory, version, "tcp/22");
        let _ = gate.sever(&[Cut::of(mallory)]).unwrap();
        assert!(
            connect(&scene.mallory, to, PATIENCE)
                .unwrap()
                .is_connected()
        );
        assert!(scene.is_dropped(&scene.mallory, version, 22));
    }
    assert_eq!(gate.noise().unwrap().strangers.packets, 0);
}

/// Whether a host behind the server knows the way back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Back,
    None,
}

/// A host behind the server, and the way there and back for everybody.
pub(crate) fn backend_of(scene: &Scene) -> Host {
    backend_with(scene, Way::Back)
}

pub(crate) fn backend_with(scene: &Scene, back: Way) -> Host {
    let world = World::new();
    let backend = world.host("backend").unwrap();
    let [inner, outer] = [
        ["10.79.0.1/24", "fd79::1/64"],
        ["10.79.0.2/24", "fd79::2/64"],
    ];
    world
        .join(
            scene.server.plug("eth1", &inner),
            backend.plug("eth0", &outer),
        )
        .unwrap();
    scene.server.forward().unwrap();
    let way = |host: &Host, via: [&str; 2]| {
        host.add_route("0.0.0.0/0", via[0].parse().unwrap())
            .unwrap();
        host.add_route("::/0", via[1].parse().unwrap()).unwrap();
    };
    way(&scene.alice, ["10.77.0.1", "fd77::1"]);
    way(&scene.mallory, ["10.77.0.1", "fd77::1"]);
    if back == Way::Back {
        way(&backend, ["10.79.0.1", "fd79::1"]);
    }
    backend
}

fn may_be_many() {
    let scene = Scene::new();
    let _service = scene.service(22);
    let mut streams: Vec<_> = (0..100)
        .map(|_| connected(scene.try_tcp(&scene.alice, Version::Four, 22)))
        .collect();
    let mut gate: Nftables = scene.open();
    assert_eq!(gate.raise(&plan_of(&["tcp/1-1000"])).unwrap().running, 100);
    assert!(streams.iter_mut().all(still_talks));
}
