//! A file of a store as who only reads it has it: what the database writes while it checks it stays in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::backends::FileBackend;
use redb::{BackendError, DatabaseError, StorageBackend};

/// A file that is never written to. The database trusts the pages of one that it opens to read, and panics where they
/// are damaged; whether they are it finds out only where it may write.
#[derive(Debug)]
pub(super) struct Untouched {
    file: FileBackend,
    drafts: Mutex<Drafts>,
}

/// What it would be if it had been written to.
#[derive(Debug)]
struct Drafts {
    length: u64,
    /// How much of the file still counts.
    of_file: u64,
    pages: BTreeMap<u64, Vec<u8>>,
}

impl Untouched {
    pub(super) fn new(file: File) -> Result<Self, DatabaseError> {
        let file = FileBackend::new(file)?;
        let length = file.len()?;
        let drafts = Mutex::new(Drafts {
            length,
            of_file: length,
            pages: BTreeMap::new(),
        });
        Ok(Self { file, drafts })
    }

    fn drafts(&self) -> MutexGuard<'_, Drafts> {
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, drafts: &Drafts, number: u64) -> io::Result<Vec<u8>> {
        if let Some(page) = drafts.pages.get(&number) {
            return Ok(page.clone());
        }
        let begins = number.saturating_mul(PAGE);
        let there = drafts.of_file.saturating_sub(begins).min(PAGE);
        let mut page = vec![0; in_memory(PAGE)];
        let part = page.get_mut(..in_memory(there)).unwrap_or_default();
        self.file.read(begins, part)?;
        Ok(page)
    }
}

impl StorageBackend for Untouched {
    fn len(&self) -> io::Result<u64> {
        Ok(self.drafts().length)
    }

    fn read(&self, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        let drafts = self.drafts();
        if offset.saturating_add(on_disk(out.len())) > drafts.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while !out.is_empty() {
            let page = self.page(&drafts, offset / PAGE)?;
            let mut from = page.get(in_memory(offset % PAGE)..).unwrap_or_default();
            let count = from.read(out)?;
            out = out.get_mut(count..).unwrap_or_default();
            offset = offset.saturating_add(on_disk(count));
        }
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut drafts = self.drafts();
        drafts.length = length;
        drafts.of_file = drafts.of_file.min(length);
        drafts
            .pages
            .retain(|number, _| number.saturating_mul(PAGE) < length);
        // What comes back later is empty.
        let cut = drafts.pages.get_mut(&(length / PAGE)).into_iter().flatten();
        cut.skip(in_memory(length % PAGE))
            .for_each(|byte| *byte = 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, mut offset: u64, mut data: &[u8]) -> io::Result<()> {
        let mut drafts = self.drafts();
        while !data.is_empty() {
            let mut page = self.page(&drafts, offset / PAGE)?;
            let mut to = page.get_mut(in_memory(offset % PAGE)..).unwrap_or_default();
            let count = to.write(data)?;
            drafts.pages.insert(offset / PAGE, page);
            data = data.get(count..).unwrap_or_default();
            offset = offset.saturating_add(on_disk(count));
        }
        drafts.length = drafts.length.max(offset);
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    // Others may read it meanwhile, and nobody write.

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}

/// A page is all that fits: nothing here is longer.
fn in_memory(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn on_disk(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// As the database has them.
const PAGE: u64 = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_the_file_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![7; 10_000]).unwrap();
        let untouched = Untouched::new(File::open(&path).unwrap()).unwrap();
        let read = |from, length| {
            let mut out = vec![1; length];
            untouched.read(from, &mut out).map(|()| out)
        };
        untouched.write(4090, &[8; 10]).unwrap();
        assert_eq!(
            read(4088, 14).unwrap(),
            [7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 7, 7]
        );
        assert_eq!(read(0, 4_090).unwrap(), [7; 4_090]);
        assert_eq!(read(4_100, 5_900).unwrap(), [7; 5_900]);
        assert!(read(9_999, 2).is_err());
        untouched.write(12_000, &[9]).unwrap();
        assert_eq!(untouched.len().unwrap(), 12_001);
        assert_eq!(read(9_999, 2).unwrap(), [7, 0]);
        untouched.set_len(4_095).unwrap();
        untouched.set_len(20_000).unwrap();
        assert_eq!(read(4_094, 3).unwrap(), [8, 0, 0]);
        assert_eq!(read(12_000, 1).unwrap(), [0]);
        assert_eq!(std::fs::read(&path).unwrap(), vec![7; 10_000]);
    }
}
