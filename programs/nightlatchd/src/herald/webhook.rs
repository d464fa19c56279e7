//! A webhook with its thread: letters in, requests out, and nobody else waits for its receiver.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use nightlatch_config as config;
use nightlatch_core::{Instant, Now};

use super::answer::{Answer, Follows};
use super::letter::{Letter, Postmark};
use super::post::{CertificatesError, Post};
use super::queue::{Fate, Next, Queue};
use super::teller::Teller;
use crate::events::{Event, Tidings};
use crate::ration::Ration;
use crate::{clock, random};

/// A webhook, as the herald's round has it.
#[derive(Debug)]
pub(super) struct Webhook {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// What the round and the thread have together.
#[derive(Debug)]
struct Shared {
    desk: Mutex<Desk>,
    /// Rings when there is something else to do.
    bell: Condvar,
}

#[derive(Debug)]
struct Desk {
    post: Arc<Post>,
    queue: Queue,
    ration: Ration<String>,
    is_ending: bool,
    tidings: Tidings,
    host: Arc<str>,
}

/// What is started, and who is told how it fares.
pub(super) struct Start<'a> {
    pub(super) name: &'a str,
    pub(super) webhook: &'a config::Webhook,
    pub(super) per_minute: u32,
    pub(super) host: Arc<str>,
}

impl Webhook {
    /// Starts its thread.
    pub(super) fn start(start: Start<'_>, teller: Arc<Teller>) -> Result<Self, StartError> {
        let post = Post::new(start.name, start.webhook.clone())?;
        let shared = Arc::new(Shared {
            desk: Mutex::new(Desk {
                post: Arc::new(post),
                queue: Queue::default(),
                ration: Ration::new(start.per_minute),
                is_ending: false,
                tidings: Tidings::default(),
                host: start.host,
            }),
            bell: Condvar::new(),
        });
        let (theirs, name) = (Arc::clone(&shared), start.name.to_owned());
        let thread = Builder::new().spawn(move || work(&theirs, &name, &teller))?;
        Ok(Self { shared, thread })
    }

    /// Another address, secret or ration. What waits goes there, and at once: the administrator has looked at it.
    pub(super) fn replace(&self, start: &Start<'_>, now: Now) -> Result<(), StartError> {
        let post = Post::new(start.name, start.webhook.clone())?;
        let mut desk = self.shared.lock();
        desk.post = Arc::new(post);
        desk.ration.replace(start.per_minute);
        desk.queue.revive(now.monotonic);
        self.shared.bell.notify_one();
        Ok(())
    }

    /// Takes an event in, and never waits for the receiver.
    pub(super) fn tell(&self, event: &Event, now: Now) {
        let mut desk = self.shared.lock();
        if desk
            .ration
            .take(event.kind.name().to_owned(), now.monotonic)
        {
            let letter = Letter::of(event, desk.mark());
            desk.push(letter, now.monotonic);
        }
        self.shared.bell.notify_one();
    }

    /// So many of a kind never came to us.
    pub(super) fn leave_out(&self, kind: &str, how_many: u64, now: Now) {
        let mut desk = self.shared.lock();
        desk.ration
            .leave_out(kind.to_owned(), how_many, now.monotonic);
        self.shared.bell.notify_one();
    }

