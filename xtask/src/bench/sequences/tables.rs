//! What happened to sequences, as tables.

use crate::bench::report::{Fate, Replays, Row, Scan, Who};
use crate::bench::tables::{head, row, thousands};

pub(in crate::bench) fn rows(rows: &[Row]) -> String {
    let mut table = head(&[
        "packets from one address",
        "should open",
        "knockd",
        "nightlatchd",
    ]);
    let words = |fate| match fate {
        Fate::Opens => "opens",
        Fate::Stays => "–",
        Fate::Refused => "refused by `--check`",
    };
    for one in rows {
        row(
            &mut table,
            &[
                one.what.clone(),
                if one.should_open { "yes" } else { "no" }.to_owned(),
                one.theirs.map_or("", words).to_owned(),
                words(one.ours).to_owned(),
            ],
        );
    }
    table
}

pub(in crate::bench) fn scans(scans: &[Scan]) -> String {
    let mut table = head(&[
        "",
        "steps",
        "scans",
        "how many",
        "opened the door",
        "touches that led astray",
        "lost by the kernel",
    ]);
    for one in scans {
        let ours = |count: u64| match one.who {
            Who::Ours => count.to_string(),
            Who::Peer(_) => String::new(),
        };
        row(
            &mut table,
            &[
                one.who.name().to_owned(),
                one.steps.to_string(),
                one.manner.clone(),
                thousands(f64::from(one.scans)),
                one.opened.to_string(),
                ours(one.astray),
                ours(one.lost),
            ],
        );
    }
    table
}

pub(in crate::bench) fn replays(replays: &[Replays]) -> String {
    let mut table = head(&[
        "recorded",
        "opened the first time",
        "sent again",
        "opened then",
    ]);
    for one in replays {
        row(
            &mut table,
            &[
                one.kind.clone(),
                one.honoured.to_string(),
                one.times.to_string(),
                one.opened.to_string(),
            ],
        );
    }
    table
}
