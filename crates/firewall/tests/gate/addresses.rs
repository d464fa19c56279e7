//! Which addresses a host has.

use std::net::IpAddr;

use nightlatch_firewall::AddressTable;
use nightlatch_lab::{Host, World};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities};

use crate::Story;

pub(crate) const STORIES: &[Story] = &[
    (
        "addresses_that_come_and_go_are_listed_without_capabilities",
        come_and_go,
    ),
    ("no_more_addresses_are_listed_than_asked_for", no_more),
];

fn come_and_go() {
    let (host, _other) = connected();
    let mut table = table_of(&host);
    for address in ["192.0.2.1", "2001:db8::1"] {
        assert!(lists(&mut table, address), "{address}");
    }
    assert!(!lists(&mut table, "192.0.2.2"), "that is another host's");
    host.add_address("eth0", "192.0.2.9/24").unwrap();
    assert!(lists(&mut table, "192.0.2.9"));
    host.remove_address("eth0", "192.0.2.9/24").unwrap();
    assert!(!lists(&mut table, "192.0.2.9"));
}

fn no_more() {
    let (host, _other) = connected();
    for last in 10..250_u8 {
        let address = format!("192.0.2.{last}/24");
        host.add_address("eth0", &address).unwrap();
    }
    let mut table = table_of(&host);
    assert!(table.addresses(1000).unwrap().len() >= 242);
    assert_eq!(table.addresses(100).unwrap().len(), 100);
}

/// The interface is there for as long as both are.
fn connected() -> (Host, Host) {
    let world = World::new();
    let [host, other] = ["here", "there"].map(|name| world.host(name).unwrap());
    let near = host.plug("eth0", &["192.0.2.1/24", "2001:db8::1/64"]);
    let far = other.plug("eth0", &["192.0.2.2/24", "2001:db8::2/64"]);
    world.join(near, far).unwrap();
    (host, other)
}

fn table_of(host: &Host) -> AddressTable {
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    host.run(|| {
        set_capabilities(None, none).unwrap();
        AddressTable::open().unwrap()
    })
    .unwrap()
}

fn lists(table: &mut AddressTable, address: &str) -> bool {
    let address: IpAddr = address.parse().unwrap();
    table.addresses(100).unwrap().contains(&address)
}
