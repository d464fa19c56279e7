//! Junk at a chosen pace, or as fast as this machine sends.

use std::io::{self, IoSlice};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg};
use socket2::{Domain, Socket};

use crate::clock::{now, pause};
use crate::error::LabError;
use crate::forge::{portless, raw};
use crate::host::Host;
use crate::packet::Packet;
use crate::random::Random;

/// A flood of junk datagrams from forged sources.
#[derive(Clone, Debug)]
pub struct Flood {
    /// Where they go.
    pub to: SocketAddr,
    /// What they carry.
    pub payloads: Payloads,
    /// How many a second; `None`: as fast as this machine sends.
    pub per_second: Option<u32>,
    /// How many in all; `None`: until it is stopped.
    pub count: Option<u64>,
    /// Floods with the same seed are the same.
    pub seed: u64,
}

/// What the datagrams of a flood carry.
#[derive(Clone, Debug)]
pub enum Payloads {
    /// Random bytes of one length.
    Random(usize),
    /// The same bytes again and again, from random sources.
    Same(Vec<u8>),
}

/// What a flood came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Flooded {
    /// How many left.
    pub sent: u64,
    /// How long it took.
    pub took: Duration,
}

impl Flooded {
    /// How many left in a second.
    pub fn per_second(&self) -> u64 {
        let nanoseconds = self.took.as_nanos().max(1);
        let scaled = u128::from(self.sent).saturating_mul(1_000_000_000);
        u64::try_from(scaled.checked_div(nanoseconds).unwrap_or(0)).unwrap_or(u64::MAX)
    }
}

impl Flood {
    /// Sends it all from a host and returns when it is out, or when `stop` turns true.
    pub fn run(&self, host: &Host, stop: &AtomicBool) -> Result<Flooded, LabError> {
        host.run(|| self.pour(stop))?
            .map_err(|cause| LabError::kernel(host.name(), "send a flood", cause))
    }

    /// Sends it in the background; set `stop` and join to end it.
    pub fn start(
        self,
        host: &Host,
        stop: Arc<AtomicBool>,
    ) -> Result<std::thread::JoinHandle<io::Result<io::Result<Flooded>>>, LabError> {
        host.begin(move || self.pour(&stop))
    }

    fn pour(&self, stop: &AtomicBool) -> io::Result<Flooded> {
        let socket = raw(if self.to.is_ipv4() {
            Domain::IPV4
        } else {
            Domain::IPV6
        })?;
        let pool = self.pool();
        let slices: Vec<[IoSlice<'_>; 1]> =
            pool.iter().map(|packet| [IoSlice::new(packet)]).collect();
        let to = SockaddrStorage::from(portless(self.to));
        let addresses = [Some(to); BATCH];
        let start = now();
        let mut sent: u64 = 0;
        while !stop.load(Ordering::Relaxed) && self.count.is_none_or(|count| sent < count) {
            let room = self.room(sent, start);
            if room == 0 {
                pause(BETWEEN_BATCHES);
                continue;
            }
            let at = usize::try_from(sent)
                .unwrap_or(0)
                .checked_rem(POOL)
                .unwrap_or(0);
            let batch = slices.get(at..).unwrap_or_default();
            let batch = batch.get(..room.min(batch.len())).unwrap_or_default();
            let left = send_batch(&socket, batch, &addresses)?;
            sent = sent.saturating_add(left);
        }
        Ok(Flooded {
            sent,
            took: now().saturating_duration_since(start),
        })
    }

    /// How many may leave at once now.
    fn room(&self, sent: u64, start: Instant) -> usize {
        let wanted = self
            .count
            .map_or(u64::MAX, |count| count.saturating_sub(sent));
        let paced = self.per_second.map_or(u64::MAX, |rate| {
            let elapsed = now().saturating_duration_since(start).as_micros();
            let due = elapsed
                .saturating_mul(u128::from(rate))
                .checked_div(1_000_000);
            u64::try_from(due.unwrap_or(0))
                .unwrap_or(u64::MAX)
                .saturating_sub(sent)
        });
        usize::try_from(wanted.min(paced))
            .unwrap_or(usize::MAX)
            .min(BATCH)
    }

    fn pool(&self) -> Vec<Vec<u8>> {
        let mut random = Random::new(self.seed);
        std::iter::repeat_with(|| {
            let source = forged_source(&mut random, self.to);
            let payload = match &self.payloads {
                Payloads::Random(length) => random.bytes(*length),
                Payloads::Same(bytes) => bytes.clone(),
            };
            Packet::udp(source, self.to, payload).to_bytes()
        })
        .take(POOL)
        .collect()
    }
}

/// An address of a network that nobody in a lab has, and any port.
fn forged_source(random: &mut Random, to: SocketAddr) -> SocketAddr {
    let [a, b, c, d, high, low, ..] = random.next().to_be_bytes();
    let address = if to.is_ipv4() {
        // 198.18.0.0/15, set aside for benchmarks (RFC 2544).
        IpAddr::from(Ipv4Addr::new(198, 0x12 | (a & 1), b, c.max(1)))
    } else {
        // 2001:2::/48, the same for IPv6 (RFC 5180).
        IpAddr::from([0x20, 0x01, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
    };
    SocketAddr::new(address, u16::from_be_bytes([high, low]).max(1024))
}

fn send_batch(
    socket: &Socket,
    batch: &[[IoSlice<'_>; 1]],
    addresses: &[Option<SockaddrStorage>],
) -> io::Result<u64> {
    let mut headers = MultiHeaders::preallocate(batch.len(), None);
    let flags = MsgFlags::empty();
    match sendmmsg(
        socket.as_raw_fd(),
        &mut headers,
        batch,
        addresses,
        [],
        flags,
    ) {
        Ok(results) => Ok(u64::try_from(results.count()).unwrap_or(0)),
        // The queue of the link is full; that is what a flood is.
        Err(Errno::ENOBUFS | Errno::EAGAIN | Errno::EINTR) => Ok(0),
        Err(cause) => Err(cause.into()),
    }
}

/// So many at one call.
const BATCH: usize = 64;

/// Different packets of one flood; afterwards they come again.
const POOL: usize = 4096;

/// Short against what a listener's queue holds.
const BETWEEN_BATCHES: Duration = Duration::from_micros(200);
