//! The book: what came and is not on the disk yet, and the store where there is one.

use core::time::Duration;
use std::path::PathBuf;

use nightlatch_core::{Instant, Now};
use nightlatch_journal::{Event, Kind, Limits, Opened, Store, StoreError, UnixMillis};

use crate::events::Tidings;
use crate::log::Line;

/// What is kept, and what waits for it.
#[derive(Debug)]
pub(super) struct Book {
    folder: PathBuf,
    limits: Limits,
    /// None before the first look, and after something was refused until the next.
    store: Option<Store>,
    waiting: Vec<Event>,
    /// When what waits is written.
    write_at: Option<Instant>,
    /// Before this nothing is tried, since it was refused.
    rest_until: Instant,
    /// When what is too old is looked for.
    look_at: Instant,
    /// Lost since the last that was written.
    untold: u64,
    tidings: Tidings,
    lines: Vec<Line>,
}

impl Book {
    pub(super) fn new(folder: PathBuf, limits: Limits) -> Self {
        Self {
            folder,
            limits,
            store: None,
            waiting: Vec::new(),
            write_at: None,
            rest_until: Instant::default(),
            look_at: Instant::default(),
            untold: 0,
            tidings: Tidings::default(),
            lines: Vec::new(),
        }
    }

    /// For how many more events there is room.
    pub(super) fn room(&self) -> usize {
        MOST_WAITING.saturating_sub(self.waiting.len())
    }

    /// Takes events; they are on the disk within a moment, together with those of that moment.
    pub(super) fn take(&mut self, events: Vec<Event>, now: Now) {
        if events.is_empty() {
            return;
        }
        self.waiting.extend(events);
        self.write_at
            .get_or_insert_with(|| now.monotonic.saturating_add(MOMENT));
    }

    /// Does what is due.
    pub(super) fn tend(&mut self, now: Now) {
        if now.monotonic < self.rest_until {
            return;
        }
        let is_due = self.write_at.is_some_and(|at| at <= now.monotonic) || self.room() == 0;
        let outcome = self
            .open(now)
            .and_then(|()| if is_due { self.write(now) } else { Ok(()) })
            .and_then(|()| self.look(now));
        if let Err(error) = outcome {
            self.refused(&error, now);
        }
    }

    /// Writes all that waits, if it can be written at all: nobody will come back for it.
    pub(super) fn close(&mut self, now: Now) {
        self.rest_until = Instant::default();
        self.write_at = self.write_at.map(|_| now.monotonic);
        self.tend(now);
    }

    fn open(&mut self, now: Now) -> Result<(), StoreError> {
        if self.store.is_some() {
            return Ok(());
        }
        let Opened { store, set_aside } = Store::open(&self.folder, self.limits)?;
        for file in set_aside {
            let file = file.display().to_string();
            let name = file.rsplit('/').next().unwrap_or_default();
            let event = Event::new(Kind::JournalSetAside, wall(now)).saying(name);
            self.waiting.push(event);
            self.write_at.get_or_insert(now.monotonic);
            self.lines.push(Line::JournalSetAside { file });
        }
        self.store = Some(store);
        Ok(())
    }

    fn write(&mut self, now: Now) -> Result<(), StoreError> {
        let Some(store) = &mut self.store else {
            return Ok(());
        };
        if self.untold > 0 {
            let losses = Event::new(Kind::JournalLost, wall(now)).counting(self.untold);
            self.waiting.insert(0, losses);
        }
        let written = store.append(&self.waiting);
        if written.is_err() && self.untold > 0 {
            self.waiting.remove(0);
        }
        written?;
        let count = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        self.tidings.done = self.tidings.done.saturating_add(count);
        if self.tidings.is_failing {
            self.tidings.is_failing = false;
            self.lines.push(Line::JournalGoesOn { lost: self.untold });
        }
        self.untold = 0;
        self.waiting.clear();
        self.write_at = None;
        store.keep_small()
    }

    fn look(&mut self, now: Now) -> Result<(), StoreError> {
        let Some(store) = &mut self.store else {
            return Ok(());
        };
        if now.monotonic < self.look_at {
            return Ok(());
        }
        self.look_at = now.monotonic.saturating_add(LOOK_EVERY);
        store.keep_young(wall(now))
    }

    /// What waits is lost, and counted; a while later the store is opened anew. Who reads the files without the
    /// daemon goes away again: that is waited for, as long as there is room.
    fn refused(&mut self, error: &StoreError, now: Now) {
        self.store = None;
        self.rest_until = now.monotonic.saturating_add(REST);
        let may_wait = matches!(error, StoreError::Busy(_));
        let is_late = self.write_at.is_some_and(|at| at <= now.monotonic);
        if self.room() == 0 || is_late && !may_wait {
            let lost = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
            self.untold = self.untold.saturating_add(lost);
            self.tidings.lost = self.tidings.lost.saturating_add(lost);
            self.waiting.clear();
            self.write_at = None;
        }
        if !self.tidings.is_failing {
            self.tidings.is_failing = true;
            self.lines.push(Line::JournalFailing {
                cause: crate::because(error),
            });
        }
    }

    /// When there is something to do without anybody having said anything.
    pub(super) fn next_deadline(&self) -> Instant {
        let due = self
            .write_at
            .map_or(self.look_at, |at| at.min(self.look_at));
        let due = if self.store.is_none() {
            self.rest_until
        } else {
            due
        };
        due.max(self.rest_until)
    }

