//! The exact counters of a clean stop: 24 bytes a client, one checksum for all.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use nightlatch_ticket::Counter;

use super::record::{ClientMark, crc};
use super::replace;

/// Writes `(mark 16 ‖ counter 8)* ‖ crc32 4` and returns the checksum.
pub(super) fn write(
    folder: &Path,
    counters: impl Iterator<Item = (ClientMark, Counter)>,
) -> io::Result<u32> {
    let mut check = crc32fast::Hasher::new();
    replace(folder, NAME, |file| {
        let mut file = BufWriter::new(file);
        for (mark, counter) in counters {
            for part in [mark.as_slice(), &counter.0.to_be_bytes()] {
                check.update(part);
                file.write_all(part)?;
            }
        }
        file.write_all(&check.clone().finalize().to_be_bytes())?;
        file.flush()
    })?;
    Ok(check.finalize())
}

/// The counters and their checksum, if the file is whole.
pub(super) fn read(folder: &Path) -> Option<(BTreeMap<ClientMark, Counter>, u32)> {
    let bytes = fs::read(folder.join(NAME)).ok()?;
    let (lines, check) = bytes.split_last_chunk::<4>()?;
    let check = u32::from_be_bytes(*check);
    if crc(&[lines]) != check {
        return None;
    }
    let lines = lines.as_chunks::<24>().0.iter();
    let counters = lines.filter_map(|line| {
        let (mark, counter) = line.split_first_chunk::<16>()?;
        Some((*mark, Counter(u64::from_be_bytes(counter.try_into().ok()?))))
    });
    Some((counters.collect(), check))
}

const NAME: &str = "counters";
