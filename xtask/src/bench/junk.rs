//! Junk, poured by as many threads as wanted.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Result, anyhow};
use nightlatch_lab::{Flags, Flood, Flooded, Forger, Host, Packet, Payloads, now, pause};
use rand_core::Rng;

use super::clients::random;
use super::stage::{SERVER, keyhole};

/// What is poured.
#[derive(Clone, Debug)]
pub(super) enum Junk {
    /// Datagrams at the knock port, all alike in what they carry, different in where they are from.
    Datagrams(Payloads),
    /// SYNs at a port, each from another source.
    Syns(u16),
}

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// So many packets a second.
    PerSecond(u32),
    /// As many as every core of this machine sends.
    Whole,
}

/// Junk that is on its way.
pub(super) struct Pouring {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<io::Result<io::Result<Flooded>>>>,
}

impl Junk {
    /// Starts to pour from a host.
    pub(super) fn pour(&self, host: &Host, pace: Pace) -> Result<Pouring> {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = match pace {
            Pace::PerSecond(_) => 1,
            Pace::Whole => std::thread::available_parallelism()?.get(),
        };
        let threads = (0..threads)
            .map(|thread| self.begin(host, pace, u64::try_from(thread)?, Arc::clone(&stop)))
            .collect::<Result<_>>()?;
        Ok(Pouring { stop, threads })
    }

    fn begin(
        &self,
        host: &Host,
        pace: Pace,
        seed: u64,
        stop: Arc<AtomicBool>,
    ) -> Result<JoinHandle<io::Result<io::Result<Flooded>>>> {
        let per_second = match pace {
            Pace::PerSecond(rate) => Some(rate),
            Pace::Whole => None,
        };
        Ok(match self {
            Self::Datagrams(payloads) => {
                let flood = Flood {
                    to: keyhole(),
                    payloads: payloads.clone(),
                    per_second,
                    count: None,
                    seed: seed.wrapping_mul(0x9E37_79B9).wrapping_add(12_345),
                };
                flood.start(host, stop)?
            }
            Self::Syns(port) => {
                let forger = Forger::open(host)?;
                let (pool, to) = (syns(*port), to(*port));
                host.begin(move || pour_syns(&forger, &pool, to, per_second, &stop))?
            }
        })
    }
}

impl Pouring {
    /// Ends it and says what it came to, all threads together.
    pub(super) fn end(self) -> Result<Flooded> {
        self.stop.store(true, Ordering::Release);
        let mut sum = Flooded {
            sent: 0,
            took: Duration::ZERO,
        };
        for thread in self.threads {
            let flooded = thread.join().map_err(|_| anyhow!("a flood panicked"))???;
            sum.sent = sum.sent.saturating_add(flooded.sent);
            sum.took = sum.took.max(flooded.took);
        }
        Ok(sum)
    }
}

fn pour_syns(
    forger: &Forger,
    pool: &[Vec<u8>],
    to: SocketAddr,
    per_second: Option<u32>,
    stop: &AtomicBool,
) -> io::Result<Flooded> {
    let begun = now();
    let mut sent: u64 = 0;
    for syn in pool.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let took = now().saturating_duration_since(begun);
        let due = per_second.map_or(f64::MAX, |rate| took.as_secs_f64() * f64::from(rate));
        if f64::from(u32::try_from(sent).unwrap_or(u32::MAX)) >= due {
            pause(BETWEEN_BATCHES);
            continue;
        }
        forger.send_bytes(syn, to).map_err(io::Error::other)?;
        sent = sent.saturating_add(1);
    }
    let took = now().saturating_duration_since(begun);
    Ok(Flooded { sent, took })
}

fn to(port: u16) -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(SERVER, port))
}

/// From the network that is set aside for benchmarks (RFC 2544).
fn syns(port: u16) -> Vec<Vec<u8>> {
    let one = |_| {
        let drawn = random().next_u32();
        let [a, b, high, low] = drawn.to_be_bytes();
        let source = Ipv4Addr::new(
            198,
            if a.is_multiple_of(2) { 18 } else { 19 },
            b,
            high.max(1),
        );
        let source = SocketAddrV4::new(source, u16::from_be_bytes([high, low]).max(1024));
        Packet::tcp(SocketAddr::V4(source), to(port), Flags::SYN, drawn).to_bytes()
    };
    (0..SYNS).map(one).collect()
}

const SYNS: u32 = 65_536;
const BETWEEN_BATCHES: Duration = Duration::from_micros(200);