    /// What is on the disk, if it can be read.
    pub(super) const fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// What is to be said about it, once.
    pub(super) fn lines(&mut self) -> Vec<Line> {
        core::mem::take(&mut self.lines)
    }

    /// How it fares.
    pub(super) const fn tidings(&self) -> Tidings {
        self.tidings
    }
}

/// The clock on the wall, as events have it.
fn wall(now: Now) -> UnixMillis {
    UnixMillis(now.unix.as_millis())
}

/// What comes within it is written together: a person does not wait longer for a line that he follows.
const MOMENT: Duration = Duration::from_millis(200);
/// A second of the fastest disk; beyond it events wait in the channel, and are counted there.
const MOST_WAITING: usize = 4096;
/// A disk that was full is not asked as a busy loop.
const REST: Duration = Duration::from_secs(1);
/// What is kept for days may be kept for an hour more.
const LOOK_EVERY: Duration = Duration::from_hours(1);

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use nightlatch_ticket::UnixTime;

    use super::*;

    const LIMITS: Limits = Limits {
        keep: Duration::from_hours(24),
        at_most: 1 << 20,
    };
    const EPOCH: u64 = 1_800_000_000_000;

    fn at(millis: u64) -> Now {
        Now {
            monotonic: Instant::from_duration(Duration::from_millis(millis)),
            unix: UnixTime::from_millis(EPOCH.saturating_add(millis)),
        }
    }

    fn event(millis: u64) -> Event {
        Event::new(Kind::Granted, UnixMillis(EPOCH.saturating_add(millis)))
    }

    fn kinds(book: &Book) -> Vec<(u64, Kind, u64)> {
        let all = book.store().unwrap().read(0, 99).unwrap();
        all.into_iter()
            .map(|(number, event)| (number, event.kind, event.count))
            .collect()
    }

    fn book(folder: &Path) -> Book {
        Book::new(folder.join("journal"), LIMITS)
    }

    #[test]
    fn what_comes_within_a_moment_is_written_together() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("journal")).unwrap();
        let mut book = book(folder.path());
        book.take(vec![event(0)], at(0));
        book.tend(at(100));
        book.take(vec![event(150)], at(150));
        assert!(kinds(&book).is_empty());
        assert_eq!(book.next_deadline(), at(200).monotonic);
        book.tend(at(200));
        assert_eq!(kinds(&book).len(), 2);
        assert_eq!(book.tidings().done, 2);
        assert!(book.lines().is_empty());
        // At the end nobody waits for the moment.
        book.take(vec![event(300)], at(300));
        book.close(at(300));
        assert_eq!(kinds(&book).len(), 3);
    }

    #[test]
    fn where_nothing_can_be_written_events_are_lost_and_counted_until_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let mut book = book(folder.path());
        book.take(vec![event(0), event(1)], at(0));
        book.tend(at(200));
        assert!(matches!(book.lines()[..], [Line::JournalFailing { .. }]));
        assert!(book.tidings().is_failing);
        assert_eq!(book.tidings().lost, 2);
        // Not at once, and it is not said again.
        book.take(vec![event(300)], at(300));
        book.tend(at(600));
        assert_eq!(book.tidings().lost, 2);
        assert_eq!(book.next_deadline(), at(1200).monotonic);
        book.tend(at(1200));
        assert_eq!(book.tidings().lost, 3);
        assert!(book.lines().is_empty());
        fs::create_dir(folder.path().join("journal")).unwrap();
        book.take(vec![event(2300)], at(2300));
        book.tend(at(2500));
        assert_eq!(
            kinds(&book),
            [(1, Kind::JournalLost, 3), (2, Kind::Granted, 0)]
        );
        assert!(matches!(
            book.lines()[..],
            [Line::JournalGoesOn { lost: 3 }]
        ));
        assert!(!book.tidings().is_failing);
        assert_eq!(book.tidings().lost, 3);
    }

    #[test]
    fn what_cannot_be_read_is_set_aside_loudly_and_in_the_journal_itself() {
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        fs::create_dir(&journal).unwrap();
        fs::write(journal.join(format!("{:020}.redb", 1)), [7; 9000]).unwrap();
        let mut book = book(folder.path());
        book.tend(at(0));
        book.tend(at(1));
        assert!(matches!(book.lines()[..], [Line::JournalSetAside { .. }]));
        let kept = kinds(&book);
        assert!(
            matches!(kept[..], [(2.., Kind::JournalSetAside, 0)]),
            "{kept:?}"
        );
        assert!(journal.join(format!("{:020}.damaged", 1)).exists());
    }

    #[test]
    fn what_is_too_old_is_looked_for_every_hour() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("journal")).unwrap();
        let mut book = book(folder.path());
        let day = 24 * 3_600_000;
        book.take(vec![event(0), event(day)], at(0));
        book.tend(at(200));
        assert_eq!(kinds(&book).len(), 2);
        book.tend(at(day + 60_000));
        assert_eq!(kinds(&book).len(), 1);
    }

    #[test]
    fn there_is_room_for_so_much_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("journal")).unwrap();
        let mut book = book(folder.path());
        book.take(vec![event(0); MOST_WAITING], at(0));
        assert_eq!(book.room(), 0);
        // A full book is written before its moment is over.
        book.tend(at(1));
        assert_eq!(book.room(), MOST_WAITING);
    }
}
