//! The file of the stops: appended to, synced, and written anew where that is shorter or safer.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::record::{RECORD_LENGTH, from_bytes, to_bytes};
use super::{MOST_STOPS, Note, Stop, StopKey};
use crate::state::{private, replace};

/// All stops that are still to come.
pub(super) type Stops = BTreeMap<StopKey, Stop>;

/// The state folder, as far as the runner has it.
#[derive(Debug)]
pub(in crate::runner) struct Folder {
    path: PathBuf,
    file: Option<File>,
    /// How many records stand in the file.
    length: usize,
    _lock: Option<File>,
}

/// Whether the stops are ours.
#[derive(Debug)]
pub(in crate::runner) enum Locked {
    /// They are.
    Ours(Folder),
    /// The runner of a daemon before this one still finishes its work.
    Another,
}

impl Folder {
    /// Takes the folder for this runner alone, if no other one has it.
    pub(in crate::runner) fn lock(folder: &Path) -> Locked {
        let lock = private()
            .create(true)
            .append(true)
            .open(folder.join("stops.lock"));
        // Where no lock can be had, nothing can be written either; commands run all the same.
        let lock = match lock.map(|lock| (lock.try_lock(), lock)) {
            Ok((Err(TryLockError::WouldBlock), _)) => return Locked::Another,
            Ok((Ok(()), lock)) => Some(lock),
            Ok((Err(TryLockError::Error(_)), _)) | Err(_) => None,
        };
        Locked::Ours(Self {
            path: folder.to_path_buf(),
            file: None,
            length: 0,
            _lock: lock,
        })
    }

    /// What is still to come. A record that a crash has torn hides none of the others.
    pub(in crate::runner) fn read(&self) -> Stops {
        remembered(&self.path)
    }

    /// Appends changes. Returns when the disk has them.
    pub(super) fn append(&mut self, notes: &[Note]) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let bytes: Vec<u8> = notes.iter().flat_map(to_bytes).collect();
        let appended = file.write_all(&bytes).and_then(|()| file.sync_data());
        if appended.is_err() {
            // Half a record may stand there now: what comes next is written anew.
            self.file = None;
        }
        self.length = self.length.saturating_add(notes.len());
        appended
    }

    /// Writes everything anew. Returns when the disk has it.
    pub(super) fn rewrite(&mut self, stops: &Stops) -> io::Result<()> {
        self.file = None;
        let bytes: Vec<u8> = stops
            .values()
            .flat_map(|stop| to_bytes(&Note::Due(stop.clone())))
            .collect();
        replace(&self.path, NAME, |file| file.write_all(&bytes))?;
        let file = private().append(true).open(self.path.join(NAME))?;
        self.file = Some(file);
        self.length = stops.len();
        Ok(())
    }

    /// Whether the next change is better written with everything else.
    pub(super) fn is_long(&self, living: usize) -> bool {
        self.file.is_none() || self.length > living.saturating_mul(2).saturating_add(SHORT)
    }
}

/// What stands in the file of this folder; none of it may still be so while another runner has it.
pub(in crate::runner) fn remembered(folder: &Path) -> Stops {
    let mut bytes = Vec::new();
    let file = File::open(folder.join(NAME));
    // What cannot be read to its end is read as far as it goes.
    let _ = file.and_then(|file| file.take(LONGEST).read_to_end(&mut bytes));
    all(&bytes)
}

fn all(bytes: &[u8]) -> Stops {
    let mut stops = Stops::new();
    let records = bytes.as_chunks::<RECORD_LENGTH>().0;
    for note in records.iter().filter_map(from_bytes) {
        apply(&mut stops, &note);
    }
    stops
}

/// Carries a change over.
pub(super) fn apply(stops: &mut Stops, note: &Note) {
    match note {
        Note::Due(stop) if stops.len() < MOST_STOPS || stops.contains_key(&stop.key) => {
            stops.insert(stop.key.clone(), stop.clone());
        }
        Note::Due(_) => {}
        Note::Over(key) => {
            stops.remove(key);
        }
    }
}

const NAME: &str = "stops";
/// Below this, writing anew is not worth its while.
const SHORT: usize = 1024;
/// Three times as long as the file grows.
const LONGEST: u64 = 128 << 20;

#[cfg(test)]
mod tests {
    use core::net::IpAddr;

    use nightlatch_ticket::UnixTime;
    use proptest::prelude::*;

    use super::*;
    use crate::errand::Name;

    fn stop(number: u8, at: u64) -> Stop {
        Stop {
            key: StopKey {
                action: Name::of("note"),
                address: IpAddr::from([192, 0, 2, number]),
                service: Name::of("ssh"),
            },
            client: Name::of("alice"),
            seconds: 30,
            at: UnixTime::from_nanos(at),
        }
    }

    fn ours(folder: &Path) -> Folder {
        match Folder::lock(folder) {
            Locked::Ours(folder) => folder,
            Locked::Another => panic!("another runner has it"),
        }
    }

    fn bytes_of(notes: &[Note]) -> Vec<u8> {
        notes.iter().flat_map(to_bytes).collect()
    }

    #[test]
    fn what_was_appended_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        {
            let mut ours = ours(folder.path());
            ours.rewrite(&Stops::from([(stop(1, 0).key, stop(1, 5))]))
                .unwrap();
            ours.append(&[Note::Due(stop(2, 7)), Note::Due(stop(1, 9))])
                .unwrap();
            ours.append(&[Note::Over(stop(2, 0).key)]).unwrap();
        }
        let stops = ours(folder.path()).read();
        assert_eq!(stops.into_values().collect::<Vec<_>>(), [stop(1, 9)]);
    }

    #[test]
    fn two_runners_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = ours(folder.path());
        assert!(matches!(Folder::lock(folder.path()), Locked::Another));
    }

    #[test]
    fn a_folder_that_is_not_there_remembers_nothing_and_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut nowhere = ours(&folder.path().join("none"));
        assert!(nowhere.read().is_empty());
        assert!(nowhere.rewrite(&Stops::new()).is_err());
        assert!(nowhere.append(&[Note::Due(stop(1, 1))]).is_err());
    }

    #[test]
    fn a_file_never_brings_more_stops_than_there_may_be() {
        let mut stops = Stops::new();
        for number in 0..=u32::try_from(MOST_STOPS).unwrap() {
            let mut stop = stop(1, 1);
            stop.key.address = IpAddr::from(number.to_be_bytes());
            apply(&mut stops, &Note::Due(stop));
        }
        assert_eq!(stops.len(), MOST_STOPS);
    }

    proptest! {
        #[test]
        fn a_file_cut_anywhere_loses_its_last_record_at_most(cut in 0_usize..=3 * RECORD_LENGTH) {
            let bytes = bytes_of(&[1, 2, 3].map(|number| Note::Due(stop(number, 1))));
            prop_assert_eq!(all(&bytes[..cut]).len(), cut / RECORD_LENGTH);
        }

        #[test]
        fn a_damaged_record_hides_none_of_the_others(
            place in 0..3 * RECORD_LENGTH, change in 1_u8..
        ) {
            let mut bytes = bytes_of(&[1, 2, 3].map(|number| Note::Due(stop(number, 1))));
            bytes[place] ^= change;
            let stops = all(&bytes);
            prop_assert_eq!(stops.len(), 2);
            prop_assert!(stops.values().all(|whole| whole.at == UnixTime::from_nanos(1)));
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..1024)) {
            prop_assert!(all(&bytes).is_empty());
        }
    }
}
