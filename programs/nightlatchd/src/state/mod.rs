//! The state folder: what must not be forgotten by a crash (protocol.md, durable counters).
//!
//! ```text
//! counters   exact counters of a clean stop, replaced as a whole
//! marks      watermarks and the counters ahead of them, appended and synced
//! lock       held by the running daemon
//! bans       who was banned before, replaced as a whole at a clean stop
//! stops      what the runner has to undo later: `runner/stops/`
//! journal/   what happened: `clerk/`
//! ```
//! Losing the folder locks nobody out: every client is in doubt once, and time-based sequences open
//! nothing for two periods at most. No ticket, no encrypted sequence and no time step counts again. Used
//! lines of one-time lists do, and that is warned of: which they were nobody else knows.

mod bans;
mod counters;
mod record;
mod remembered;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nightlatch_ticket::{Counter, PublicKey};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use thiserror::Error;

pub(crate) use bans::Recorded;
pub(crate) use record::{ClientMark, crc};
use record::{RECORD_LENGTH, Record};
pub(crate) use remembered::{Doubt, Remembered};
use remembered::{read, records};

/// The state folder cannot be used at all.
#[derive(Debug, Error)]
pub(crate) enum StateError {
    /// It cannot be made or opened.
    #[error(
        "the state folder {0} cannot be used\n  create it, writable for the daemon only, or name another: `state` under [server]"
    )]
    Folder(PathBuf, #[source] io::Error),
    /// Another daemon uses it.
    #[error(
        "another nightlatchd uses the state folder {0}\n  stop it first, or give this one a `state` folder of its own"
    )]
    InUse(PathBuf),
}

/// What the state asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// Nothing.
    #[default]
    Nothing,
    /// The disk refused something that it should have: [`StateFolder::catch_up`].
    CatchUp,
    /// So much was appended that [`StateFolder::compact`] is worth its while.
    Compact,
}

/// The open folder.
#[derive(Debug)]
pub(crate) struct StateFolder {
    folder: PathBuf,
    marks: Option<File>,
    written: u64,
    /// What the disk should have and does not, since it was full: a line that was used must not count
    /// again for that.
    behind: Vec<Record>,
    _lock: File,
}

impl StateFolder {
    /// Opens the folder, makes it where it is missing, and reads what it remembers.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Remembered), StateError> {
        let unusable = |cause| StateError::Folder(folder.to_path_buf(), cause);
        make(folder).map_err(unusable)?;
        let lock = private()
            .create(true)
            .append(true)
            .open(folder.join("lock"))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::InUse(folder.to_path_buf())),
            Err(TryLockError::Error(cause)) => return Err(unusable(cause)),
        }
        let remembered = read(folder);
        Ok((
            Self {
                folder: folder.to_path_buf(),
                marks: None,
                written: 0,
                behind: Vec::new(),
                _lock: lock,
            },
            remembered,
        ))
    }

    /// Says whether [`StateFolder::open`] would find or make this folder, and changes nothing.
    pub(crate) fn look(folder: &Path) -> Result<(), StateError> {
        would_hold(folder).map_err(|cause| StateError::Folder(folder.to_path_buf(), cause))
    }

    /// Notes that counters up to here may be used from now on. Returns when the disk has it.
    pub(crate) fn watermark(&mut self, watermark: Counter) -> io::Result<()> {
        self.append(Record::Watermark(watermark))
    }

    /// Notes one counter that is ahead of every watermark. Returns when the disk has it.
    pub(crate) fn ahead(&mut self, client: ClientMark, counter: Counter) -> io::Result<()> {
        self.append(Record::Ahead(client, counter))
    }

    /// Notes what could not be noted when it should have been.
    pub(crate) fn catch_up(&mut self) -> io::Result<()> {
        if self.behind.is_empty() {
            return Ok(());
        }
        self.append_all()
    }

    /// Writes exact counters: nothing is in doubt at the next start.
    pub(crate) fn close(
        &mut self,
        counters: impl Iterator<Item = (ClientMark, Counter)>,
    ) -> io::Result<()> {
        let check = counters::write(&self.folder, counters)?;
        self.start_over(&[Record::Clean(check)])
    }

    /// Writes who was banned before. Only at the end, when no knock waits for the disk: a crash forgets
    /// no more than who is to be banned for longer the next time.
    pub(crate) fn note_bans(&self, banned: impl Iterator<Item = Recorded>) -> io::Result<()> {
        bans::write(&self.folder, banned)
    }

    /// Replaces the marks by what is still needed: counters exact until now, and a watermark.
    pub(crate) fn compact(
        &mut self,
        watermark: Counter,
        counters: impl Iterator<Item = (ClientMark, Counter)>,
    ) -> io::Result<()> {
        counters::write(&self.folder, counters)?;
        self.start_over(&[Record::Watermark(watermark)])
    }

    /// What should be done to it when there is time.
    pub(crate) const fn upkeep(&self) -> Upkeep {
        if !self.behind.is_empty() {
            Upkeep::CatchUp
        } else if self.written > LONG {
            Upkeep::Compact
        } else {
            Upkeep::Nothing
        }
    }

    fn append(&mut self, record: Record) -> io::Result<()> {
        self.behind.push(record);
        self.append_all()
    }

    fn append_all(&mut self) -> io::Result<()> {
        let appended = self.try_append();
        if appended.is_ok() {
            self.behind.clear();
        } else {
            // Half a record may stand there now: the next one begins by looking again.
            self.marks = None;
            // A watermark is for its moment alone, and the next one covers it.
            self.behind
                .retain(|record| matches!(record, Record::Ahead(..)));
            self.behind.truncate(MOST_BEHIND);
        }
        appended
    }

    fn try_append(&mut self) -> io::Result<()> {
        if self.marks.is_none() {
            let marks = private()
                .append(true)
                .create(true)
                .open(self.folder.join("marks"))?;
            // A record that a crash has torn would hide all that follow it.
            let whole = whole_records(&std::fs::read(self.folder.join("marks"))?);
            marks.set_len(whole.saturating_mul(RECORD_LENGTH as u64))?;
            self.written = whole;
            self.marks = Some(marks);
        }
        let Some(marks) = &mut self.marks else {
            return Ok(());
        };
        let bytes: Vec<u8> = self
            .behind
            .iter()
            .flat_map(|record| record.to_bytes())
            .collect();
        marks.write_all(&bytes)?;
        marks.sync_data()?;
        let records = u64::try_from(self.behind.len()).unwrap_or(u64::MAX);
        self.written = self.written.saturating_add(records);
        Ok(())
    }

    fn start_over(&mut self, records: &[Record]) -> io::Result<()> {
        self.marks = None;
        self.written = 0;
        replace(&self.folder, "marks", |file| {
            records
                .iter()
                .try_for_each(|record| file.write_all(&record.to_bytes()))
        })?;
        // It stands in the counters.
        self.behind.clear();
        Ok(())
    }
}

