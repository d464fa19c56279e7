//! Keys: one curve operation a client, on every core, once at the start.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};

use nightlatch_config::Roster;
use nightlatch_core::Client;
use nightlatch_ticket::{Counter, PairKeys, SecretKey};
use thiserror::Error;

use crate::state::{ClientMark, mark_of};

/// A client's key yields no secret.
#[derive(Debug, Error)]
#[error(
    "the key of client {0:?} is one that no key pair has\n  ask for the key again: `nightlatch keygen` makes one"
)]
pub(crate) struct WeakClient(pub String);

/// Derives what each client and this server share. `progress` hears how many are done, now and then.
pub(crate) fn derive(
    server: Option<&SecretKey>,
    roster: &Roster,
    last: &BTreeMap<ClientMark, Counter>,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Client>, WeakClient> {
    // Without a key there are no clients.
    let Some(server) = server else {
        return Ok(Vec::new());
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    // A thread for a handful of clients is not worth its start, and a unit limits how many there are.
    let cores = cores
        .min(MOST_THREADS)
        .min(roster.len().div_ceil(CLIENTS_A_THREAD))
        .max(1);
    let share = roster.len().div_ceil(cores).max(1);
    let done = AtomicUsize::new(0);
    let one_done = || {
        let done = done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if done.is_multiple_of(TELL_EVERY) {
            progress(done);
        }
    };
    let share_of = |core: usize| {
        let first = share.saturating_mul(core);
        part(
            server,
            roster,
            last,
            first..first.saturating_add(share),
            &one_done,
        )
    };
    let parts: Vec<_> = thread::scope(|scope| {
        let share_of = &share_of;
        let begin = |core| Builder::new().spawn_scoped(scope, move || share_of(core));
        let threads: Vec<_> = (1..cores).map(|core| (core, begin(core).ok())).collect();
        let first = share_of(0);
        let others = threads.into_iter().map(|(core, thread)| {
            let derived = thread.and_then(|thread| thread.join().ok());
            // Where the system gives no thread, its share is done here.
            derived.unwrap_or_else(|| share_of(core))
        });
        core::iter::once(first).chain(others).collect()
    });
    let mut clients = Vec::with_capacity(roster.len());
    for part in parts {
        clients.append(&mut part?);
    }
    Ok(clients)
}

fn part(
    server: &SecretKey,
    roster: &Roster,
    last: &BTreeMap<ClientMark, Counter>,
    range: Range<usize>,
    one_done: &impl Fn(),
) -> Result<Vec<Client>, WeakClient> {
    let mut clients = Vec::with_capacity(range.len());
    for line in roster.iter().skip(range.start).take(range.len()) {
        let keys = PairKeys::of_server(server, &line.key, &line.shared)
            .map_err(|_| WeakClient(line.name.to_owned()))?;
        let last = last.get(&mark_of(&line.key)).copied().unwrap_or(Counter(0));
        clients.push(Client {
            keys,
            may: line.may,
            may_tell: line.may_tell,
            last,
        });
        one_done();
    }
    Ok(clients)
}

/// A line of progress every few seconds.
const TELL_EVERY: usize = 100_000;
/// More would be noticed by whatever else the host does.
const MOST_THREADS: usize = 8;
/// A few milliseconds' work.
const CLIENTS_A_THREAD: usize = 64;
