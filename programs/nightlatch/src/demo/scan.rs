//! The stranger's port scan: SYNs and datagrams to every guarded port, and what comes back.

use std::net::SocketAddr;
use std::time::Duration;

use nightlatch_lab::{Flags, Forger, Host, Packet, Recorded, Recorder, pause};

use super::keys::KNOCK_PORT;
use super::stage::Seen;

/// What a scan brought to light.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Scanned {
    /// How many packets were sent to guarded ports and the knock port.
    pub(super) sent: usize,
    /// How many packets of any kind came back about those.
    pub(super) answers: usize,
    /// Whether a port that nobody guards did answer: the scanner is not blind.
    pub(super) is_sighted: bool,
}

/// Scans every guarded port with TCP and UDP, the knock port with UDP, and one port for comparison.
pub(super) fn scan(stranger: &Host, wire: &mut Recorder) -> anyhow::Result<Scanned> {
    let from = SocketAddr::new(
        stranger.address_v4().unwrap_or_else(|| [0, 0, 0, 0].into()),
        SCANNERS_PORT,
    );
    let server = Seen::ByStranger.address();
    let forger = Forger::open(stranger)?;
    wire.take()?;
    let mut sent: usize = 0;
    let mut shoot = |packet: &Packet| -> anyhow::Result<()> {
        sent = sent.saturating_add(1);
        Ok(forger.send(packet)?)
    };
    for port in GUARDED {
        let to = SocketAddr::new(server, port);
        shoot(&Packet::tcp(from, to, Flags::SYN, u32::from(port)))?;
        shoot(&Packet::udp(from, to, *b"anybody in?"))?;
    }
    shoot(&Packet::udp(
        from,
        SocketAddr::new(server, KNOCK_PORT),
        *b"anybody in?",
    ))?;
    shoot(&Packet::udp(
        from,
        SocketAddr::new(server, KNOCK_PORT),
        [0; 100],
    ))?;
    let open_ground = SocketAddr::new(server, UNGUARDED);
    forger.send(&Packet::tcp(from, open_ground, Flags::SYN, 1))?;
    pause(LISTENING);
    let back: Vec<Packet> = wire.take()?.iter().filter_map(Recorded::arrival).collect();
    let about_open_ground = back
        .iter()
        .filter(|packet| packet.source == open_ground)
        .count();
    Ok(Scanned {
        sent,
        answers: back.len().saturating_sub(about_open_ground),
        is_sighted: about_open_ground > 0,
    })
}

/// As in the configuration of the demonstration.
const GUARDED: std::ops::RangeInclusive<u16> = 1..=1024;

/// Outside of that: the kernel refuses there as it does on every computer.
pub(super) const UNGUARDED: u16 = 8080;

const SCANNERS_PORT: u16 = 45678;

/// A kernel on the same machine answers within microseconds.
const LISTENING: Duration = Duration::from_millis(250);
