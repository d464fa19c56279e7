//! Columns, numbers and what they count: how the tables of `status` are set.

use std::collections::BTreeMap;

use crate::voice::tame;

/// Rows as columns, each as wide as its widest cell.
pub(super) fn aligned<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let mut widths = [0; COLUMNS];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; COLUMNS]| {
        let cells: Vec<_> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Numbers by name, on one line.
pub(super) fn told(title: &str, counts: &BTreeMap<String, u64>) -> String {
    let parts: Vec<_> = counts
        .iter()
        .map(|(name, count)| format!("{} {count}", tame(name)))
        .collect();
    match parts.as_slice() {
        [] => String::new(),
        parts => format!("{title}: {}", parts.join(", ")),
    }
}

/// A number and what is counted.
pub(super) fn counted(count: u64, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}
