//! Memory at rest beside the peers; and a million clients: ready when, how large, how fast.

use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::pause;

use super::Bench;
use super::clients::{Clients, forget};
use super::opening::series;
use super::peers::Kind;
use super::prober::{CLOSE, Prober};
use super::report::{Housed, Inside, Report, Rest, Who};
use super::spread::Spread;
use super::stage::{Stage, address};
use super::tap::Ways;
use super::usage::Processes;
use crate::say;

/// Measures the small house, the peers' and the large one.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    say::timed("memory with 10 clients", || of_ours(bench, 0, report))?;
    for peer in &bench.peers {
        let housed = say::timed(&format!("memory of {}", peer.program()), || {
            of_peer(bench, *peer)
        })?;
        report.memory.push(housed);
    }
    let many = bench.extent.of(990, 999_990);
    say::timed("a million clients", || of_ours(bench, many, report))
}

fn of_ours(bench: &Bench, others: u32, report: &mut Report) -> Result<()> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("memory")?;
    let mut clients = Clients::draw(10, others)?;
    let mut daemon = bench.builds.start(&stage, &folder, &clients, 2)?;
    forget(folder.path());
    let mut prober = Prober::new(&stage, Ways::Both, CLOSE)?;
    let runs = bench.extent.of(5, 200);
    let outside = series(&mut prober, &mut clients, Rest::None.length(), 0..runs)?;
    pause(REST);
    let inside = daemon.micros()?;
    report.memory.push(Housed {
        who: Who::Ours,
        clients: clients.count(),
        memory: Processes::of(&stage.server)?.memory(),
        ready_after: daemon.ready_after.as_secs_f64(),
    });
    if others > 0 {
        report.inside.push(Inside {
            knocks: format!("warm, {} clients", clients.count()),
            inside: Spread::of(inside.into_iter().skip(5)),
            outside: Spread::of(outside.into_iter().flatten()),
        });
    }
    Ok(())
}

fn of_peer(bench: &Bench, kind: Kind) -> Result<Housed> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("memory")?;
    let peer = kind.start(&stage, &folder)?;
    let mut prober = Prober::new(&stage, Ways::Both, CLOSE)?;
    let from = address(0);
    let mut knocking = None;
    prober.time(from, REST, |forger| {
        knocking = peer.knock(&stage, forger, from)?;
        Ok(())
    })?;
    pause(REST);
    Ok(Housed {
        who: Who::Peer(kind),
        clients: 1,
        memory: Processes::of(&stage.server)?.memory(),
        ready_after: 0.0,
    })
}

/// What was needed for a knock only has been given back by then.
const REST: Duration = Duration::from_secs(2);
