//! docs/benchmarks.md: the tables, and how each figure came about.

use super::report::Report;
use super::tables;

/// The whole page.
pub(super) fn of(report: &Report) -> String {
    let machine = &report.machine;
    let grants = report.grants.as_ref().map(tables::grants);
    format!(
        "# Benchmarks\n\nPrinted by `cargo xtask bench`.\n\nMachine: {} ({} cores), {} GiB, {}, kernel {}.\n\n{}\n{}\n{}\n{}\n{}\n",
        machine.processor,
        machine.cores,
        machine.memory_gib,
        machine.system,
        machine.kernel,
        tables::openings(&report.openings),
        tables::inside(&report.inside),
        tables::floods(&report.floods),
        grants.unwrap_or_default(),
        tables::memory(&report.memory),
    )
}
