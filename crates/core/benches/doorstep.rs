//! What a packet costs at the doorstep, with one client, a thousand and a million.
//!
//! The samples are long, as a flood is: what is looked at often is in the cache then, what is not is not.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a bench stops when it is wrong, and its names say what it measures"
)]

use std::cell::RefCell;
use std::net::IpAddr;
use std::time::Duration;

use divan::{Bencher, black_box};
use nightlatch_core::{
    Doorstep, DoorstepPlan, Glance, Instant, Now, Protocol, SequenceId, Step, Variant,
};
use nightlatch_ticket::{Epoch, SEALED_LENGTH, Span, TagKey, UnixTime};
use nightlatch_wire::{Datagram, Observation, Transport, Unseen};

const CLIENTS: [u32; 3] = [1, 1_000, 1_000_000];
const KNOCK_PORT: u16 = 62_201;

fn main() {
    divan::main();
}

#[divan::bench(args = CLIENTS, sample_count = 100, sample_size = 20_000)]
fn noise_is_dropped(bencher: Bencher<'_, '_>, clients: u32) {
    let mut doorstep = doorstep(clients);
    let mut random = Random(1);
    let mut payload = [0; SEALED_LENGTH];
    bencher.bench_local(|| {
        payload[..8].copy_from_slice(&random.next().to_be_bytes());
        doorstep.observe(&observation(black_box(&payload)), now())
    });
}

#[divan::bench(args = CLIENTS, sample_count = 100, sample_size = 1_000)]
fn a_knock_is_recognised(bencher: Bencher<'_, '_>, clients: u32) {
    let doorstep = RefCell::new(doorstep(clients));
    let mut random = Random(1);
    let when = RefCell::new(now());
    bencher
        .with_inputs(|| {
            let client = u32::try_from(random.next() % u64::from(clients)).unwrap();
            let mut payload = [0; SEALED_LENGTH];
            payload[..8].copy_from_slice(&key(client).epoch_tag(Epoch::at(now().unix)).0);
            // One at a time, so that the quota never stands in the way.
            let mut when = when.borrow_mut();
            when.monotonic = when.monotonic.saturating_add(Duration::from_millis(1));
            payload
        })
        .bench_local_values(|payload| {
            let glance = doorstep
                .borrow_mut()
                .observe(&observation(&payload), *when.borrow());
            assert!(matches!(glance, Glance::Claim(_)));
            glance
        });
}

#[divan::bench(sample_count = 100, sample_size = 1)]
fn a_slice_of_the_next_epoch_of_a_million(bencher: Bencher<'_, '_>) {
    let mut doorstep = doorstep(1_000_000);
    let later = now().unix.saturating_add(Duration::from_mins(10));
    let later = Now {
        unix: later,
        ..now()
    };
    bencher.bench_local(|| doorstep.tend(later));
}

#[divan::bench(args = [1_000, 1_000_000], sample_count = 1, sample_size = 1)]
fn a_doorstep_is_built(bencher: Bencher<'_, '_>, clients: u32) {
    bencher
        .with_inputs(|| (0..clients).map(key).collect::<Vec<_>>())
        .bench_local_values(|keys| Doorstep::new(plan(), keys, [1; 16], now()));
}

/// A flood of forged first steps, once it has filled the table.
#[divan::bench(sample_count = 100, sample_size = 20_000)]
fn a_forged_first_step_is_noted(bencher: Bencher<'_, '_>) {
    let mut doorstep = watching();
    let mut random = Random(1);
    for _ in 0..2_000_000 {
        let _ = doorstep.observe(&touch(random.address(), 7000), now());
    }
    bencher.bench_local(|| doorstep.observe(&touch(random.address(), 7000), now()));
}

/// Scanners in the same flood: no step, and nothing to forget.
#[divan::bench(sample_count = 100, sample_size = 20_000)]
fn a_touch_is_no_step(bencher: Bencher<'_, '_>) {
    let mut doorstep = watching();
    let mut random = Random(1);
    for _ in 0..2_000_000 {
        let _ = doorstep.observe(&touch(random.address(), 7000), now());
    }
    bencher.bench_local(|| doorstep.observe(&touch(random.address(), 1234), now()));
}

