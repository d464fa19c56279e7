//! The agenda: what is to be run, and when. It runs nothing itself, and knows no clock.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use nightlatch_core::{Instant, Now};

use super::dates::{due, pending, stop_key};
use super::desk::{Desk, Next, Renewal, Waiting};
use super::run::{Key, Outcome, Part, Run};
use super::stops::{MOST_STOPS, Note, Stop};
use crate::errand::{Action, Errand, Name, What};

/// All actions with what they have to do.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// The actions by their place in the plan.
    names: Vec<Name>,
    desks: BTreeMap<Name, Desk>,
    /// Actions that the plan does not have any more, until they have undone what they did.
    retired: Vec<Desk>,
    /// Stops of actions that nobody knows: they wait for a plan that does.
    orphans: Vec<Stop>,
    notes: Vec<Note>,
    numbers: u64,
    too_late: u32,
    is_ending: bool,
}

/// What becomes of an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It is, or will be, done; or nothing has to be.
    Taken,
    /// Too much waits already, or there is no such action.
    Refused,
}

impl Agenda {
    /// An agenda that takes over the stops of a life before this one.
    pub(super) fn new(actions: Vec<Action>, remembered: Vec<Stop>, now: Now) -> Self {
        let mut agenda = Self {
            orphans: remembered,
            ..Self::default()
        };
        agenda.replan(actions, now);
        agenda
    }

    /// Takes a plan over. What it has no stop half for any more is stopped now, as the old one says.
    pub(super) fn replan(&mut self, actions: Vec<Action>, now: Now) {
        let mut former = core::mem::take(&mut self.desks);
        let mut retired = Vec::new();
        self.names = actions.iter().map(|action| action.name.clone()).collect();
        for action in actions {
            let name = action.name.clone();
            let desk = match former.remove(&name) {
                Some(mut desk) if has_any_stop(&action) || desk.stops() == 0 => {
                    desk.action = Arc::new(action);
                    desk
                }
                old => {
                    retired.extend(old);
                    self.numbers = self.numbers.saturating_add(1);
                    Desk::new(Arc::new(action), self.numbers)
                }
            };
            self.desks.insert(name, desk);
        }
        for mut desk in retired.into_iter().chain(former.into_values()) {
            desk.drop_waiting();
            desk.hurry_all(now);
            self.retired.push(desk);
        }
        self.adopt_orphans(now);
    }

