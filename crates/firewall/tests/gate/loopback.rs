//! Loopback: what comes from this host passes, what was only put there does not.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};

use nightlatch_firewall::Firewall;
use nightlatch_lab::{Flags, Greeter, Host, Packet, connect, wait_until};
use nix::ifaddrs::getifaddrs;
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, SockaddrLike, sendto, socket,
};

use crate::Story;
use crate::scene::{
    KNOCK, LONG, PATIENCE, SOON, Scene, VERSIONS, Version, address_of, forger, lasting, open,
};

pub(crate) const STORIES: &[Story] = &[
    ("loopback_brings_no_stranger_in", brings_no_stranger_in),
    (
        "loopback_brings_no_stranger_in_from_a_raw_socket",
        brings_no_stranger_in_from_a_raw_socket,
    ),
    ("loopback_brings_no_neighbour_in", brings_no_neighbour_in),
    (
        "loopback_brings_in_whoever_holds_a_grant",
        brings_in_whoever_holds_a_grant,
    ),
    (
        "loopback_is_open_to_every_address_of_the_host",
        is_open_to_every_address_of_the_host,
    ),
];

/// Puts frames onto a host's loopback, as a process with a packet socket can.
struct Injector {
    socket: OwnedFd,
    loopback: LinkAddr,
}

impl Injector {
    fn open(host: &Host) -> Self {
        trust_sources(host);
        host.run(|| {
            let socket = socket(
                AddressFamily::Packet,
                SockType::Raw,
                SockFlag::SOCK_CLOEXEC,
                None,
            )
            .unwrap();
            let is_link = |address: &LinkAddr| address.family() == Some(AddressFamily::Packet);
            let loopback = getifaddrs()
                .unwrap()
                .filter(|interface| interface.interface_name == "lo")
                .find_map(|interface| interface.address?.as_link_addr().copied().filter(is_link))
                .unwrap();
            Self { socket, loopback }
        })
        .unwrap()
    }

    fn send(&self, packet: &Packet) {
        let kind: u16 = if packet.source.is_ipv4() {
            0x0800
        } else {
            0x86dd
        };
        let mut frame = vec![0; 12];
        frame.extend_from_slice(&kind.to_be_bytes());
        frame.extend_from_slice(&packet.to_bytes());
        let flags = MsgFlags::empty();
        sendto(self.socket.as_raw_fd(), &frame, &self.loopback, flags).unwrap();
    }
}

/// The kernel would throw away a source that it would answer elsewhere.
fn trust_sources(host: &Host) {
    for place in ["all", "lo"] {
        host.set_sysctl(&format!("net/ipv4/conf/{place}/rp_filter"), "0")
            .unwrap();
    }
}

fn hello(scene: &Scene, version: Version, port: u16) -> Packet {
    let from = SocketAddr::new(address_of(&scene.mallory, version), 40_000);
    Packet::udp(from, scene.to(version, port), *b"hello?")
}

fn syn(scene: &Scene, version: Version, port: u16) -> Packet {
    let from = SocketAddr::new(address_of(&scene.mallory, version), 40_000);
    Packet::tcp(from, scene.to(version, port), Flags::SYN, 1)
}

/// Otherwise the host answers, and what the stranger sends next belongs to a known connection.
fn brings_no_stranger_in() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let injector = Injector::open(&scene.server);
    for version in VERSIONS {
        let guarded = scene.echo(version, 53);
        let free = scene.echo(version, 54);
        let before = gate.noise().unwrap().strangers.packets;
        injector.send(&hello(&scene, version, 54));
        assert!(free.hears(), "loopback does carry what is put onto it");
        injector.send(&hello(&scene, version, 53));
        injector.send(&syn(&scene, version, 22));
        injector.send(&syn(&scene, version, 85));
        assert!(!guarded.hears());
        assert!(wait_until(PATIENCE, || {
            gate.noise().unwrap().strangers.packets == before + 3
        }));
        let mallory = crate::scene::udp(&scene.mallory, version, 40_000);
        mallory.send_to(b"again", scene.to(version, 53)).unwrap();
        assert!(!guarded.hears(), "and nothing was made known");
    }
    let knocks = gate.noise().unwrap().knocks.packets;
    assert_eq!(knocks, 0, "{KNOCK} heard nothing");
}

/// Such packets leave this host in due form, so that conntrack knows them: only the source tells.
fn brings_no_stranger_in_from_a_raw_socket() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    trust_sources(&scene.server);
    let forger = forger(&scene.server);
    for version in VERSIONS {
        let guarded = scene.echo(version, 53);
        let before = gate.noise().unwrap().strangers.packets;
        forger.send(&hello(&scene, version, 53)).unwrap();
        assert!(!guarded.hears());
        assert_eq!(gate.noise().unwrap().strangers.packets, before + 1);
    }
}

/// Link-local addresses, of which the kernel does not say whose they are.
fn brings_no_neighbour_in() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let (own, neighbour) = (link_local(&scene.server), link_local(&scene.mallory));
    let injector = Injector::open(&scene.server);
    let socket = scene
        .server
        .run(|| UdpSocket::bind("[::]:53").unwrap())
        .unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    let from = SocketAddr::new(IpAddr::V6(*neighbour.ip()), 40_000);
    let to = SocketAddr::new(IpAddr::V6(*own.ip()), 53);
    injector.send(&Packet::udp(from, to, *b"hello?"));
    assert!(socket.recv_from(&mut [0; 16]).is_err());
    assert_eq!(gate.noise().unwrap().strangers.packets, 1);
}

fn brings_in_whoever_holds_a_grant() {
    let scene = Scene::new();
    let mut gate = scene.gate();
    let injector = Injector::open(&scene.server);
    for version in VERSIONS {
        let guarded = scene.echo(version, 53);
        let opening = lasting(&scene.mallory, version, "udp/53");
        gate.apply(&open(&[opening], LONG)).unwrap();
        injector.send(&hello(&scene, version, 53));
        assert!(guarded.hears());
    }
}

fn is_open_to_every_address_of_the_host() {
    let scene = Scene::new();
    let _service = Greeter::start(&scene.server, 22, "hello").unwrap();
    let mut gate = scene.gate();
    let link_local = link_local(&scene.server);
    let addresses: [SocketAddr; 6] = [
        "127.0.0.1:22".parse().unwrap(),
        "127.1.2.3:22".parse().unwrap(),
        "[::1]:22".parse().unwrap(),
        scene.to(Version::Four, 22),
        scene.to(Version::Six, 22),
        SocketAddr::V6(SocketAddrV6::new(
            *link_local.ip(),
            22,
            0,
            link_local.scope_id(),
        )),
    ];
    for to in addresses {
        let mut reached = connect(&scene.server, to, PATIENCE).unwrap();
        assert_eq!(reached.greeting(PATIENCE).as_deref(), Some("hello"), "{to}");
    }
    assert_eq!(gate.noise().unwrap().strangers.packets, 0);
}

/// The address that the kernel gave to `eth0` by itself.
fn link_local(host: &Host) -> SocketAddrV6 {
    let look = || {
        let index = if_nametoindex("eth0").unwrap();
        getifaddrs()
            .unwrap()
            .filter(|interface| interface.interface_name == "eth0")
            .filter_map(|interface| Some(interface.address?.as_sockaddr_in6()?.ip()))
            .find(Ipv6Addr::is_unicast_link_local)
            .map(|address| SocketAddrV6::new(address, 0, 0, index))
    };
    let mut found = None;
    assert!(wait_until(PATIENCE, || {
        found = host.run(look).unwrap();
        found.is_some()
    }));
    found.unwrap()
}
