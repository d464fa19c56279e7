//! The scribe: the one thread that writes the state, so that no knock waits for a disk that is busy.

use core::time::Duration;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

use nightlatch_core::{Instant, Now};
use nightlatch_ticket::Counter;

use super::bell::{Bell, Rope};
use crate::state::{ClientMark, Recorded, StateFolder, Upkeep};

/// What the scribe is asked to make durable.
pub(super) enum Order {
    /// Counters up to here may be used from now on.
    Watermark(Counter),
    /// One client's counter, ahead of every watermark.
    Ahead(ClientMark, Counter),
    /// The marks anew, short.
    Compact(Counter, Vec<(ClientMark, Counter)>),
    /// What the disk refused before.
    CatchUp,
    /// Exact counters, for a clean end, and who was banned before.
    Close(Vec<(ClientMark, Counter)>, Vec<Recorded>),
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The watermark that is durable now, if it was about one; or why the disk does not have it.
    pub(super) outcome: Result<Option<Counter>, String>,
    /// What the state asks for now.
    pub(super) upkeep: Upkeep,
}

/// The broker's way to the state.
#[derive(Debug)]
pub(super) struct Scribe {
    orders: SyncSender<Order>,
    given: u64,
    /// Since when there was always an order that the disk did not have.
    busy_since: Option<Instant>,
    settled: Arc<Settled>,
    pub(super) bell: Bell<Written>,
}

/// How many orders are done with, and a way to wait for more.
type Settled = (Mutex<u64>, Condvar);

impl Scribe {
    pub(super) fn start(
        state: StateFolder,
        (bell, rope): (Bell<Written>, Rope<Written>),
    ) -> io::Result<Self> {
        let (orders, taken) = sync_channel(ORDERS_WAITING);
        let settled = Arc::default();
        let shared = Arc::clone(&settled);
        Builder::new().spawn(move || write_all(&taken, state, &shared, &rope))?;
        Ok(Self {
            orders,
            given: 0,
            busy_since: None,
            settled,
            bell,
        })
    }

    /// Gives an order, and waits for it until the disk has been busy for as long as the patience goes.
    /// The bell tells the rest. What a stuck disk has no room for any more is let go. Says whether
    /// the disk is done with everything, for better or worse.
    pub(super) fn order(&mut self, order: Order, patience: Duration, now: Now) -> bool {
        let busy = self.busy_for(now).unwrap_or_default();
        if self.orders.try_send(order).is_ok() {
            self.given = self.given.saturating_add(1);
            self.busy_since.get_or_insert(now.monotonic);
            self.wait(patience.saturating_sub(busy));
            return self.busy_for(now).is_none();
        }
        false
    }

    /// For how long there was always something that the disk did not have yet.
    pub(super) fn busy_for(&mut self, now: Now) -> Option<Duration> {
        if *lock(&self.settled.0) >= self.given {
            self.busy_since = None;
        }
        self.busy_since
            .map(|since| now.monotonic.saturating_since(since))
    }

    fn wait(&self, patience: Duration) {
        let (count, changed) = &*self.settled;
        drop(changed.wait_timeout_while(lock(count), patience, |count| *count < self.given));
    }
}

fn write_all(
    orders: &Receiver<Order>,
    mut state: StateFolder,
    settled: &Settled,
    done: &Rope<Written>,
) {
    for order in orders {
        let outcome = write(&mut state, order);
        done.ring(Written {
            outcome,
            upkeep: state.upkeep(),
        });
        let (count, changed) = settled;
        let mut count = lock(count);
        *count = count.saturating_add(1);
        changed.notify_all();
    }
}

/// Writes one order; says which watermark is durable now, if it was about one.
fn write(state: &mut StateFolder, order: Order) -> Result<Option<Counter>, String> {
    let written: io::Result<Option<Counter>> = match order {
        Order::Watermark(watermark) => state.watermark(watermark).map(|()| Some(watermark)),
        Order::Ahead(client, counter) => state.ahead(client, counter).map(|()| None),
        Order::Compact(watermark, counters) => state
            .compact(watermark, counters.into_iter())
            .map(|()| Some(watermark)),
        Order::CatchUp => state.catch_up().map(|()| None),
        Order::Close(counters, banned) => state
            .close(counters.into_iter())
            .and_then(|()| state.note_bans(banned.into_iter()))
            .map(|()| None),
    };
    written.map_err(|error| error.to_string())
}

fn lock(count: &Mutex<u64>) -> MutexGuard<'_, u64> {
    count.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A disk that has not taken these takes nothing.
const ORDERS_WAITING: usize = 16;
