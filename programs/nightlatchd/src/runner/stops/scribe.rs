//! The scribe: the one thread that writes the stops, so that a disk that is stuck holds up no command.

use core::time::Duration;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use nightlatch_core::{Instant, Now};

use super::Note;
use super::file::{Folder, Stops, apply};

/// The runner's way to the disk.
#[derive(Debug)]
pub(in crate::runner) struct Scribe {
    shared: Arc<Shared>,
    orders: SyncSender<Vec<Note>>,
    outcomes: Receiver<Result<(), String>>,
    given: u64,
    /// Since when there was always something that the disk did not have.
    busy_since: Option<Instant>,
}

#[derive(Debug)]
struct Shared {
    /// The truth, which the file follows.
    stops: Mutex<Stops>,
    /// Whether changes were let go, so that only the truth itself can be written.
    is_behind: AtomicBool,
    /// How many orders are done with, and a way to wait for more.
    settled: (Mutex<u64>, Condvar),
}

impl Scribe {
    /// Takes over what the folder remembers, and begins a short file.
    pub(in crate::runner) fn start(folder: Folder, stops: Stops) -> io::Result<Self> {
        let (orders, taken) = sync_channel(ORDERS_WAITING);
        let (tell, outcomes) = channel();
        let shared = Arc::new(Shared {
            stops: Mutex::new(stops),
            is_behind: AtomicBool::new(true),
            settled: (Mutex::new(0), Condvar::new()),
        });
        let theirs = Arc::clone(&shared);
        Builder::new().spawn(move || write_all(&taken, folder, &theirs, &tell))?;
        let mut scribe = Self {
            shared,
            orders,
            outcomes,
            given: 0,
            busy_since: None,
        };
        // Nothing waits for this one: it says early whether the disk takes anything.
        scribe.give(Vec::new());
        Ok(scribe)
    }

    /// Writes changes down, and waits until the disk has them, or has been busy for too long.
    pub(in crate::runner) fn write(&mut self, notes: Vec<Note>, now: Now) {
        if notes.is_empty() {
            return;
        }
        let mut stops = lock(&self.shared.stops);
        for note in &notes {
            apply(&mut stops, note);
        }
        drop(stops);
        if *lock(&self.shared.settled.0) >= self.given {
            self.busy_since = None;
        }
        let since = *self.busy_since.get_or_insert(now.monotonic);
        let busy = now.monotonic.saturating_since(since);
        self.give(notes);
        self.wait(PATIENCE.saturating_sub(busy));
    }

    fn wait(&self, patience: Duration) {
        let (settled, changed) = &self.shared.settled;
        drop(changed.wait_timeout_while(lock(settled), patience, |settled| *settled < self.given));
    }

    /// What became of what was written since the last look: the last word on it.
    pub(in crate::runner) fn outcome(&self) -> Option<Result<(), String>> {
        self.outcomes.try_iter().last()
    }

    /// Whether the disk has everything, or for how long it has not.
    pub(in crate::runner) fn is_stuck(&self, now: Now) -> bool {
        *lock(&self.shared.settled.0) < self.given
            && self
                .busy_since
                .is_some_and(|since| now.monotonic.saturating_since(since) >= PATIENCE)
    }

    fn give(&mut self, notes: Vec<Note>) {
        match self.orders.try_send(notes) {
            Ok(()) => self.given = self.given.saturating_add(1),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                self.shared.is_behind.store(true, Ordering::Release);
            }
        }
    }
}

fn write_all(
    orders: &Receiver<Vec<Note>>,
    mut folder: Folder,
    shared: &Shared,
    outcomes: &Sender<Result<(), String>>,
) {
    for notes in orders {
        let written = write(&notes, &mut folder, shared);
        if written.is_err() {
            shared.is_behind.store(true, Ordering::Release);
        }
        // Told before it counts as settled: who waited for it hears it.
        let _ = outcomes.send(written.map_err(|error| error.to_string()));
        let (settled, changed) = &shared.settled;
        let mut settled = lock(settled);
        *settled = settled.saturating_add(1);
        changed.notify_all();
    }
}

fn write(notes: &[Note], folder: &mut Folder, shared: &Shared) -> io::Result<()> {
    let is_behind = shared.is_behind.swap(false, Ordering::AcqRel);
    let living = lock(&shared.stops).len();
    if is_behind || folder.is_long(living) {
        // As it is now: it may hold more than what was asked for, never less.
        let stops = lock(&shared.stops).clone();
        return folder.rewrite(&stops);
    }
    folder.append(notes)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a command waits for a disk: long enough for one that turns, and nobody is locked out by a stuck one.
const PATIENCE: Duration = Duration::from_secs(1);
/// A disk that has not taken these takes nothing.
const ORDERS_WAITING: usize = 16;
