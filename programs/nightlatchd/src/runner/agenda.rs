//! The agenda: what is to be run, and when. It runs nothing itself, and knows no clock.

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::Arc;

use nightlatch_core::{Instant, Now};

use super::dates::{due, pending, stop_key};
use super::desk::Desk;
use super::run::{Key, Outcome, Part, Run};
use super::stops::{MOST_STOPS, Note, Stop};
use super::waiting::{Next, Renewal, Waiting};
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
                let sooner = desk.stop(&key, now);
                let name = &desk.action.name;
                self.notes
                    .extend(sooner.map(|pending| due(name, &key, &pending, now)));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    use nightlatch_ticket::UnixTime;
    use proptest::prelude::*;

    use super::super::stops::StopKey;
    use super::*;
    use crate::errand::{Command, Doer};

    fn action(name: &str, at_most: u16, stop: Option<&str>) -> Action {
        Action {
            name: Name::of(name),
            start: Command::Shell("start".to_owned()),
            stop: stop.map(|line| Command::Shell(line.to_owned())),
            start_six: None,
            stop_six: None,
            user: Doer { user: 1, group: 1 },
            timeout: Duration::from_secs(10),
            at_most,
            stop_at_shutdown: false,
        }
    }

    fn at(millis: u64) -> Now {
        Now {
            monotonic: Instant::from_duration(Duration::from_millis(millis)),
            unix: UnixTime::from_nanos(millis.saturating_mul(1_000_000)),
        }
    }

    fn start(address: u32, seconds: u64) -> Errand {
        let address = IpAddr::from(address.to_be_bytes());
        Errand::start(0, address, "alice", "ssh", Duration::from_secs(seconds))
    }

    fn paired(at_most: u16) -> Vec<Action> {
        vec![action("paired", at_most, Some("stop"))]
    }

    #[test]
    fn no_more_waits_than_there_is_room_for() {
        let actions = ["a", "b", "c"].map(|name| action(name, 1, None));
        let mut agenda = Agenda::new(actions.to_vec(), Vec::new(), at(0));
        let mut taken = [0; 3];
        for (number, taken) in (0..).zip(&mut taken) {
            for address in 0..2000 {
                let errand = Errand {
                    action: number,
                    ..start(address, 60)
                };
                *taken += usize::from(agenda.ask(errand, at(0)) == Asked::Taken);
            }
        }
        assert_eq!(taken, [MOST_WAITING_OF_ONE, MOST_WAITING_OF_ONE, 0]);
    }

    #[test]
    fn no_more_is_begun_than_there_may_be_stops() {
        let mut agenda = Agenda::new(paired(1000), Vec::new(), at(0));
        let mut begun = 0;
        for address in 0..70_000 {
            agenda.ask(start(address, 3600), at(0));
            while let Some(run) = agenda.next(at(0)) {
                begun += 1;
                agenda.ended(&run, Outcome::Done);
            }
            agenda.take_notes();
        }
        assert_eq!(begun, MOST_STOPS);
        // And who has a place is always renewed.
        assert_eq!(agenda.ask(start(5, 7200), at(1)), Asked::Taken);
    }

    #[test]
    fn no_more_runs_than_there_may_be_processes_and_all_actions_have_their_turn() {
        let actions = ["a", "b", "c"].map(|name| action(name, 1000, None));
        let mut agenda = Agenda::new(actions.to_vec(), Vec::new(), at(0));
        for address in 0..300 {
            for action in 0..3 {
                let errand = Errand {
                    action,
                    ..start(address, 60)
                };
                agenda.ask(errand, at(0));
            }
        }
        let runs: Vec<Run> = core::iter::from_fn(|| agenda.next(at(0))).collect();
        assert_eq!(runs.len(), MOST_UNDER_WAY);
        for name in ["a", "b", "c"] {
            let of_one = runs.iter().filter(|run| run.action.name.as_str() == name);
            assert!(of_one.count() >= MOST_UNDER_WAY / 3);
        }
    }

    #[test]
    fn a_stop_that_the_system_had_no_process_for_is_tried_again() {
        let mut agenda = Agenda::new(paired(1), Vec::new(), at(0));
        agenda.ask(start(1, 1), at(0));
        let run = agenda.next(at(0)).unwrap();
        agenda.ended(&run, Outcome::Done);
        for _ in 0..3 {
            let stop = agenda.next(at(2000)).unwrap();
            assert_eq!(stop.part, Part::Stop);
            agenda.ended(&stop, Outcome::Unstarted);
        }
        let stop = agenda.next(at(2000)).unwrap();
        agenda.ended(&stop, Outcome::TimedOut);
        assert_eq!(agenda.next(at(2000)), None);
    }

    #[test]
    fn a_start_that_the_system_had_no_process_for_leaves_nothing_to_undo() {
        let mut agenda = Agenda::new(paired(1), Vec::new(), at(0));
        agenda.ask(start(1, 1), at(0));
        let run = agenda.next(at(0)).unwrap();
        agenda.ended(&run, Outcome::Unstarted);
        let [Note::Due(_), Note::Over(_)] = agenda.take_notes()[..] else {
            panic!("it is remembered");
        };
        assert_eq!(agenda.next(at(2000)), None);
        agenda.ask(start(1, 1), at(2000));
        assert_eq!(agenda.next(at(2000)).unwrap().part, Part::Start);
    }

    #[test]
    fn an_early_end_is_on_the_disk_even_while_nothing_can_run() {
        let mut agenda = Agenda::new(paired(1), Vec::new(), at(0));
        agenda.ask(start(1, 60), at(0));
        agenda.next(at(0)).unwrap();
        agenda.take_notes();
        let address = IpAddr::from([0, 0, 0, 1]);
        agenda.ask(Errand::stop(0, address, "alice", "ssh"), at(5000));
        let [Note::Due(stop)] = &agenda.take_notes()[..] else {
            panic!("it is not noted");
        };
        assert_eq!(stop.at, at(5000).unix);
    }

    #[test]
    fn a_shorter_renewal_takes_nothing_away_from_whoever_else_is_there() {
        let mut agenda = Agenda::new(paired(1), Vec::new(), at(0));
        agenda.ask(start(1, 60), at(0));
        let run = agenda.next(at(0)).unwrap();
        agenda.ended(&run, Outcome::Done);
        agenda.ask(start(1, 1), at(0));
        assert_eq!(agenda.next_deadline(at(0)), Some(at(60_000).monotonic));
    }

    /// One thing that happens.
    #[derive(Clone, Debug)]
    enum Happening {
        Start(u32, u64),
        Stop(u32),
        Tell(u32),
        Wait(u64),
        End(usize, Outcome),
        Replan(bool),
        Crash,
    }

    fn happening() -> impl Strategy<Value = Happening> {
        let outcome = prop_oneof![
            4 => Just(Outcome::Done),
            1 => Just(Outcome::Failed(1)),
            1 => Just(Outcome::TimedOut),
            1 => Just(Outcome::Unstarted),
        ];
        prop_oneof![
            4 => (0..3_u32, 1..5_u64).prop_map(|(address, seconds)| Happening::Start(address, seconds)),
            2 => (0..3_u32).prop_map(Happening::Stop),
            1 => (0..3_u32).prop_map(Happening::Tell),
            3 => (0..3000_u64).prop_map(Happening::Wait),
            6 => (any::<usize>(), outcome).prop_map(|(place, outcome)| Happening::End(place, outcome)),
            1 => any::<bool>().prop_map(Happening::Replan),
            1 => Just(Happening::Crash),
        ]
    }

    /// The world as it really is: what was done and not undone, what runs, what the disk knows.
    #[derive(Default)]
    struct World {
        done: BTreeSet<Key>,
        running: Vec<Run>,
        disk: BTreeMap<StopKey, Stop>,
    }

    impl World {
        fn write(&mut self, notes: Vec<Note>) {
            for note in notes {
                match note {
                    Note::Due(stop) => drop(self.disk.insert(stop.key.clone(), stop)),
                    Note::Over(key) => drop(self.disk.remove(&key)),
                }
            }
        }

        fn knows(&self, key: &Key) -> bool {
            self.disk.contains_key(&stop_key(&Name::of("paired"), key))
        }

        fn begin(&mut self, agenda: &mut Agenda, now: Now) {
            while let Some(run) = agenda.next(now) {
                self.write(agenda.take_notes());
                self.check(&run);
                self.running.push(run);
                assert!(self.running.len() <= 2, "too many at once");
            }
            self.write(agenda.take_notes());
        }

        fn check(&mut self, run: &Run) {
            if run.part == Part::Alone {
                return;
            }
            let mut others = self.running.iter().filter(|run| run.part != Part::Alone);
            assert!(
                others.all(|other| other.key != run.key),
                "two at once: {run:?}"
            );
            assert!(self.knows(&run.key), "not on the disk: {run:?}");
            let is_new = run.part == Part::Stop || self.done.insert(run.key.clone());
            assert!(is_new, "twice: {run:?}");
        }

        fn end(&mut self, agenda: &mut Agenda, place: usize, outcome: Outcome) {
            if self.running.is_empty() {
                return;
            }
            let place = place.checked_rem(self.running.len()).unwrap();
            let run = self.running.remove(place);
            if run.part == Part::Stop && outcome != Outcome::Unstarted
                || run.part == Part::Start && outcome == Outcome::Unstarted
            {
                self.done.remove(&run.key);
            }
            agenda.ended(&run, outcome);
            self.write(agenda.take_notes());
        }
    }

    proptest! {
        #[test]
        fn whatever_happens_all_that_is_done_is_undone_in_turn(
            happenings in proptest::collection::vec(happening(), 0..60)
        ) {
            let mut world = World::default();
            let mut agenda = Agenda::new(paired(2), Vec::new(), at(0));
            let mut millis = 0;
            for happening in happenings {
                let now = at(millis);
                match happening {
                    Happening::Start(address, seconds) => {
                        agenda.ask(start(address, seconds), now);
                    }
                    Happening::Stop(address) => {
                        let address = IpAddr::from(address.to_be_bytes());
                        agenda.ask(Errand::stop(0, address, "alice", "ssh"), now);
                    }
                    Happening::Tell(address) => {
                        let address = IpAddr::from(address.to_be_bytes());
                        agenda.ask(Errand::tell(0, address, "alice", b"text"), now);
                    }
                    Happening::Wait(length) => millis = millis.saturating_add(length),
                    Happening::End(place, outcome) => world.end(&mut agenda, place, outcome),
                    Happening::Replan(keeps_it) => {
                        let actions = if keeps_it { paired(2) } else { Vec::new() };
                        agenda.replan(actions, now);
                        world.begin(&mut agenda, now);
                        agenda.replan(paired(2), now);
                        if !keeps_it {
                            // What it stops as the old plan says, it stops before anybody comes back.
                            while !world.running.is_empty() {
                                world.end(&mut agenda, 0, Outcome::Done);
                                world.begin(&mut agenda, now);
                            }
                        }
                    }
                    Happening::Crash => {
                        world.running.clear();
                        let remembered = world.disk.values().cloned().collect();
                        agenda = Agenda::new(paired(2), remembered, now);
                    }
                }
                world.begin(&mut agenda, at(millis));
            }
            let late = at(millis.saturating_add(100_000));
            world.begin(&mut agenda, late);
            while !world.running.is_empty() {
                world.end(&mut agenda, 0, Outcome::Done);
                world.begin(&mut agenda, late);
            }
            prop_assert_eq!(&world.done, &BTreeSet::new());
            prop_assert!(world.disk.is_empty());
        }
    }
}