    /// Lets it tell what can be told at once, sums and all, and end.
    pub(super) fn end(&self) {
        self.shared.lock().is_ending = true;
        self.shared.bell.notify_one();
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    pub(super) fn tidings(&self) -> Tidings {
        self.shared.lock().tidings
    }
}

/// Why a webhook was not started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// Its certificates are none.
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
    /// The system gave no thread.
    #[error("the system has no thread for a webhook")]
    Thread(#[from] io::Error),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        // A thread that panics takes the process with it.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next letter; `None` at the end.
    fn next(&self) -> Option<(Letter, Arc<Post>)> {
        let mut desk = self.lock();
        loop {
            let now = clock::now();
            desk.sum_up(now);
            let until = match desk.queue.next(now.monotonic) {
                Next::Tell(letter) => return Some((letter, Arc::clone(&desk.post))),
                _ if desk.is_ending => return None,
                Next::WaitUntil(until) => Some(until),
                Next::Sleep => None,
            };
            let until = until.into_iter().chain(desk.ration.next_deadline()).min();
            desk = self.wait(desk, until, now.monotonic);
        }
    }

    fn wait<'d>(
        &self,
        desk: MutexGuard<'d, Desk>,
        until: Option<Instant>,
        now: Instant,
    ) -> MutexGuard<'d, Desk> {
        let Some(until) = until else {
            return self.bell.wait(desk).unwrap_or_else(PoisonError::into_inner);
        };
        let waited = self.bell.wait_timeout(desk, until.saturating_since(now));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Does what follows from an answer.
    fn settle(
        &self,
        letter: &Letter,
        (post, answer): (&Arc<Post>, &Answer),
        teller: &Teller,
        name: &str,
    ) {
        let now = clock::now();
        let mut desk = self.lock();
        // What an address of before a reload refused is told to the one of now, at once.
        if !Arc::ptr_eq(post, &desk.post) && !matches!(answer.follows(), Follows::Told) {
            return;
        }
        let failures = desk.queue.failures();
        match answer.follows() {
            Follows::Told => {
                desk.queue.told(&letter.id, now.monotonic);
                desk.tidings.done = desk.tidings.done.saturating_add(1);
                desk.tidings.is_failing = false;
                teller.works(name, failures);
            }
            Follows::Again(why) => {
                let luck = u32::from_ne_bytes(random::draw());
                let fate = desk.queue.failed(&letter.id, why, luck, now.monotonic);
                desk.tidings.is_failing = true;
                if failures == 0 {
                    teller.failing(name, &answer.in_words(), AGAIN);
                }
                if fate == Fate::GivenUp {
                    desk.lose(1);
                    teller.dropped(name, "it was tried for long enough", now);
                }
            }
            Follows::Drop => {
                desk.queue.forget(&letter.id);
                desk.lose(1);
                teller.dropped(name, &answer.in_words(), now);
            }
            Follows::End => {
                let lost = desk.queue.gone();
                desk.lose(u64::try_from(lost).unwrap_or(u64::MAX));
                desk.tidings.is_failing = true;
                teller.gone(name, lost);
            }
        }
    }
}

impl Desk {
    fn mark(&self) -> Postmark<'_> {
        Postmark {
            host: &self.host,
            chance: random::draw(),
        }
    }

    fn push(&mut self, letter: Letter, now: Instant) {
        let kind = letter.kind.clone();
        if self.queue.push(letter, now).is_err() {
            self.lose(1);
            self.ration.leave_out(kind, 1, now);
        }
    }

    /// A sum is told like an event; where there is no room for it, it is part of the next one.
    fn sum_up(&mut self, now: Now) {
        // Nothing is told after the end.
        let at = if self.is_ending {
            END_OF_TIME
        } else {
            now.monotonic
        };
        let Some(sums) = self.ration.sums(at) else {
            return;
        };
        let letter = Letter::summing_up(&sums, now.unix, self.mark());
        if self.queue.push(letter, now.monotonic).is_err() {
            for (kind, count) in sums {
                self.ration.leave_out(kind, count, now.monotonic);
            }
        }
    }

    const fn lose(&mut self, letters: u64) {
        self.tidings.lost = self.tidings.lost.saturating_add(letters);
    }
}

const AGAIN: &str = "it is tried again, less and less often";

/// When everything is over, and summed up.
pub(super) const END_OF_TIME: Instant = Instant::from_duration(core::time::Duration::MAX);

fn work(shared: &Shared, name: &str, teller: &Teller) {
    while let Some((letter, post)) = shared.next() {
        let answer = post.send(&letter, clock::now().unix.as_secs());
        shared.settle(&letter, (&post, &answer), teller, name);
    }
}