/// How many records stand there before the first that is none.
fn whole_records(bytes: &[u8]) -> u64 {
    records(bytes).fold(0, |count, _| count.saturating_add(1))
}

/// The client's place in the state: a part of his public key, so that a new order of clients changes nothing.
pub(crate) fn mark_of(key: &PublicKey) -> ClientMark {
    let (mark, _) = key
        .as_bytes()
        .split_first_chunk()
        .unwrap_or((&[0; 16], &[]));
    *mark
}

/// A folder for the daemon alone, where there is none.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// Whether this folder is there, or could be made. What a user may is not asked: it is another's question.
pub(crate) fn would_hold(folder: &Path) -> io::Result<()> {
    let there = folder.ancestors().find(|folder| folder.exists());
    let there = there.filter(|folder| *folder != Path::new(""));
    let there = there.unwrap_or_else(|| Path::new("."));
    if !there.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    match access(there, Access::WRITE_OK) {
        Err(Errno::ROFS) => Err(Errno::ROFS.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// For files that nobody else reads.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Writes beside it, syncs, and renames: the file is the old one or the new one, never half of it.
pub(crate) fn replace(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let beside = folder.join(format!("{name}.new"));
    let mut file = private()
        .create(true)
        .write(true)
        .truncate(true)
        .open(&beside)?;
    write(&mut file)?;
    file.sync_data()?;
    std::fs::rename(&beside, folder.join(name))?;
    File::open(folder)?.sync_data()
}

/// 16,384 records: half a MiB, hours of uninterrupted knocking.
const LONG: u64 = 16_384;
/// More lines than are used while a disk is full.
const MOST_BEHIND: usize = 4096;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const ALICE: ClientMark = [1; 16];
    const BOB: ClientMark = [2; 16];

    fn remembered(folder: &Path) -> Remembered {
        StateFolder::open(folder).unwrap().1
    }

    #[test]
    fn an_empty_folder_is_in_doubt_as_if_lost() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(remembered(folder.path()).doubt, Some(Doubt::Lost));
    }

    #[test]
    fn a_clean_stop_leaves_exact_counters_and_no_doubt() {
        let folder = tempfile::tempdir().unwrap();
        {
            let (mut state, _) = StateFolder::open(folder.path()).unwrap();
            state.watermark(Counter(500)).unwrap();
            state
                .close([(ALICE, Counter(7)), (BOB, Counter(9))].into_iter())
                .unwrap();
        }
        let remembered = remembered(folder.path());
        assert_eq!(remembered.doubt, None);
        assert_eq!(
            remembered.counters,
            BTreeMap::from([(ALICE, Counter(7)), (BOB, Counter(9))])
        );
    }

    #[test]
    fn who_was_banned_is_remembered_and_puts_no_counter_in_doubt() {
        let folder = tempfile::tempdir().unwrap();
        let banned = Recorded {
            prefix: "192.0.2.7".parse().unwrap(),
            times: 2,
            until: nightlatch_ticket::UnixTime::from_secs(1_900_000_000),
        };
        {
            let (mut state, remembered) = StateFolder::open(folder.path()).unwrap();
            assert_eq!(remembered.bans, []);
            state.close([(ALICE, Counter(7))].into_iter()).unwrap();
            state.note_bans([banned].into_iter()).unwrap();
        }
        let remembered = remembered(folder.path());
        assert_eq!((remembered.doubt, remembered.bans), (None, vec![banned]));
    }

    #[test]
    fn a_crash_leaves_doubt_up_to_the_highest_watermark() {
        let folder = tempfile::tempdir().unwrap();
        {
            let (mut state, _) = StateFolder::open(folder.path()).unwrap();
            state.close([(ALICE, Counter(7))].into_iter()).unwrap();
            state.watermark(Counter(600)).unwrap();
            state.ahead(BOB, Counter(10_000)).unwrap();
            state.watermark(Counter(700)).unwrap();
        }
        let remembered = remembered(folder.path());
        assert_eq!(remembered.doubt, Some(Doubt::Crash(Counter(700))));
        assert_eq!(
            remembered.counters,
            BTreeMap::from([(ALICE, Counter(7)), (BOB, Counter(10_000))])
        );
    }

    #[test]
    fn what_the_disk_refused_is_written_as_soon_as_it_takes_something() {
        type Way = fn(&mut StateFolder) -> io::Result<()>;
        let ways: [Way; 2] = [StateFolder::catch_up, |state| state.watermark(Counter(700))];
        for write in ways {
            let folder = tempfile::tempdir().unwrap();
            {
                let (mut state, _) = StateFolder::open(folder.path()).unwrap();
                // Where a folder lies no file can be opened.
                std::fs::create_dir(folder.path().join("marks")).unwrap();
                state.ahead(ALICE, Counter(7)).unwrap_err();
                state.watermark(Counter(600)).unwrap_err();
                state.ahead(BOB, Counter(9)).unwrap_err();
                assert_eq!(state.upkeep(), Upkeep::CatchUp);
                state.catch_up().unwrap_err();
                std::fs::remove_dir(folder.path().join("marks")).unwrap();
                write(&mut state).unwrap();
                assert_eq!(state.upkeep(), Upkeep::Nothing);
                state.catch_up().unwrap();
            }
            let remembered = remembered(folder.path());
            let both = BTreeMap::from([(ALICE, Counter(7)), (BOB, Counter(9))]);
            assert_eq!(remembered.counters, both);
            // An old watermark is not written late.
            let written = std::fs::read(folder.path().join("marks")).unwrap();
            let old = Record::Watermark(Counter(600));
            assert!(records(&written).all(|record| record != old));
        }
    }

    #[test]
    fn a_torn_record_hides_nothing_before_or_after_it() {
        let folder = tempfile::tempdir().unwrap();
        {
            let (mut state, _) = StateFolder::open(folder.path()).unwrap();
            state.watermark(Counter(600)).unwrap();
        }
        OpenOptions::new()
            .append(true)
            .open(folder.path().join("marks"))
            .unwrap()
            .write_all(&[0; 35])
            .unwrap();
        {
            let (mut state, remembered) = StateFolder::open(folder.path()).unwrap();
            assert_eq!(remembered.doubt, Some(Doubt::Crash(Counter(600))));
            state.watermark(Counter(800)).unwrap();
        }
        assert_eq!(
            remembered(folder.path()).doubt,
            Some(Doubt::Crash(Counter(800)))
        );
    }

    #[test]
    fn counters_that_do_not_fit_the_clean_mark_are_in_doubt() {
        let folder = tempfile::tempdir().unwrap();
        {
            let (mut state, _) = StateFolder::open(folder.path()).unwrap();
            state.close([(ALICE, Counter(7))].into_iter()).unwrap();
        }
        std::fs::remove_file(folder.path().join("counters")).unwrap();
        assert_eq!(remembered(folder.path()).doubt, Some(Doubt::Lost));
    }

    #[test]
    fn two_daemons_do_not_share_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let _first = StateFolder::open(folder.path()).unwrap();
        assert!(matches!(
            StateFolder::open(folder.path()),
            Err(StateError::InUse(_))
        ));
    }

    #[test]
    fn compacting_forgets_no_counter() {
        let folder = tempfile::tempdir().unwrap();
        {
            let (mut state, _) = StateFolder::open(folder.path()).unwrap();
            for mark in 0..100 {
                state.watermark(Counter(mark)).unwrap();
            }
            state
                .compact(Counter(900), [(BOB, Counter(11))].into_iter())
                .unwrap();
            state.ahead(ALICE, Counter(5_000)).unwrap();
        }
        let remembered = remembered(folder.path());
        assert_eq!(remembered.doubt, Some(Doubt::Crash(Counter(900))));
        assert_eq!(
            remembered.counters,
            BTreeMap::from([(ALICE, Counter(5_000)), (BOB, Counter(11))])
        );
    }
}
