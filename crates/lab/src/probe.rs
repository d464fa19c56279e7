//! A prober: one SYN after the other from one port, until one is answered.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::clock::{now, pause};
use crate::error::LabError;
use crate::forge::Forger;
use crate::host::Host;
use crate::packet::{Flags, Kind, Packet};
use crate::record::{Direction, Recorder};

/// Sends SYNs at a steady pace in the background; dropped, it stops.
#[derive(Debug)]
pub struct Prober {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<io::Result<Result<u64, LabError>>>>,
}

/// What a prober saw.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Probed {
    /// When the first SYN-ACK arrived, since 1970, by the kernel's own stamp.
    pub answered: Duration,
}

impl Prober {
    /// Starts to send a SYN from `from` to `to` every so often.
    ///
    /// No socket owns the port `from`: the host answers a SYN-ACK with a reset, so that the server
    /// keeps nothing half open.
    pub fn start(
        host: &Host,
        from: SocketAddr,
        to: SocketAddr,
        every: Duration,
    ) -> Result<Self, LabError> {
        let forger = Forger::open(host)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = host.begin(move || probe(&forger, from, to, every, &stopped))?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }

    /// Stops and says how many SYNs were sent.
    pub fn stop(mut self) -> Result<u64, LabError> {
        self.halt().unwrap_or(Ok(0))
    }

    fn halt(&mut self) -> Option<Result<u64, LabError>> {
        self.stop.store(true, Ordering::Release);
        self.thread.take()?.join().ok()?.ok()
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        drop(self.halt());
    }
}

impl Probed {
    /// Waits at a recorder of the probing host for the first SYN-ACK from `to`.
    pub fn await_answer(
        recorder: &mut Recorder,
        to: SocketAddr,
        patience: Duration,
    ) -> Result<Option<Self>, LabError> {
        let found = recorder.await_frame(patience, |recorded| {
            recorded.direction == Direction::In
                && recorded
                    .packet()
                    .is_some_and(|packet| is_answer(&packet, to))
        })?;
        Ok(found.map(|recorded| Self {
            answered: recorded.at,
        }))
    }
}

fn is_answer(packet: &Packet, to: SocketAddr) -> bool {
    packet.source == to
        && matches!(packet.kind, Kind::Tcp { flags, .. } if flags.has(Flags::SYN_ACK))
}

fn probe(
    forger: &Forger,
    from: SocketAddr,
    to: SocketAddr,
    every: Duration,
    stop: &AtomicBool,
) -> Result<u64, LabError> {
    // The kernel otherwise wakes sleepers up to 50 µs late, to save power.
    let _ = nix::sys::prctl::set_timerslack(1);
    let mut sent: u64 = 0;
    let mut due = now();
    while !stop.load(Ordering::Acquire) {
        let sequence = u32::try_from(sent & 0xffff_ffff).unwrap_or(0);
        forger.send(&Packet::tcp(from, to, Flags::SYN, sequence))?;
        sent = sent.saturating_add(1);
        due = due.checked_add(every).unwrap_or(due);
        match due.checked_duration_since(now()) {
            Some(left) if !left.is_zero() => pause(left),
            // Late: the pace matters, not the number.
            _ => due = now(),
        }
    }
    Ok(sent)
}