    /// How many stops wait for an action that the plan does not have, by its name.
    pub(super) fn orphans(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for stop in &self.orphans {
            let count: &mut usize = counts.entry(stop.key.action.as_str()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// Notes what is asked for.
    pub(super) fn ask(&mut self, errand: Errand, now: Now) -> Asked {
        let in_all = self.waiting();
        let is_full = in_all >= MOST_WAITING || self.stops().saturating_add(in_all) >= MOST_STOPS;
        let name = self.names.get(usize::from(errand.action));
        let Some(desk) = name.and_then(|name| self.desks.get_mut(name)) else {
            return Asked::Refused;
        };
        let key = Key {
            address: errand.address,
            service: errand.service,
        };
        let (seconds, text) = match errand.what {
            What::Stop => {
                desk.stop(&key, now);
                return Asked::Taken;
            }
            What::Tell { text } => (None, Some(text)),
            What::Start { seconds } => (Some(seconds), None),
        };
        let lasts = |seconds: u32| Duration::from_secs(seconds.into());
        let waiting = Waiting {
            key,
            client: errand.client,
            seconds: seconds.unwrap_or_default(),
            text,
            until: seconds.map(|seconds| now.monotonic.saturating_add(lasts(seconds))),
        };
        match desk.renew(&waiting) {
            Renewal::AsItWas => return Asked::Taken,
            Renewal::Until(pending) => {
                let name = &desk.action.name;
                self.notes.push(due(name, &waiting.key, &pending, now));
                return Asked::Taken;
            }
            Renewal::Not => {}
        }
        if is_full || desk.waiting() >= MOST_WAITING_OF_ONE {
            return Asked::Refused;
        }
        desk.wait(waiting, now);
        Asked::Taken
    }

    /// The next run to begin, if one can be; what has to be written down before is among the notes.
    pub(super) fn next(&mut self, now: Now) -> Option<Run> {
        if self.under_way() >= MOST_UNDER_WAY {
            return None;
        }
        for desk in self.desks.values_mut() {
            let late = u32::try_from(desk.drop_late(now)).unwrap_or(u32::MAX);
            self.too_late = self.too_late.saturating_add(late);
        }
        // Who has least under way goes first, so that nobody waits for an action that hangs.
        let mut desks: Vec<&mut Desk> = self
            .desks
            .values_mut()
            .chain(&mut self.retired)
            .filter(|desk| desk.has_more(now))
            .collect();
        desks.sort_by_key(|desk| desk.under_way());
        let (desk, next) = desks
            .into_iter()
            .find_map(|desk| desk.next(now).map(|next| (desk, next)))?;
        let (run, note) = begin(desk, next, now);
        self.notes.extend(note);
        Some(run)
    }

    /// What has to be on the disk before anything else is begun.
    pub(super) fn take_notes(&mut self) -> Vec<Note> {
        core::mem::take(&mut self.notes)
    }

    /// How many waited for too long since this was last asked.
    pub(super) const fn take_too_late(&mut self) -> u32 {
        core::mem::replace(&mut self.too_late, 0)
    }

    /// A run is over.
    pub(super) fn ended(&mut self, run: &Run, outcome: Outcome) {
        let mut desks = self.desks.values_mut().chain(&mut self.retired);
        if let Some(desk) = desks.find(|desk| desk.number == run.desk) {
            if desk.end(run, outcome) {
                self.notes
                    .push(Note::Over(stop_key(&run.action.name, &run.key)));
            }
            if self.is_ending && outcome == Outcome::Unstarted {
                // It is remembered, and tried again by the next life.
                desk.rest();
            }
        }
        self.retired.retain(|desk| !desk.is_empty());
    }

    /// Nothing is asked for any more: what waits is dropped, and only stops for which the plan says so
    /// still run, now. The others are remembered. Says how much was dropped.
    pub(super) fn end(&mut self, now: Now) -> usize {
        self.is_ending = true;
        let mut dropped = 0_usize;
        for desk in self.desks.values_mut() {
            dropped = dropped.saturating_add(desk.drop_waiting());
            if desk.action.stop_at_shutdown {
                desk.hurry_all(now);
            } else {
                desk.rest();
            }
        }
        dropped
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_over(&self, now: Now) -> bool {
        let mut desks = self.desks.values().chain(&self.retired);
        self.is_ending && desks.all(|desk| desk.under_way() == 0 && !desk.has_more(now))
    }

    /// When the next stop is due.
    pub(super) fn next_deadline(&self, now: Now) -> Option<Instant> {
        let desks = self.desks.values().chain(&self.retired);
        desks.filter_map(|desk| desk.next_due(now)).min()
    }

    fn adopt_orphans(&mut self, now: Now) {
        for stop in core::mem::take(&mut self.orphans) {
            let desk = self
                .desks
                .get_mut(&stop.key.action)
                .filter(|desk| desk.action.has_stop(stop.key.address));
            let Some(desk) = desk else {
                self.orphans.push(stop);
                continue;
            };
            let (key, pending) = pending(stop, now);
            desk.adopt(key, pending);
        }
    }

    fn under_way(&self) -> usize {
        let desks = self.desks.values().chain(&self.retired);
        desks.map(Desk::under_way).fold(0, usize::saturating_add)
    }

    fn waiting(&self) -> usize {
        let desks = self.desks.values();
        desks.map(Desk::waiting).fold(0, usize::saturating_add)
    }

    fn stops(&self) -> usize {
        let desks = self.desks.values().chain(&self.retired);
        desks
            .map(Desk::stops)
            .fold(self.orphans.len(), usize::saturating_add)
    }
}

/// What a desk hands out as a run, and what has to be written down before it begins.
fn begin(desk: &mut Desk, next: Next, now: Now) -> (Run, Option<Note>) {
    let action = Arc::clone(&desk.action);
    let desk_number = desk.number;
    match next {
        Next::Stop(key, pending) => {
            let run = Run {
                desk: desk_number,
                action,
                part: Part::Stop,
                key,
                client: pending.client,
                seconds: pending.seconds,
                text: None,
            };
            (run, None)
        }
        Next::Start(waiting) => {
            let has_stop = action.has_stop(waiting.key.address);
            let note = waiting.until.filter(|_| has_stop).map(|at| {
                let pending = desk.begin(&waiting, at);
                due(&action.name, &waiting.key, &pending, now)
            });
            let run = Run {
                desk: desk_number,
                action,
                part: note.as_ref().map_or(Part::Alone, |_| Part::Start),
                key: waiting.key,
                client: waiting.client,
                seconds: waiting.seconds,
                text: waiting.text,
            };
            (run, note)
        }
    }
}

fn has_any_stop(action: &Action) -> bool {
    action.stop.is_some() || action.stop_six.is_some()
}

/// How many starts and messages wait at most.
const MOST_WAITING: usize = 1024;
/// How many of one action: one that hangs leaves the others their place.
const MOST_WAITING_OF_ONE: usize = 512;
/// How many processes of ours there are at most; each has three descriptors.
const MOST_UNDER_WAY: usize = 128;
