//! The files of a store, by their names.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The files of a folder that are ours.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The numbers that files begin with, rising.
    pub(super) files: Vec<u64>,
    /// The same of those that were set aside.
    pub(super) aside: Vec<u64>,
}

/// What stands in the folder.
pub(super) fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::default();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some((number, ending)) = name.to_str().and_then(|name| name.split_once('.')) else {
            continue;
        };
        let Some(number) = number.parse().ok().filter(|_| number.len() == DIGITS) else {
            continue;
        };
        match ending {
            FILE => listing.files.push(number),
            ASIDE => listing.aside.push(number),
            _ => {}
        }
    }
    listing.files.sort_unstable();
    listing.aside.sort_unstable();
    Ok(listing)
}

/// The file that begins with this number.
pub(super) fn path_of(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.{FILE}"))
}

/// The same once it was set aside.
pub(super) fn path_aside(folder: &Path, first: u64) -> PathBuf {
    folder.join(format!("{first:020}.{ASIDE}"))
}

const FILE: &str = "redb";
const ASIDE: &str = "damaged";
/// As many as the largest number has.
const DIGITS: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_the_order_of_their_numbers_and_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for number in [41_208, 1, u64::MAX] {
            fs::write(path_of(folder.path(), number), "").unwrap();
        }
        fs::write(path_aside(folder.path(), 7), "").unwrap();
        for other in ["1.redb", "lock", "00000000000000000001.redb.old", "ä.redb"] {
            fs::write(folder.path().join(other), "").unwrap();
        }
        let listing = list(folder.path()).unwrap();
        assert_eq!(listing.files, [1, 41_208, u64::MAX]);
        assert_eq!(listing.aside, [7]);
    }
}
