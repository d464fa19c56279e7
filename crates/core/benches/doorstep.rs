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
use nightlatch_core::{Doorstep, Glance, Instant, Now};
use nightlatch_ticket::{Epoch, SEALED_LENGTH, TagKey, UnixTime};
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
        .bench_local_values(|keys| Doorstep::new(KNOCK_PORT, keys, [1; 16], now()));
}

fn doorstep(clients: u32) -> Doorstep {
    Doorstep::new(KNOCK_PORT, (0..clients).map(key).collect(), [1; 16], now())
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
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
