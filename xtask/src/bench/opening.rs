//! Knock to open, seen from outside: the same prober for us and for the peers, in the same run.

use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::pause;

use super::Bench;
use super::clients::Clients;
use super::ours::knock;
use super::peers::Kind;
use super::prober::{CLOSE, Prober};
use super::report::{Opening, Report, Rest, Who};
use super::stage::{Stage, address};
use super::tap::Ways;
use crate::say;

/// Measures us and every peer that is installed.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    for rest in [Rest::None, Rest::Some] {
        let name = format!("knock to open: nightlatchd, {}", rest.words());
        let ours = say::timed(&name, || of_ours(bench, rest))?;
        report.openings.push(ours);
    }
    for peer in &bench.peers {
        let theirs = say::timed(&format!("knock to open: {}", peer.program()), || {
            of_peer(bench, *peer)
        })?;
        report.openings.push(theirs);
    }
    Ok(())
}

fn of_ours(bench: &Bench, rest: Rest) -> Result<Opening> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("opening")?;
    let mut clients = Clients::draw(10, 0)?;
    let daemon = bench.builds.start(&stage, &folder, &clients, 2)?;
    let mut prober = Prober::new(&stage, Ways::Both, CLOSE)?;
    let runs = match rest {
        Rest::None => bench.extent.of(10, 300),
        Rest::Some => bench.extent.of(2, 100),
    };
    let times = series(&mut prober, &mut clients, rest.length(), 0..runs)?;
    if times.iter().any(Option::is_none) {
        let status = daemon.status()?;
        let told = ["/knocks", "/ignored"].map(|place| status.pointer(place).cloned());
        say::loud(&format!("not every knock was honoured: {told:?}"));
    }
    Ok(Opening::of(Who::Ours, rest, &times))
}

/// One knock after the other, each from an address of its own; the first five are not counted.
pub(super) fn series(
    prober: &mut Prober,
    clients: &mut Clients,
    rest: Duration,
    runs: std::ops::Range<u32>,
) -> Result<Vec<Option<Duration>>> {
    let mut times = Vec::new();
    for run in runs.start..runs.end.saturating_add(WARMING) {
        let person = clients.person(run)?;
        let from = address(run);
        times.push(prober.time(from, PATIENCE, |forger| knock(forger, person, from))?);
        pause(rest);
    }
    Ok(times.split_off(usize::try_from(WARMING)?.min(times.len())))
}

fn of_peer(bench: &Bench, kind: Kind) -> Result<Opening> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("opening")?;
    let peer = kind.start(&stage, &folder)?;
    let mut prober = Prober::new(&stage, Ways::Both, CLOSE)?;
    let mut times = Vec::new();
    for run in 0..bench.extent.of(3, 100) {
        let from = address(run);
        let mut knocking = None;
        times.push(prober.time(from, PEERS_PATIENCE, |forger| {
            knocking = peer.knock(&stage, forger, from)?;
            Ok(())
        })?);
        drop(knocking);
        pause(Rest::None.length());
    }
    Ok(Opening::of(Who::Peer(kind), Rest::None, &times))
}

const WARMING: u32 = 5;
const PATIENCE: Duration = Duration::from_secs(1);
/// Ten times what they take.
const PEERS_PATIENCE: Duration = Duration::from_secs(2);
