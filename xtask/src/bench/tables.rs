//! The figures as tables, for the terminal and for the page alike.

use std::fmt::Write as _;

use super::following;
use super::report::{Flooding, Grants, Housed, Inside, Opening, Report, Sourced, Who};
use super::sequences;
use super::spread::Spread;

/// Everything that was measured.
pub(super) fn all(report: &Report) -> String {
    let mut parts = Vec::new();
    if !report.openings.is_empty() {
        parts.push(openings(&report.openings));
    }
    if !report.inside.is_empty() {
        parts.push(inside(&report.inside));
    }
    if !report.floods.is_empty() {
        parts.push(floods(&report.floods));
    }
    if let Some(found) = &report.grants {
        parts.push(grants(found));
    }
    if !report.memory.is_empty() {
        parts.push(memory(&report.memory));
    }
    if !report.rows.is_empty() {
        parts.push(sequences::tables::rows(&report.rows));
        parts.push(sequences::tables::scans(&report.scans));
        parts.push(floods(&report.sequence_floods));
        parts.push(sequences::tables::replays(&report.replays));
    }
    if !report.sourced.is_empty() {
        parts.push(sourced(&report.sourced));
    }
    parts.extend(report.followed.as_ref().map(following::table));
    parts.join("\n")
}

pub(super) fn openings(openings: &[Opening]) -> String {
    let ours = openings
        .iter()
        .find(|opening| opening.who == Who::Ours)
        .and_then(|opening| opening.opened);
    let mut table = head(&[
        "",
        "knocks",
        "opened",
        "median",
        "p95",
        "worst",
        "times ours",
    ]);
    for Opening {
        who,
        rest,
        knocks,
        opened,
    } in openings
    {
        let ratio = ours
            .zip(*opened)
            .map(|(ours, one)| one.median / ours.median);
        row(
            &mut table,
            &[
                who.name().to_owned(),
                rest.words().to_owned(),
                knocks.to_string(),
                opened.map_or(0, |spread| spread.runs).to_string(),
                time(*opened, |spread| spread.median),
                time(*opened, |spread| spread.p95),
                time(*opened, |spread| spread.most),
                ratio.map_or_else(String::new, |ratio| format!("{ratio:.0}")),
            ],
        );
    }
    table
}

/// Each source beside packet sockets.
pub(super) fn sourced(sources: &[Sourced]) -> String {
    let packets = sources.iter().find(|one| one.source == "packets");
    let packets = packets.and_then(|one| one.opened);
    let mut table = head(&[
        "source",
        "knocks",
        "opened",
        "median",
        "p95",
        "worst",
        "times packets",
    ]);
    for Sourced {
        source,
        knocks,
        opened,
    } in sources
    {
        let ratio = packets
            .zip(*opened)
            .map(|(packets, one)| one.median / packets.median);
        row(
            &mut table,
            &[
                source.clone(),
                knocks.to_string(),
                opened.map_or(0, |spread| spread.runs).to_string(),
                time(*opened, |spread| spread.median),
                time(*opened, |spread| spread.p95),
                time(*opened, |spread| spread.most),
                ratio.map_or_else(String::new, |ratio| format!("{ratio:.1}")),
            ],
        );
    }
    table
}

pub(super) fn inside(measured: &[Inside]) -> String {
    let mut table = head(&[
        "knocks",
        "runs",
        "inside, median",
        "p95",
        "outside, median",
        "p95",
    ]);
    for Inside {
        knocks,
        inside,
        outside,
    } in measured
    {
        row(
            &mut table,
            &[
                knocks.clone(),
                inside.map_or(0, |spread| spread.runs).to_string(),
                time(*inside, |spread| spread.median),
                time(*inside, |spread| spread.p95),
                time(*outside, |spread| spread.median),
                time(*outside, |spread| spread.p95),
            ],
        );
    }
    table
}

