//! The clerk's round: take what happened, write it, tell those who read along.

use core::time::Duration;

use nightlatch_core::Now;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::ClerkError;
use super::book::Book;
use super::readers::Readers;
use crate::channel::ChannelError;
use crate::clock;
use crate::events::{Ear, Tidings};
use crate::log::{Form, say_at_once};

/// Everything the running clerk holds.
pub(super) struct Round {
    pub(super) ear: Ear,
    pub(super) book: Book,
    pub(super) readers: Readers,
    pub(super) form: Form,
    /// What the broker was told last.
    pub(super) told: Option<Tidings>,
}

impl Round {
    /// Runs until the broker ends.
    pub(super) fn run(mut self) -> Result<(), ClerkError> {
        loop {
            let now = clock::now();
            self.book.tend(now);
            let is_more = self.tell();
            self.wait(now, is_more)?;
            self.readers.welcome();
            let room = self.book.room();
            match self.ear.take(room) {
                Ok(events) => self.book.take(events, clock::now()),
                Err(ChannelError::Closed) => {
                    self.book.close(clock::now());
                    self.tell();
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Tells everybody what is new; says whether somebody could be told more at once.
    fn tell(&mut self) -> bool {
        for line in self.book.lines() {
            say_at_once(&line, self.form);
        }
        let tidings = self.book.tidings();
        if self.told.replace(tidings) != Some(tidings) {
            self.ear.tell(tidings);
        }
        let store = self.book.store();
        store.is_some_and(|store| self.readers.turn(store))
    }

    fn wait(&mut self, now: Now, is_more: bool) -> Result<(), ClerkError> {
        let due = self.book.next_deadline();
        let patience = if is_more {
            Duration::ZERO
        } else {
            due.saturating_since(now.monotonic).min(PATIENCE)
        };
        let patience = Timespec {
            tv_sec: patience.as_secs().cast_signed(),
            tv_nsec: patience.subsec_nanos().into(),
        };
        // A book without room takes nothing: the broker counts what its channel has no room for.
        let flags = if self.book.room() == 0 {
            PollFlags::empty()
        } else {
            PollFlags::IN
        };
        let ear = PollFd::new(&self.ear, flags);
        let mut fds: Vec<_> = core::iter::once(ear)
            .chain(self.readers.watched(self.book.store().is_some()))
            .collect();
        match poll(&mut fds, Some(&patience)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(ClerkError::Wait(errno.into())),
        }
        let gone = fds
            .iter()
            .skip(2)
            .map(|fd| fd.revents().intersects(PollFlags::HUP | PollFlags::ERR));
        let gone: Vec<bool> = gone.collect();
        self.readers.forget(&gone);
        Ok(())
    }
}

/// How long the round waits when nothing is due.
const PATIENCE: Duration = Duration::from_mins(1);
