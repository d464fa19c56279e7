//! Which ports somebody listens at.

use std::net::{TcpListener, TcpStream, UdpSocket};

use nightlatch_firewall::SocketTable;
use nightlatch_lab::World;
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use crate::Story;

pub(crate) const STORIES: &[Story] = &[
    ("listening_sockets_are_listed_by_port", listed_by_port),
    ("listening_on_loopback_counts_for_nobody", on_loopback),
    ("listening_elsewhere_is_not_listed", elsewhere),
    (
        "listening_is_seen_without_capabilities",
        without_capabilities,
    ),
    ("listening_at_every_port_is_a_short_list", at_every_port),
];

/// What one more host has, while sockets opened in it by `open` live.
fn listed<T: Send>(open: impl FnOnce() -> T + Send) -> Vec<String> {
    let host = World::new().host("listener").unwrap();
    host.link_up("lo").unwrap();
    host.run(|| {
        let mut table = SocketTable::open().unwrap();
        assert_eq!(table.listening().unwrap(), []);
        let opened = open();
        let listed = in_words(&mut table);
        drop(opened);
        assert_eq!(table.listening().unwrap(), []);
        listed
    })
    .unwrap()
}

fn in_words(table: &mut SocketTable) -> Vec<String> {
    let ranges = table.listening().unwrap();
    ranges.iter().map(ToString::to_string).collect()
}

fn tcp(addresses: &[&str]) -> Vec<TcpListener> {
    let bind = |address: &&str| TcpListener::bind(*address).unwrap();
    addresses.iter().map(bind).collect()
}

fn udp(addresses: &[&str]) -> Vec<UdpSocket> {
    let bind = |address: &&str| UdpSocket::bind(*address).unwrap();
    addresses.iter().map(bind).collect()
}

fn listed_by_port() {
    let listed = listed(|| {
        let services = tcp(&["0.0.0.0:80", "[::]:81", "0.0.0.0:90", "[::]:9000"]);
        let client = TcpStream::connect("127.0.0.1:80").unwrap();
        let accepted = services[0].accept().unwrap();
        let datagrams = udp(&["0.0.0.0:53", "[::]:54", "0.0.0.0:5000"]);
        // With another end it takes nothing from strangers.
        datagrams[2].connect("127.0.0.1:53").unwrap();
        (services, client, accepted, datagrams)
    });
    assert_eq!(listed, ["tcp/80-81", "tcp/90", "tcp/9000", "udp/53-54"]);
}

fn on_loopback() {
    let listed = listed(|| {
        (
            tcp(&[
                "127.0.0.1:80",
                "[::1]:81",
                "127.7.7.7:82",
                "[::ffff:127.0.0.1]:83",
            ]),
            udp(&["127.0.0.1:80", "[::1]:81", "0.0.0.0:84"]),
        )
    });
    assert_eq!(listed, ["udp/84"]);
}

fn elsewhere() {
    let world = World::new();
    let [here, there] = ["here", "there"].map(|name| world.host(name).unwrap());
    let mut table = here.run(SocketTable::open).unwrap().unwrap();
    let _elsewhere = there.run(|| tcp(&["0.0.0.0:80"])).unwrap();
    assert_eq!(in_words(&mut table), [""; 0]);
    let _here = here.run(|| tcp(&["0.0.0.0:81"])).unwrap();
    // The namespace is the one that it was opened in.
    assert_eq!(in_words(&mut table), ["tcp/81"]);
}

fn without_capabilities() {
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    let listed = listed(|| {
        let opened = tcp(&["0.0.0.0:80"]);
        set_capabilities(None, none).unwrap();
        opened
    });
    assert_eq!(listed, ["tcp/80"]);
}

fn at_every_port() {
    let listed = listed(|| {
        (10_000..10_500)
            .map(|port| UdpSocket::bind(("0.0.0.0", port)).unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(listed, ["udp/10000-10499"]);
}