pub(super) fn floods(floods: &[Flooding]) -> String {
    let mut table = head(&[
        "",
        "clients",
        "junk",
        "asked for",
        "packets/s",
        "knocks honoured",
        "open after, median",
        "p95",
        "CPU each packet",
        "of one core",
    ]);
    for flooding in floods {
        let wanted = flooding.wanted.map_or_else(
            || "all it sends".to_owned(),
            |rate| thousands(f64::from(rate)),
        );
        row(
            &mut table,
            &[
                flooding.who.name().to_owned(),
                flooding.clients.to_string(),
                flooding.junk.clone(),
                wanted,
                thousands(flooding.pace()),
                format!("{} of {}", flooding.honoured, flooding.knocks),
                time(flooding.opened, |spread| spread.median),
                time(flooding.opened, |spread| spread.p95),
                format!("{:.2} µs", flooding.cpu_each()),
                format!("{:.0} %", flooding.cpu_share()),
            ],
        );
    }
    table
}

pub(super) fn grants(grants: &Grants) -> String {
    let mut table = head(&[
        "clients",
        "knocks",
        "granted",
        "answered",
        "seconds",
        "grants/s",
        "next grant before, median",
        "with all of them open",
    ]);
    row(
        &mut table,
        &[
            thousands(f64::from(grants.people)),
            thousands(f64::from(grants.knocks)),
            grants.granted.to_string(),
            grants.answered.to_string(),
            format!("{:.2}", grants.seconds),
            thousands(grants.per_second()),
            time(grants.before, |spread| spread.median),
            time(grants.after, |spread| spread.median),
        ],
    );
    table
}

pub(super) fn memory(housed: &[Housed]) -> String {
    let mut table = head(&[
        "",
        "clients",
        "processes",
        "resident",
        "shared pages once",
        "peak",
        "ready after",
    ]);
    for Housed {
        who,
        clients,
        memory,
        ready_after,
    } in housed
    {
        let ready = (*ready_after > 0.0).then(|| format!("{ready_after:.2} s"));
        row(
            &mut table,
            &[
                who.name().to_owned(),
                thousands(f64::from(*clients)),
                memory.processes.to_string(),
                mebibytes(memory.resident),
                mebibytes(memory.proportional),
                mebibytes(memory.peak),
                ready.unwrap_or_default(),
            ],
        );
    }
    table
}

pub(super) fn head(titles: &[&str]) -> String {
    let lines = "|---".repeat(titles.len());
    format!("| {} |\n{lines}|\n", titles.join(" | "))
}

pub(super) fn row(table: &mut String, cells: &[String]) {
    // Writing to a text cannot fail.
    let _ = writeln!(table, "| {} |", cells.join(" | "));
}

/// A time in the unit that reads best.
fn time(spread: Option<Spread>, which: impl Fn(&Spread) -> f64) -> String {
    match spread.as_ref().map(which) {
        None => "–".to_owned(),
        Some(micros) if micros < 100.0 => format!("{micros:.1} µs"),
        Some(micros) if micros < 1e4 => format!("{micros:.0} µs"),
        Some(micros) => format!("{:.1} ms", micros / 1e3),
    }
}

fn mebibytes(kibibytes: u64) -> String {
    let whole = kibibytes >> 10;
    let tenth = (kibibytes & 1023).saturating_mul(10) >> 10;
    format!("{whole}.{tenth} MiB")
}

/// A count with commas between thousands.
pub(super) fn thousands(count: f64) -> String {
    let digits = format!("{count:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(place);
        if place > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(7.0), "7");
        assert_eq!(thousands(100_000.0), "100,000");
        assert_eq!(thousands(1_234_567.0), "1,234,567");
    }

    #[test]
    fn a_time_is_told_in_the_unit_that_reads_best() {
        let spread = Spread::of([std::time::Duration::from_millis(46)]);
        assert_eq!(time(spread, |spread| spread.median), "46.0 ms");
        assert_eq!(time(None, |spread| spread.median), "–");
    }

    #[test]
    fn mebibytes_have_one_digit_behind_the_point() {
        assert_eq!(mebibytes(1536), "1.5 MiB");
    }
}
