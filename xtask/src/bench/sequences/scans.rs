//! Scans of all ports, sent as packets: whom they get in.

use std::iter;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use nightlatch_lab::{Flags as Bits, Forger, Packet, pause, program};
use rand_core::Rng;

use super::doors::{Doors, Flags, Guard};
use crate::bench::Bench;
use crate::bench::clients::random;
use crate::bench::peers::Kind;
use crate::bench::prober::{Prober, SPARSE};
use crate::bench::report::{Scan, Who};
use crate::bench::stage::{LINK, SERVER, Stage, address};
use crate::bench::tap::Ways;
use crate::say;

/// How somebody scans.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Every port once, in an order of chance; each scan from an address of its own.
    Random,
    /// From the lowest to the highest.
    Rising,
    /// `nmap -r -sS -p-`, the real one: all ports, rising.
    Nmap,
    /// nmap as it is without options but `-sS`: its thousand ports, in an order of chance.
    Usual,
}

/// Scans us and, where it is installed, knockd.
pub(super) fn measure(bench: &Bench) -> Result<Vec<Scan>> {
    let mut scans = Vec::new();
    for doors in [THREE, TWO] {
        for manner in [Manner::Random, Manner::Rising, Manner::Nmap, Manner::Usual] {
            let knockd = bench.peers.contains(&Kind::Knockd);
            let knockd = knockd.then_some(Who::Peer(Kind::Knockd));
            for who in iter::once(Who::Ours).chain(knockd) {
                let times = manner.times(bench, who, doors);
                let name = format!(
                    "scans of {}: {times} × {}, {} steps",
                    who.name(),
                    manner.words(),
                    doors.steps()
                );
                let scanned = say::timed(&name, || scan(bench, doors, manner, who, times))?;
                scans.extend(scanned);
            }
        }
    }
    Ok(scans)
}

fn scan(bench: &Bench, doors: Doors, manner: Manner, who: Who, times: u32) -> Result<Option<Scan>> {
    let is_nmaps = matches!(manner, Manner::Nmap | Manner::Usual);
    if is_nmaps && !is_there("nmap") {
        say::loud("nmap is not installed: its scans were left out");
        return Ok(None);
    }
    let stage = Stage::new()?;
    let folder = bench.folder.inside("scans")?;
    let guard: Guard = match who {
        Who::Ours => doors.guarded_by_us(bench, &stage, &folder)?,
        Who::Peer(_) => doors.guarded_by_knockd(&stage, &folder)?,
    };
    let forger = Forger::open(&stage.client)?;
    let mut prober = Prober::new(&stage, Ways::Arrivals, SPARSE)?;
    let mut opened = 0_u32;
    for number in 0..times {
        let from = address(number);
        match manner {
            Manner::Random => send_all(&forger, from, shuffled()),
            Manner::Rising => send_all(&forger, from, (1..=u16::MAX).collect()),
            Manner::Nmap => nmap(&stage, from, &["-r", "-p-"])?,
            Manner::Usual => nmap(&stage, from, &[])?,
        }
        let is_open = prober.time(from, LOOK, |_| Ok(()))?.is_some();
        opened = opened.saturating_add(u32::from(is_open));
    }
    if who == Who::Ours {
        // A door that closed again before it was looked at counts as well.
        opened = opened.max(u32::try_from(guard.counted("/knocks/granted")?)?);
    }
    pause(TOLD);
    Ok(Some(Scan {
        who,
        astray: guard.counted("/ignored/astray")?,
        lost: guard.counted("/ignored/kernel-lost")?,
        steps: doors.steps(),
        manner: manner.words().to_owned(),
        scans: times,
        opened,
    }))
}

fn send_all(forger: &Forger, from: Ipv4Addr, ports: Vec<u16>) {
    let from = SocketAddr::V4(SocketAddrV4::new(from, SOURCE));
    for (port, number) in ports.into_iter().zip(1_u32..) {
        let to = SocketAddr::V4(SocketAddrV4::new(SERVER, port));
        let packet = Packet::tcp(from, to, Bits::SYN, number);
        // A full queue on the cable is what a scanner meets too: it waits and tries again.
        while forger.send(&packet).is_err() {
            pause(FULL);
        }
    }
}

fn shuffled() -> Vec<u16> {
    let mut ports: Vec<u16> = (1..=u16::MAX).collect();
    for place in (1..ports.len()).rev() {
        let drawn = usize::try_from(random().next_u32()).unwrap_or(0);
        ports.swap(
            place,
            drawn.checked_rem(place.saturating_add(1)).unwrap_or(0),
        );
    }
    ports
}

fn nmap(stage: &Stage, from: Ipv4Addr, more: &[&str]) -> Result<()> {
    let mut command = program("nmap");
    command
        .args(more)
        .args(["-sS", "-Pn", "-n", "-T5", "-S"])
        .arg(from.to_string());
    command
        .args(["-e", LINK, "--max-retries", "1", "--min-rate", "5000"])
        .arg(SERVER.to_string());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut process = stage.client.spawn(command)?;
    let ended = process.wait_within(NMAP_PATIENCE)?;
    ensure!(
        ended.is_some_and(|status| status.success()),
        "nmap did not scan to its end"
    );
    Ok(())
}

fn is_there(name: &str) -> bool {
    ["/usr/bin", "/usr/local/bin"]
        .iter()
        .any(|folder| std::path::Path::new(folder).join(name).is_file())
}

impl Manner {
    fn times(self, bench: &Bench, who: Who, doors: Doors) -> u32 {
        let is_ours_at_three = who == Who::Ours && doors == THREE;
        match self {
            Self::Random if is_ours_at_three => bench.extent.of(3, 1_000),
            Self::Random => bench.extent.of(3, 50),
            Self::Rising => bench.extent.of(2, 10),
            Self::Nmap => bench.extent.of(1, 3),
            Self::Usual => bench.extent.of(2, 30),
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Random => "every port once, order of chance",
            Self::Rising => "every port once, rising",
            Self::Nmap => "nmap -r -sS -p-",
            Self::Usual => "nmap -sS, its usual thousand ports",
        }
    }
}

const THREE: Doors = Doors {
    sequences: &[&[7000, 8000, 9000]],
    flags: Flags::Syn,
    seconds: 5,
};
const TWO: Doors = Doors {
    sequences: &[&[7000, 8000]],
    flags: Flags::Syn,
    seconds: 5,
};
const SOURCE: u16 = 41_000;
/// The listener tells its numbers once in a second.
const TOLD: Duration = Duration::from_millis(1_200);
const LOOK: Duration = Duration::from_millis(100);
const FULL: Duration = Duration::from_micros(50);
const NMAP_PATIENCE: Duration = Duration::from_mins(3);
