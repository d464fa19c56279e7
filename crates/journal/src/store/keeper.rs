//! The store as the one who writes to it has it.

use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::names::{list, path_aside, path_of};
use super::segment::Segment;
use super::shelf::read;
use crate::event::Event;
use crate::time::UnixMillis;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For how long.
    pub keep: Duration,
    /// In how much of the disk, in bytes.
    pub at_most: u64,
}

/// A store that is open, and what had to be set aside for it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Store,
    /// Files that cannot be read; they have these names now.
    pub set_aside: Vec<PathBuf>,
}

/// Where events are written.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    limits: Limits,
    /// The last one is written to.
    segments: Vec<Segment>,
    next: u64,
}

impl Store {
    /// Opens the store in a folder that is there, and begins one where there is none. What is damaged is
    /// set aside; what a crash left half done is mended.
    pub fn open(folder: &Path, limits: Limits) -> Result<Opened, StoreError> {
        let listing = list(folder).map_err(|cause| StoreError::Io(folder.to_path_buf(), cause))?;
        let mut segments = Vec::new();
        let (mut set_aside, mut damaged) = (Vec::new(), listing.aside);
        for first in &listing.files {
            match Segment::open(path_of(folder, *first), *first) {
                Ok(segment) => segments.push(segment),
                Err(StoreError::Damaged(path, cause)) => {
                    let aside = path_aside(folder, *first);
                    fs::rename(&path, &aside).map_err(|_| StoreError::Damaged(path, cause))?;
                    set_aside.push(aside);
                    damaged.push(*first);
                }
                Err(error) => return Err(error),
            }
        }
        forget_old_damage(folder, &damaged)?;
        let beyond = damaged.iter().map(|first| first.saturating_add(BEYOND));
        let names = listing.files.iter().copied().chain(beyond);
        let last = segments.last().map(Segment::last).transpose()?.flatten();
        let behind = last.map(|(number, _)| number.saturating_add(1));
        let mut store = Self {
            folder: folder.to_path_buf(),
            limits,
            segments,
            next: names.chain(behind).max().unwrap_or(1),
        };
        if store.segments.is_empty() {
            store.begin()?;
        }
        Ok(Opened { store, set_aside })
    }

    /// The number that the next event gets.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Writes events; they are on the disk when this returns. After an error open the store anew.
    pub fn append(&mut self, events: &[Event]) -> Result<(), StoreError> {
        let Some(segment) = self.segments.last() else {
            return Err(StoreError::None(self.folder.clone()));
        };
        segment.append(self.next, events)?;
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        self.next = self.next.saturating_add(count);
        Ok(())
    }

    /// Some events in the order of their numbers, from this one on; none where there are no more.
    pub fn read(&self, from: u64, most: usize) -> Result<Vec<(u64, Event)>, StoreError> {
        read(&self.segments, from, most)
    }

    /// Takes the oldest files away, and begins another one where the last is full: in this order, which
    /// makes room on a full disk.
    pub fn keep_small(&mut self) -> Result<(), StoreError> {
        let share = self.limits.at_most / SHARES;
        while self.size() > self.limits.at_most.saturating_sub(share) && self.segments.len() > 1 {
            self.drop_oldest()?;
        }
        if self.segments.last().is_some_and(|last| last.size() > share) {
            self.begin()?;
        }
        Ok(())
    }

    /// Takes away what is older than is wanted.
    pub fn keep_young(&mut self, now: UnixMillis) -> Result<(), StoreError> {
        let before = now.earlier(self.limits.keep);
        while let Some(oldest) = self.segments.first() {
            let is_last = self.segments.len() == 1;
            match oldest.last()? {
                Some((_, at)) if at >= before => return oldest.forget(before),
                None if is_last => return Ok(()),
                // The name of an empty file keeps the number that comes next.
                Some(_) if is_last => self.begin()?,
                _ => {}
            }
            self.drop_oldest()?;
        }
        Ok(())
    }

    /// How much of the disk it takes.
    pub fn size(&self) -> u64 {
        let sizes = self.segments.iter().map(Segment::size);
        sizes.fold(0, u64::saturating_add)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        let path = path_of(&self.folder, self.next);
        match Segment::open(path.clone(), self.next) {
            Ok(segment) => {
                self.segments.push(segment);
                Ok(())
            }
            Err(error) => {
                // Half a file would be a damaged one.
                let _ = fs::remove_file(path);
                Err(error)
            }
        }
    }

    fn drop_oldest(&mut self) -> Result<(), StoreError> {
        let oldest = self.segments.remove(0);
        let path = oldest.path().to_path_buf();
        drop(oldest);
        fs::remove_file(&path).map_err(|cause| StoreError::Io(path, cause))
    }
}

/// What was set aside is looked at by somebody or by nobody: not all of it is kept for ever.
fn forget_old_damage(folder: &Path, damaged: &[u64]) -> Result<(), StoreError> {
    let mut aside: Vec<PathBuf> = damaged
        .iter()
        .map(|first| path_aside(folder, *first))
        .collect();
    aside.sort();
    aside.dedup();
    let old = aside.len().saturating_sub(MOST_ASIDE);
    for path in aside.into_iter().take(old) {
        fs::remove_file(&path).map_err(|cause| StoreError::Io(path, cause))?;
    }
    Ok(())
}

/// So many numbers a damaged file may have used. It is not asked: whoever reads damaged pages trusts them. And no
/// number comes twice, since readers go on behind the last that they have.
const BEYOND: u64 = 1_000_000_000;
/// With the oldest file goes a quarter of what is kept at most.
const SHARES: u64 = 4;
/// A second one shows whether it happens again.
const MOST_ASIDE: usize = 2;
