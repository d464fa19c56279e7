//! One file of the store.

use std::fs::{File, OpenOptions};
use std::ops::RangeFrom;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use redb::{Builder, Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition};

use super::error::{Refused, StoreError};
use super::untouched::Untouched;
use crate::event::Event;
use crate::record::{from_record, time_of, to_record};
use crate::time::UnixMillis;

/// A file that is open.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    first: u64,
    database: Database,
}

impl Segment {
    /// A file to write to, made where it is missing.
    pub(super) fn open(path: PathBuf, first: u64) -> Result<Self, StoreError> {
        let made = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path);
        made.map_err(|cause| StoreError::Io(path.clone(), cause))?;
        let opened = careful().create(&path).map_err(Refused::from);
        match opened.and_then(with_a_table) {
            Ok(database) => Ok(Self {
                path,
                first,
                database,
            }),
            Err(Refused(error)) => Err(StoreError::of(path, error)),
        }
    }

    /// A file to read, looked at in the same way. It stays as it is, also where a crash left it half done.
    pub(super) fn open_to_read(path: PathBuf, first: u64) -> Result<Self, StoreError> {
        let file = File::open(&path).map_err(|cause| StoreError::Io(path.clone(), cause))?;
        let opened = Untouched::new(file)
            .map_err(Refused::from)
            .and_then(|file| {
                let database = careful().create_with_backend(file)?;
                with_a_table(database)
            });
        match opened {
            Ok(database) => Ok(Self {
                path,
                first,
                database,
            }),
            Err(Refused(error)) => Err(StoreError::of(path, error)),
        }
    }

    /// The number that its name says.
    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes events with rising numbers; they are on the disk when this returns.
    pub(super) fn append(&self, from: u64, events: &[Event]) -> Result<(), StoreError> {
        self.try_append(from, events)
            .map_err(|Refused(error)| StoreError::of(self.path.clone(), error))
    }

    fn try_append(&self, from: u64, events: &[Event]) -> Result<(), Refused> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(EVENTS)?;
            for (number, event) in (from..).zip(events) {
                table.insert(number, to_record(event).as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Some events in the order of their numbers, from this one on. What another release wrote is left out.
    pub(super) fn read(
        &self,
        numbers: RangeFrom<u64>,
        most: usize,
    ) -> Result<Vec<(u64, Event)>, StoreError> {
        self.try_read(numbers, most)
            .map_err(|Refused(error)| StoreError::of(self.path.clone(), error))
    }

    fn try_read(&self, numbers: RangeFrom<u64>, most: usize) -> Result<Vec<(u64, Event)>, Refused> {
        let table = self.snapshot()?.open_table(EVENTS)?;
        let mut found = Vec::new();
        for row in table.range(numbers)? {
            let (number, record) = row?;
            if let Some(event) = from_record(record.value()) {
                found.push((number.value(), event));
            }
            if found.len() >= most {
                break;
            }
        }
        Ok(found)
    }

    /// The last number that stands in it, and when that was.
    pub(super) fn last(&self) -> Result<Option<(u64, UnixMillis)>, StoreError> {
        self.try_last()
            .map_err(|Refused(error)| StoreError::of(self.path.clone(), error))
    }

    fn try_last(&self) -> Result<Option<(u64, UnixMillis)>, Refused> {
        let table = self.snapshot()?.open_table(EVENTS)?;
        let last = table.last()?;
        Ok(last
            .map(|(number, record)| (number.value(), time_of(record.value()).unwrap_or_default())))
    }

    /// Takes out what is older, up to the first that is not.
    pub(super) fn forget(&self, before: UnixMillis) -> Result<(), StoreError> {
        self.try_forget(before)
            .map_err(|Refused(error)| StoreError::of(self.path.clone(), error))
    }

    fn try_forget(&self, before: UnixMillis) -> Result<(), Refused> {
        let Some(kept) = self.first_since(before)? else {
            return Ok(());
        };
        let transaction = self.database.begin_write()?;
        transaction
            .open_table(EVENTS)?
            .retain_in(..kept, |_, _| false)?;
        transaction.commit()?;
        Ok(())
    }

    /// The number of the first that is not older, where some before it are.
    fn first_since(&self, before: UnixMillis) -> Result<Option<u64>, Refused> {
        let table = self.snapshot()?.open_table(EVENTS)?;
        let mut end = None;
        for row in table.iter()? {
            let (number, record) = row?;
            if time_of(record.value()).is_some_and(|at| at >= before) {
                return Ok(end.map(|_| number.value()));
            }
            end = Some(number.value());
        }
        Ok(end.map(|last: u64| last.saturating_add(1)))
    }

    fn snapshot(&self) -> Result<ReadTransaction, Refused> {
        Ok(self.database.begin_read()?)
    }

    /// How much of the disk it takes: not its length, which has holes.
    pub(super) fn size(&self) -> u64 {
        let blocks = self.path.metadata().map_or(0, |file| file.blocks());
        blocks.saturating_mul(BLOCK)
    }
}

/// Every page is looked at: a plain open would trust them.
fn careful() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    builder.set_check_integrity_on_open(true);
    builder
}

fn with_a_table(database: Database) -> Result<Database, Refused> {
    let is_there = database.begin_read()?.open_table(EVENTS).is_ok();
    if !is_there {
        let begin = database.begin_write()?;
        begin.open_table(EVENTS)?;
        begin.commit()?;
    }
    Ok(database)
}

const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
/// Pages are read once, and written once.
const CACHE: usize = 1 << 20;
/// What `stat` counts in, whatever the file system does.
const BLOCK: u64 = 512;
