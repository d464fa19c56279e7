//! Valid knocks while junk comes: how many are honoured, how fast, and what the junk costs.

use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::{Payloads, pause};
use rand_core::Rng;

use super::Bench;
use super::clients::{Clients, random};
use super::junk::{Junk, Pace, Pouring};
use super::ours::knock;
use super::peers::{Kind, Peer};
use super::prober::{Prober, SPARSE};
use super::report::{Flooding, Report, Who};
use super::spread::Spread;
use super::stage::{CLIENT, Stage, address};
use super::tap::Ways;
use super::usage::Processes;
use crate::say;

/// Measures us under every junk and pace, and each peer under the junk that it looks at.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    for people in [10, bench.extent.of(200, 1_000)] {
        let name = format!("floods: nightlatchd, {people} clients");
        report
            .floods
            .extend(say::timed(&name, || of_ours(bench, people))?);
    }
    for peer in &bench.peers {
        let name = format!("floods: {}", peer.program());
        say::timed(&name, || {
            for pace in paces(bench) {
                report.floods.push(of_peer(bench, *peer, pace)?);
            }
            Ok(())
        })?;
    }
    Ok(())
}

fn paces(bench: &Bench) -> Vec<Pace> {
    let whole = vec![
        Pace::PerSecond(20_000),
        Pace::PerSecond(100_000),
        Pace::Whole,
    ];
    bench.extent.of(vec![Pace::PerSecond(20_000)], whole)
}

fn of_ours(bench: &Bench, people: u32) -> Result<Vec<Flooding>> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("floods")?;
    let mut clients = Clients::draw(people, 0)?;
    let daemon = bench.builds.start(&stage, &folder, &clients, 2)?;
    let mut under = Under::new(&stage)?;
    let mut all = Vec::new();
    for (name, junk) in kinds_of_junk(&mut clients)? {
        for pace in paces(bench) {
            let lost = lost_by_listener(&daemon.status()?);
            let pouring = junk.pour(&stage.client, pace)?;
            let mut flooding = under.series(pouring, bench.extent.of(10, 100), |under, from| {
                let person = clients.person(from)?;
                let from = address(from);
                under
                    .prober
                    .time(from, PATIENCE, |forger| knock(forger, person, from))
            })?;
            flooding.who = Who::Ours;
            flooding.clients = people;
            name.clone_into(&mut flooding.junk);
            flooding.wanted = wanted(pace);
            pause(TOLD);
            flooding.lost_by_listener = lost_by_listener(&daemon.status()?).saturating_sub(lost);
            all.push(flooding);
        }
    }
    Ok(all)
}

/// What strangers can make up, and what somebody can who has seen a knock.
fn kinds_of_junk(clients: &mut Clients) -> Result<[(&'static str, Junk); 3]> {
    let mut behind_a_tag = clients.person(0)?.knock(CLIENT).to_vec();
    if let Some(behind) = behind_a_tag.get_mut(8..) {
        random().fill_bytes(behind);
    }
    Ok([
        ("random, 100 bytes", Junk::Datagrams(Payloads::Random(100))),
        (
            "random, 1,200 bytes",
            Junk::Datagrams(Payloads::Random(1_200)),
        ),
        (
            "a captured tag, then garbage",
            Junk::Datagrams(Payloads::Same(behind_a_tag)),
        ),
    ])
}

fn of_peer(bench: &Bench, kind: Kind, pace: Pace) -> Result<Flooding> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("floods")?;
    let peer: Peer = kind.start(&stage, &folder)?;
    let mut under = Under::new(&stage)?;
    let (name, junk) = kind.junk();
    let pouring = junk.pour(&stage.client, pace)?;
    let mut flooding = under.series(pouring, bench.extent.of(3, 20), |under, from| {
        let from = address(from);
        let mut knocking = None;
        let stage = under.stage;
        let opened = under.prober.time(from, PATIENCE, |forger| {
            knocking = peer.knock(stage, forger, from)?;
            Ok(())
        })?;
        drop(knocking);
        Ok(opened)
    })?;
    flooding.who = Who::Peer(kind);
    flooding.clients = 1;
    name.clone_into(&mut flooding.junk);
    flooding.wanted = wanted(pace);
    Ok(flooding)
}

/// Somebody who knocks while junk is poured.
pub(super) struct Under<'a> {
    pub(super) prober: Prober,
    processes: Processes,
    stage: &'a Stage,
    next: u32,
}

impl<'a> Under<'a> {
    /// Somebody at the client's end; whatever runs on the server by now is what is measured.
    pub(super) fn new(stage: &'a Stage) -> Result<Self> {
        Ok(Self {
            prober: Prober::new(stage, Ways::Arrivals, SPARSE)?,
            processes: Processes::of(&stage.server)?,
            stage,
            next: 0,
        })
    }

    /// Knocks so often, one datagram each and none twice, and ends the junk afterwards.
    pub(super) fn series(
        &mut self,
        pouring: Pouring,
        knocks: u32,
        mut knock: impl FnMut(&mut Self, u32) -> Result<Option<Duration>>,
    ) -> Result<Flooding> {
        let before = self.processes.cpu();
        pause(RISE);
        let mut opened = Vec::new();
        for _ in 0..knocks {
            let number = self.next;
            self.next = self.next.saturating_add(1);
            opened.extend(knock(self, number)?);
            pause(BETWEEN);
        }
        let flooded = pouring.end()?;
        let cpu = self.processes.cpu().saturating_sub(before);
        Ok(Flooding {
            packets: flooded.sent,
            seconds: flooded.took.as_secs_f64(),
            knocks,
            honoured: opened.len(),
            opened: Spread::of(opened),
            cpu_seconds: cpu.as_secs_f64(),
            ..Flooding::default()
        })
    }
}

fn wanted(pace: Pace) -> Option<u32> {
    match pace {
        Pace::PerSecond(rate) => Some(rate),
        Pace::Whole => None,
    }
}

/// Frames that the kernel had no room for, as the status document tells.
fn lost_by_listener(status: &serde_json::Value) -> u64 {
    let lost = status.pointer("/ignored/kernel-lost");
    lost.and_then(serde_json::Value::as_u64).unwrap_or(0)
}

const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN: Duration = Duration::from_millis(20);
/// A flood has its pace by then.
const RISE: Duration = Duration::from_millis(300);
/// The listener tells its numbers once in a second.
const TOLD: Duration = Duration::from_millis(1_200);
