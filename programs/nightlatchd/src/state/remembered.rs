//! What the folder remembers of an earlier life.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use nightlatch_ticket::Counter;

use super::bans::{self, Recorded};
use super::counters;
use super::record::{ClientMark, RECORD_LENGTH, Record};

/// What the folder remembered.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Remembered {
    /// The last counter of each client, as far as it was written.
    pub(crate) counters: BTreeMap<ClientMark, Counter>,
    /// Counters up to here may have been used before a crash; `None` after a clean stop.
    pub(crate) doubt: Option<Doubt>,
    /// Who was banned before the last clean stop.
    pub(crate) bans: Vec<Recorded>,
}

/// Why counters are in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// The daemon did not stop cleanly: up to its last watermark.
    Crash(Counter),
    /// Nothing, or nothing readable, was there: up to the window from now, and which lines and time
    /// steps were used is forgotten.
    Lost,
}

/// Reads the folder; what cannot be read is in doubt.
pub(super) fn read(folder: &Path) -> Remembered {
    let mut bytes = Vec::new();
    let marks = File::open(folder.join("marks")).and_then(|mut file| file.read_to_end(&mut bytes));
    let (counters, check) = counters::read(folder).unwrap_or_default();
    let mut remembered = Remembered {
        counters,
        doubt: Some(Doubt::Lost),
        bans: bans::read(folder),
    };
    if marks.is_err() {
        return remembered;
    }
    for record in records(&bytes) {
        match record {
            Record::Watermark(mark) => remembered.doubt = Some(later(remembered.doubt, mark)),
            Record::Clean(same) if same == check => remembered.doubt = None,
            Record::Clean(_) => remembered.doubt = Some(Doubt::Lost),
            Record::Ahead(client, counter) => {
                let last = remembered.counters.entry(client).or_insert(counter);
                *last = counter.max(*last);
                remembered.doubt = remembered.doubt.or(Some(Doubt::Crash(Counter(0))));
            }
        }
    }
    remembered
}

fn later(doubt: Option<Doubt>, mark: Counter) -> Doubt {
    match doubt {
        Some(Doubt::Crash(earlier)) => Doubt::Crash(earlier.max(mark)),
        Some(Doubt::Lost) | None => Doubt::Crash(mark),
    }
}

/// The records that stand there, up to the first that is none.
pub(super) fn records(bytes: &[u8]) -> impl Iterator<Item = Record> + '_ {
    let pieces = bytes.as_chunks::<RECORD_LENGTH>().0.iter();
    pieces.map_while(Record::from_bytes)
}
