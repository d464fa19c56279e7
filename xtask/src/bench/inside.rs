//! Inside the daemon: what it says itself about the time from a claim to the kernel's word.

use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::pause;

use super::Bench;
use super::clients::Clients;
use super::opening::series;
use super::ours::knock;
use super::prober::{CLOSE, Prober};
use super::report::{Inside, Report, Rest};
use super::spread::Spread;
use super::stage::{Stage, address};
use super::tap::Ways;
use crate::say;

/// Measures warm knocks, which find the watermark ahead of them, and cold ones, which do not.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let stage = Stage::new()?;
    let folder = bench.folder.inside("inside")?;
    let mut clients = Clients::draw(10, 0)?;
    let mut daemon = bench.builds.start(&stage, &folder, &clients, 2)?;
    let mut prober = Prober::new(&stage, Ways::Both, CLOSE)?;
    let warm = bench.extent.of(10, 300);
    say::timed("inside the daemon, warm", || {
        let outside = series(&mut prober, &mut clients, Rest::None.length(), 0..warm)?;
        pause(A_MOMENT);
        let inside = daemon.micros()?;
        report.inside.push(Inside {
            knocks: "warm".to_owned(),
            inside: Spread::of(inside.into_iter().skip(5)),
            outside: Spread::of(outside.into_iter().flatten()),
        });
        Ok(())
    })?;
    say::timed("inside the daemon, cold", || {
        let mut outside = Vec::new();
        for run in 0..bench.extent.of(1, 12) {
            pause(IDLE);
            let run = warm.saturating_add(100).saturating_add(run);
            let person = clients.person(run)?;
            let from = address(run);
            outside.extend(prober.time(from, PATIENCE, |forger| knock(forger, person, from))?);
        }
        pause(A_MOMENT);
        report.inside.push(Inside {
            knocks: "cold".to_owned(),
            inside: Spread::of(daemon.micros()?),
            outside: Spread::of(outside),
        });
        Ok(())
    })
}

/// The watermark is five seconds ahead at most: after six, the next knock has to wait for a new one.
const IDLE: Duration = Duration::from_millis(6_500);

/// The log is written by a thread of its own.
const A_MOMENT: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(1);
