//! Measures what an address in a set of the administrator's costs: `cargo run --release --example insert` as root or in a namespace.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement reads the clock, speaks, and stops when it cannot go on"
)]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nightlatch_core::{AddressSet, Effect, GatePlan, Member, Stay};
use nightlatch_firewall::{Firewall, Nftables};
use nightlatch_lab::{World, enter, program};

fn main() {
    enter().unwrap();
    let host = World::new().host("server").unwrap();
    host.run(measure).unwrap();
}

fn measure() {
    for (tool, line) in [
        ("nft", "add table inet filter"),
        (
            "nft",
            "add set inet filter admins { type ipv4_addr; flags timeout; }",
        ),
        ("ipset", "create admins hash:ip timeout 0 maxelem 200000"),
    ] {
        let made = program(tool).args(line.split(' ')).status().unwrap();
        assert!(made.success(), "{line}");
    }
    let mut gate = Nftables::open().unwrap();
    let _ = gate
        .raise(&GatePlan {
            knock_port: Some(62201),
            knock_socket: None,
            guarded: Vec::new(),
            forwards: Vec::new(),
        })
        .unwrap();
    for text in [
        "ipv4 into nftables inet filter admins",
        "ipv4 into ipset admins",
    ] {
        let set = Arc::new(text.parse::<AddressSet>().unwrap());
        let mut present = 0;
        for wanted in [0, 1_000, 10_000] {
            for number in present..wanted {
                gate.apply(&insert(member(&set, 0x0b00_0000, number)))
                    .unwrap();
            }
            present = wanted;
            each(&mut gate, &set, wanted);
        }
    }
}

fn each(gate: &mut Nftables, set: &Arc<AddressSet>, present: u32) {
    let add = times(gate, set, insert);
    let again = times(gate, set, insert);
    let remove = times(gate, set, |member| Effect::Remove {
        members: vec![member],
    });
    println!(
        "{}, {present} present: insert {add}, again {again}, remove {remove}",
        set.place
    );
}

fn times(gate: &mut Nftables, set: &Arc<AddressSet>, effect: impl Fn(Member) -> Effect) -> String {
    let time = |number| {
        let effect = effect(member(set, 0x0c00_0000, number));
        let start = Instant::now();
        gate.apply(&effect).unwrap();
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..ROUNDS).map(time).collect();
    times.sort();
    let [median, late] = [times.len() / 2, times.len() * 99 / 100];
    format!("{:?} (99 %: {:?})", times[median], times[late])
}

fn insert(member: Member) -> Effect {
    let stay = Stay {
        member,
        lasts: Duration::from_hours(1),
    };
    Effect::Insert { stays: vec![stay] }
}

fn member(set: &Arc<AddressSet>, base: u32, number: u32) -> Member {
    Member {
        set: Arc::clone(set),
        address: IpAddr::V4(Ipv4Addr::from_bits(base.wrapping_add(number))),
    }
}

const ROUNDS: u32 = 300;
