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
use super::report::{Fate, Report, Row};
use crate::say;

/// The table of rows, scans, floods and replays.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    report.rows = say::timed("sequences: row by row", || rows::measure(bench))?;
    let is_wrong = |row: &&Row| (row.ours == Fate::Opens) != row.should_open;
    for row in report.rows.iter().filter(is_wrong) {
        if row.ours != Fate::Refused {
            say::loud(&format!("not as it should be: {}", row.what));
        }
    }
    report.scans = say::timed("sequences: scans", || scans::measure(bench))?;
    report.sequence_floods = say::timed("sequences: floods", || flooded::measure(bench))?;
    report.replays = say::timed("sequences: replays", || replays::measure(bench))?;
    Ok(())
}
