//! Measures what one change of the gate costs: `cargo run --release --example apply` as root or in a namespace.

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
use std::time::{Duration, Instant};

use nightlatch_core::{Effect, GatePlan, Opening, Passage};
use nightlatch_firewall::{Firewall, Nftables};
use nightlatch_lab::{World, enter};

fn main() {
    enter().unwrap();
    let host = World::new().host("server").unwrap();
    host.run(measure).unwrap();
}

fn measure() {
    let mut gate = Nftables::open().unwrap();
    let plan = GatePlan {
        knock_port: Some(62201),
        knock_socket: None,
        guarded: vec!["tcp/22".parse().unwrap()],
        forwards: vec![],
    };
    let start = Instant::now();
    let raised = gate.raise(&plan).unwrap();
    println!(
        "raise, the first time, with the trial: {:?} {raised:?}",
        start.elapsed()
    );
    let start = Instant::now();
    let raised = gate.raise(&plan).unwrap();
    println!("raise again: {:?} {raised:?}", start.elapsed());
    let mut present = 0;
    for wanted in [0, 10_000, 100_000] {
        for part in (present..wanted).collect::<Vec<u32>>().chunks(10_000) {
            let openings = part
                .iter()
                .map(|number| opening(0x0b00_0000, *number))
                .collect();
            gate.apply(&Effect::Open {
                openings,
                lasts: LONG,
            })
            .unwrap();
        }
        present = wanted;
        std::thread::sleep(Duration::from_millis(500));
        each(&mut gate, wanted);
        let start = Instant::now();
        let listed = gate.standing().unwrap().len();
        println!(
            "{wanted:>6} present: list of {listed} in {:?}",
            start.elapsed()
        );
    }
    let start = Instant::now();
    let raised = gate.raise(&plan).unwrap();
    println!(
        "raise with 100,000 adopted: {:?} {raised:?}",
        start.elapsed()
    );
}

fn each(gate: &mut Nftables, present: u32) {
    let openings: Vec<Opening> = (0..ROUNDS)
        .map(|number| opening(0x0c00_0000, number))
        .collect();
    let one = |opening: &Opening| vec![*opening];
    let add = times(gate, &openings, |opening| Effect::Open {
        openings: one(opening),
        lasts: LONG,
    });
    let again = times(gate, &openings, |opening| Effect::Open {
        openings: one(opening),
        lasts: LONG,
    });
    let close = times(gate, &openings, |opening| Effect::Close {
        openings: one(opening),
    });
    println!("{present:>6} present: open {add}, refresh {again}, close {close}");
}

fn times(gate: &mut Nftables, openings: &[Opening], effect: impl Fn(&Opening) -> Effect) -> String {
    let mut times: Vec<Duration> = openings
        .iter()
        .map(|opening| {
            let effect = effect(opening);
            let start = Instant::now();
            gate.apply(&effect).unwrap();
            start.elapsed()
        })
        .collect();
    times.sort();
    format!(
        "{:?} (99 %: {:?})",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    )
}

fn opening(base: u32, number: u32) -> Opening {
    let address = IpAddr::V4(Ipv4Addr::from_bits(base.wrapping_add(number)));
    Opening {
        address,
        port: "tcp/22".parse().unwrap(),
        passage: Passage::Lasting,
    }
}

const ROUNDS: u32 = 2000;
const LONG: Duration = Duration::from_hours(1);
