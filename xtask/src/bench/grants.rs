//! Grants in a second, and whether many open ones slow the next one down.

use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::pause;

use super::Bench;
use super::clients::Clients;
use super::flow::Flow;
use super::ours::{Ours, packet};
use super::report::{Grants, Report};
use super::spread::Spread;
use super::stage::{Stage, address};
use crate::say;

/// Measures single knocks, then as many as go, then single ones again beside all that are open.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let (people, many) = bench.extent.of((20, 500), (2_000, 100_000));
    let stage = Stage::new()?;
    let folder = bench.folder.inside("grants")?;
    let mut clients = Clients::draw(people, 0)?;
    let mut daemon = bench.builds.start(&stage, &folder, &clients, 1_800)?;
    let flow = Flow::new(&stage)?;
    let single = bench.extent.of(10, 2_000);
    let before = say::timed("single grants", || {
        one_by_one(&flow, &mut daemon, &mut clients, 0..single)
    })?;
    let knocks = sealed(&mut clients, single..single.saturating_add(many))?;
    let open_before = daemon.granted()?;
    let flowed = say::timed("grants as fast as they come", || flow.pass(&knocks, WINDOW))?;
    let granted = daemon.granted()?.saturating_sub(open_before);
    let next = single.saturating_add(many);
    let after = say::timed("single grants beside them", || {
        one_by_one(
            &flow,
            &mut daemon,
            &mut clients,
            next..next.saturating_add(single),
        )
    })?;
    report.grants = Some(Grants {
        people,
        knocks: many,
        granted,
        answered: flowed.answered,
        seconds: flowed.took.as_secs_f64(),
        before,
        after,
    });
    Ok(())
}

fn sealed(clients: &mut Clients, numbers: std::ops::Range<u32>) -> Result<Vec<Vec<u8>>> {
    numbers
        .map(|number| Ok(packet(clients.person(number)?, address(number))))
        .collect()
}

/// The daemon's own figures for knocks that come one at a time.
fn one_by_one(
    flow: &Flow,
    daemon: &mut Ours,
    clients: &mut Clients,
    numbers: std::ops::Range<u32>,
) -> Result<Option<Spread>> {
    // The watermark is renewed by the first and is there for the rest.
    pause(A_MOMENT);
    daemon.skip_log()?;
    for number in numbers {
        let knock = packet(clients.person(number)?, address(number));
        flow.pass(&[knock], 1)?;
        pause(BETWEEN);
    }
    pause(A_MOMENT);
    Ok(Spread::of(daemon.micros()?))
}

/// Far below what the daemon's queues hold.
const WINDOW: usize = 1_024;
const BETWEEN: Duration = Duration::from_millis(1);
const A_MOMENT: Duration = Duration::from_millis(500);
