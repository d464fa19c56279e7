//! Knocking with ports: what a network and strangers do to it, ours and knockd's side by side.

mod doors;
mod flooded;
mod replays;
mod rows;
mod scans;
mod scripts;
pub(super) mod tables;

use anyhow::Result;

use super::Bench;
use super::report::Report;
use crate::say;

/// The table of rows, scans, floods and replays.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    report.rows = say::timed("sequences: row by row", || rows::measure(bench))?;
    report.scans = say::timed("sequences: scans", || scans::measure(bench))?;
    report.sequence_floods = say::timed("sequences: floods", || flooded::measure(bench))?;
    report.replays = say::timed("sequences: replays", || replays::measure(bench))?;
    Ok(())
}