/// The steps of one walker, one after the other, over and over.
#[divan::bench(sample_count = 100, sample_size = 10_000)]
fn a_step_is_taken(bencher: Bencher<'_, '_>) {
    let mut doorstep = watching();
    let mut ports = [7000, 8000, 9000].into_iter().cycle();
    let walker = IpAddr::from([198, 18, 0, 1]);
    bencher.bench_local(|| doorstep.observe(&touch(walker, ports.next().unwrap()), now()));
}

/// Symbols of the same many sources: never enough of one.
#[divan::bench(sample_count = 100, sample_size = 20_000)]
fn a_symbol_is_kept(bencher: Bencher<'_, '_>) {
    let mut doorstep = spanned(1_000);
    let mut random = Random(1);
    for _ in 0..200_000 {
        let _ = doorstep.observe(&touch(random.address(), random.port()), now());
    }
    bencher.bench_local(|| doorstep.observe(&touch(random.address(), random.port()), now()));
}

/// The dearest packet there is: one source touches the span at random, and each of its symbols may
/// be the one that makes a frame whole.
#[divan::bench(sample_count = 100, sample_size = 1_000)]
fn a_symbol_makes_nothing_whole(bencher: Bencher<'_, '_>) {
    let mut doorstep = spanned(1_000);
    let mut random = Random(1);
    let scanner = IpAddr::from([198, 18, 0, 1]);
    bencher.bench_local(|| doorstep.observe(&touch(scanner, random.port()), now()));
}

fn watching() -> Doorstep {
    let mut doorstep = doorstep(0);
    let variant = |sequence, ports: [u16; 3]| Variant {
        sequence: SequenceId(sequence),
        number: 0,
        steps: ports.map(Step::udp).into(),
        within: Duration::from_secs(10),
    };
    let variants = vec![
        variant(0, [7000, 8000, 9000]),
        variant(1, [9000, 8000, 7000]),
        variant(2, [7000, 4000, 5000]),
    ];
    doorstep.replace_variants(0, variants, &["udp/32768-60999".parse().unwrap()]);
    doorstep
}

fn spanned(clients: u32) -> Doorstep {
    let span = Span::new(20_000, 28_191, &[]).unwrap();
    let plan = DoorstepPlan {
        span: Some((span, Protocol::Udp)),
        ..plan()
    };
    Doorstep::new(plan, (0..clients).map(key).collect(), [1; 16], now())
}

fn touch(source: IpAddr, destination_port: u16) -> Observation<'static> {
    let transport = Transport::Udp(Datagram {
        source_port: 4000,
        destination_port,
        payload: &[],
    });
    Observation {
        source,
        transport,
        ..observation(&[])
    }
}

fn doorstep(clients: u32) -> Doorstep {
    Doorstep::new(plan(), (0..clients).map(key).collect(), [1; 16], now())
}

fn plan() -> DoorstepPlan {
    DoorstepPlan {
        knock_port: Some(KNOCK_PORT),
        span: None,
    }
}

fn key(client: u32) -> TagKey {
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&client.to_be_bytes());
    TagKey::from_bytes(bytes)
}

fn now() -> Now {
    Now {
        monotonic: Instant::from_duration(Duration::from_secs(1)),
        unix: UnixTime::from_secs(1_900_000_500),
    }
}

fn observation(payload: &[u8]) -> Observation<'_> {
    Observation {
        source: IpAddr::from([198, 18, 0, 1]),
        destination: IpAddr::from([192, 0, 2, 1]),
        hops: 64,
        identification: None,
        unfragmentable: None,
        length: 128,
        transport: Transport::Udp(Datagram {
            source_port: 4000,
            destination_port: KNOCK_PORT,
            payload,
        }),
        unseen: Unseen::NOTHING,
    }
}

/// Not a good generator, and good enough to miss every cache.
struct Random(u64);

impl Random {
    fn address(&mut self) -> IpAddr {
        let [a, b, c, d, ..] = self.next().to_be_bytes();
        IpAddr::from([10, a, b, c ^ d])
    }

    fn port(&mut self) -> u16 {
        let [a, b, ..] = self.next().to_be_bytes();
        20_000 + u16::from_be_bytes([a, b]) % 7_936
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
