//! The desk: one action's runs — which wait, which are under way, and which stops are still to come.
//!
//! Between two runs of a start half for the same grant its stop half runs, and no two halves for the
//! same grant run at once: else what one did could not be told from what the other undid.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use nightlatch_core::{Instant, Now};

use super::run::{Key, Outcome, Part, Run};
use super::waiting::{Began, Next, Pending, Renewal, Waiting};
use crate::errand::Action;

/// One action's runs.
#[derive(Debug)]
pub(super) struct Desk {
    /// No two desks have the same; two may have an action of the same name, one after the other.
    pub(super) number: u64,
    pub(super) action: Arc<Action>,
    /// Starts and messages that were not begun yet, in the order in which they came.
    waiting: VecDeque<Waiting>,
    stops: BTreeMap<Key, Pending>,
    /// The stops in the order in which they are due.
    due: BTreeSet<(Instant, Key)>,
    /// For whom a half is under way.
    busy: BTreeSet<Key>,
    under_way: usize,
}

impl Desk {
    pub(super) const fn new(action: Arc<Action>, number: u64) -> Self {
        Self {
            number,
            action,
            waiting: VecDeque::new(),
            stops: BTreeMap::new(),
            due: BTreeSet::new(),
            busy: BTreeSet::new(),
            under_way: 0,
        }
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn stops(&self) -> usize {
        self.stops.len()
    }

    pub(super) const fn under_way(&self) -> usize {
        self.under_way
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.stops.is_empty() && self.under_way == 0
    }

    /// Takes a grant for a renewal, if its start half waits, runs, or ended well. Its stop moves to a
    /// later time, never to an earlier one: somebody else may hold the same from the same address.
    pub(super) fn renew(&mut self, wanted: &Waiting) -> Renewal {
        // What nothing undoes is done again, and so is what is no grant.
        let Some(until) = wanted
            .until
            .filter(|_| self.action.has_stop(wanted.key.address))
        else {
            return Renewal::Not;
        };
        let mut waiting = self.waiting.iter_mut();
        if let Some(waiting) = waiting.find(|waiting| waiting.is_for(&wanted.key)) {
            waiting.until = waiting.until.max(Some(until));
            waiting.seconds = waiting.seconds.max(wanted.seconds);
            return Renewal::AsItWas;
        }
        let Some(pending) = self.stops.get(&wanted.key) else {
            return Renewal::Not;
        };
        match (pending.began, self.busy.contains(&wanted.key)) {
            // Its stop half runs, or what its start half did is not known.
            (Began::Well, true) | (Began::InDoubt, _) => Renewal::Not,
            _ if until <= pending.due => Renewal::AsItWas,
            (began, _) => {
                let later = Pending {
                    client: wanted.client.clone(),
                    seconds: wanted.seconds,
                    due: until,
                    began,
                };
                self.put(wanted.key.clone(), later.clone());
                Renewal::Until(later)
            }
        }
    }

    /// Lets it wait. If its stop is still to come, that runs first, and now.
    pub(super) fn wait(&mut self, waiting: Waiting, now: Now) {
        if waiting.text.is_none() {
            self.hurry(&waiting.key, now);
        }
        self.waiting.push_back(waiting);
    }

    /// Ends a grant before its time; says which stop runs sooner than it was due.
    pub(super) fn stop(&mut self, key: &Key, now: Now) -> Option<Pending> {
        self.waiting.retain(|waiting| !waiting.is_for(key));
        let was_due = self.stops.get(key)?.due;
        self.hurry(key, now);
        let pending = self.stops.get(key)?;
        (pending.due < was_due).then(|| pending.clone())
    }

    /// A stop of a life before this one.
    pub(super) fn adopt(&mut self, key: Key, pending: Pending) {
        self.put(key, pending);
    }

    /// Every stop is due now.
    pub(super) fn hurry_all(&mut self, now: Now) {
        let keys: Vec<Key> = self.stops.keys().cloned().collect();
        for key in &keys {
            self.hurry(key, now);
        }
    }

    /// No stop runs any more; they are remembered.
    pub(super) fn rest(&mut self) {
        self.due.clear();
    }

    /// Nothing waits any more; says how many did.
    pub(super) fn drop_waiting(&mut self) -> usize {
        core::mem::take(&mut self.waiting).len()
    }

    /// What waited until its grant was over; says how many.
    pub(super) fn drop_late(&mut self, now: Now) -> usize {
        let before = self.waiting.len();
        let is_late = |waiting: &Waiting| waiting.until.is_some_and(|until| until <= now.monotonic);
        self.waiting.retain(|waiting| !is_late(waiting));
        before.saturating_sub(self.waiting.len())
    }

    /// What is to be begun now, stops first; the place that it takes is taken.
    pub(super) fn next(&mut self, now: Now) -> Option<Next> {
        if self.under_way >= usize::from(self.action.at_most.max(1)) {
            return None;
        }
        let next = self.next_stop(now).or_else(|| self.next_start())?;
        self.under_way = self.under_way.saturating_add(1);
        Some(next)
    }

    /// When the next stop is due that is not yet.
    pub(super) fn next_due(&self, now: Now) -> Option<Instant> {
        let later = now.monotonic.saturating_add(Duration::from_nanos(1));
        let mut due = self.due.range((later, Key::FIRST)..);
        due.next().map(|(due, _)| *due)
    }

    /// Whether a stop is due, or something waits.
    pub(super) fn has_more(&self, now: Now) -> bool {
        let first = self.due.first();
        !self.waiting.is_empty() || first.is_some_and(|(due, _)| *due <= now.monotonic)
    }

    /// Notes that a start half runs which is to be undone then.
    pub(super) fn begin(&mut self, waiting: &Waiting, due: Instant) -> Pending {
        let pending = Pending {
            client: waiting.client.clone(),
            seconds: waiting.seconds,
            due,
            began: Began::UnderWay,
        };
        self.busy.insert(waiting.key.clone());
        self.put(waiting.key.clone(), pending.clone());
        pending
    }

    /// Gives the place of a run back; says whether its stop is done with.
    pub(super) fn end(&mut self, run: &Run, outcome: Outcome) -> bool {
        self.under_way = self.under_way.saturating_sub(1);
        let is_over = match (run.part, outcome) {
            (Part::Alone, _) => return false,
            // What was not begun is not undone; what could not be undone is tried again.
            (part, Outcome::Unstarted) => part == Part::Start,
            (Part::Stop, _) => true,
            (Part::Start, outcome) => {
                self.settle(&run.key, outcome);
                false
            }
        };
        self.busy.remove(&run.key);
        if is_over && let Some(pending) = self.stops.remove(&run.key) {
            self.due.remove(&(pending.due, run.key.clone()));
        }
        is_over
    }

    fn settle(&mut self, key: &Key, outcome: Outcome) {
        if let Some(pending) = self.stops.get_mut(key) {
            pending.began = match outcome {
                Outcome::Done => Began::Well,
                _ => Began::InDoubt,
            };
        }
    }

    fn next_stop(&mut self, now: Now) -> Option<Next> {
        // No more can be busy than are under way: the search is short.
        let mut due = self.due.iter().take_while(|(due, _)| *due <= now.monotonic);
        let (_, key) = due.find(|(_, key)| !self.busy.contains(key))?;
        let (key, pending) = (key.clone(), self.stops.get(key)?.clone());
        self.busy.insert(key.clone());
        Some(Next::Stop(key, pending))
    }

    fn next_start(&mut self) -> Option<Next> {
        let is_free = |waiting: &Waiting| {
            waiting.text.is_some()
                || !self.busy.contains(&waiting.key) && !self.stops.contains_key(&waiting.key)
        };
        let place = self.waiting.iter().position(is_free)?;
        self.waiting.remove(place).map(Next::Start)
    }

    fn hurry(&mut self, key: &Key, now: Now) {
        if let Some(pending) = self.stops.get(key) {
            let mut pending = pending.clone();
            pending.due = pending.due.min(now.monotonic);
            self.put(key.clone(), pending);
        }
    }

    fn put(&mut self, key: Key, pending: Pending) {
        self.due.insert((pending.due, key.clone()));
        let due = pending.due;
        if let Some(former) = self.stops.insert(key.clone(), pending)
            && former.due != due
        {
            self.due.remove(&(former.due, key));
        }
    }
}
