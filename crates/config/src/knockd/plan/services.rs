//! Which services the doors open, and which doors close them.

use nightlatch_core::PortRange;

use super::{
    candidate::Candidate,
    deed::{Deed, Lasts, Opening},
    halves::Halves,
    names::{self, Names},
};
use crate::knockd::{
    Commands,
    reading::{Key, Lines, atoi},
};

/// A service that doors open.
pub(super) struct Service {
    pub(super) name: String,
    pub(super) ports: Vec<PortRange>,
    /// For how long, in seconds.
    pub(super) lasts: i64,
    /// What is run, if anything.
    pub(super) runs: Option<Halves>,
    /// The door under which it is written.
    pub(super) door: usize,
    /// The door that closes it.
    pub(super) closer: Option<usize>,
}

/// What a door's sequence is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    Opens(usize),
    Closes(usize),
}

/// All services, and the aim of each door that is kept.
pub(super) struct Services {
    pub(super) services: Vec<Service>,
    pub(super) aims: Vec<Option<Aim>>,
}

impl Services {
    /// Finds out what belongs together. A door that closes what nobody opens runs its command.
    pub(super) fn of(candidates: &mut [Candidate<'_>], commands: Commands, lines: &Lines) -> Self {
        let mut counter = Counter {
            book: Self {
                services: Vec::new(),
                aims: vec![None; candidates.len()],
            },
            names: Names::default(),
            commands,
            lines,
        };
        let is_kept = |candidate: &Candidate<'_>| candidate.left.is_none();
        for (door, candidate) in candidates.iter().enumerate() {
            if is_kept(candidate)
                && let Deed::Open(opening) = &candidate.deed
            {
                counter.open(door, candidate, opening);
            }
        }
        for (door, candidate) in candidates.iter_mut().enumerate() {
            if is_kept(candidate)
                && let Deed::Close(ports) = &candidate.deed
            {
                match counter.book.closed_by(ports, &candidate.door.name) {
                    Some(service) => counter.book.close(door, service, candidate),
                    None => candidate.run_instead(),
                }
            }
        }
        for (door, candidate) in candidates.iter().enumerate() {
            if is_kept(candidate) && matches!(candidate.deed, Deed::Run(_) | Deed::Log) {
                counter.run(door, candidate);
            }
        }
        counter.book
    }

    /// The service that a door opens or runs.
    pub(super) fn written_under(&self, door: usize) -> Option<&Service> {
        self.services.iter().find(|service| service.door == door)
    }

    fn close(&mut self, door: usize, place: usize, candidate: &Candidate<'_>) {
        self.aim(door, Aim::Closes(place));
        let Some(service) = self.services.get_mut(place) else {
            return;
        };
        service.closer.get_or_insert(door);
        // What the closing door would have run undoes what was started.
        if let Some(runs) = &mut service.runs {
            let undo = &candidate.halves;
            for (half, undo) in [(&mut runs.four, &undo.four), (&mut runs.six, &undo.six)] {
                half.stop = half.stop.take().or_else(|| undo.start.clone());
            }
        }
    }

    fn aim(&mut self, door: usize, aim: Aim) {
        if let Some(place) = self.aims.get_mut(door) {
            *place = Some(aim);
        }
    }

    /// What a door closes: the same ports, those that nothing else closes first; then any that it covers.
    fn closed_by(&self, ports: &[PortRange], door: &str) -> Option<usize> {
        let name = names::closed(door);
        let rank = |service: &Service| {
            let fits = match ports {
                [] => service.name == name,
                _ => service.ports == ports,
            };
            // What looks up by itself what was opened can mean one service only if there is but one.
            let covers = service.ports.iter().any(|port| ports.contains(port))
                || ports.is_empty() && self.services.len() == 1;
            let is_open_ended = service.lasts == UNTIL_CLOSED;
            match (fits, covers) {
                (true, _) => Some((2, is_open_ended)),
                (false, true) => Some((1, is_open_ended)),
                (false, false) => None,
            }
        };
        let ranked = self.services.iter().enumerate().rev();
        let best = ranked.filter_map(|(place, service)| Some((rank(service)?, place)));
        best.max_by_key(|(rank, _)| *rank).map(|(_, place)| place)
    }
}

/// Where services come about.
struct Counter<'l> {
    book: Services,
    names: Names,
    commands: Commands,
    lines: &'l Lines,
}

impl Counter<'_> {
    fn open(&mut self, door: usize, candidate: &Candidate<'_>, opening: &Opening) {
        let lasts = match opening.lasts {
            Lasts::UntilStop => seconds_open(candidate, self.lines),
            Lasts::Seconds(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX).clamp(1, LONGEST),
            Lasts::UntilClosed => UNTIL_CLOSED,
        };
        let runs = match self.commands {
            Commands::BecomeGrants => None,
            Commands::RunAsWell => Some(candidate.halves.clone()),
        };
        let services = &self.book.services;
        let known = services.iter().position(|service| {
            service.ports == opening.ports && service.lasts == lasts && service.runs == runs
        });
        if let Some(service) = known {
            self.book.aim(door, Aim::Opens(service));
            return;
        }
        let service = Service {
            name: self.names.unique(&names::opened(&candidate.door.name)),
            ports: opening.ports.clone(),
            lasts,
            runs,
            door,
            closer: None,
        };
        self.add(service);
    }

    fn run(&mut self, door: usize, candidate: &Candidate<'_>) {
        let lasts = match candidate.halves.stops().next() {
            Some(_) => seconds_open(candidate, self.lines),
            None => 1,
        };
        let service = Service {
            name: self.names.unique(&names::opened(&candidate.door.name)),
            ports: Vec::new(),
            lasts,
            runs: Some(candidate.halves.clone()),
            door,
            closer: None,
        };
        self.add(service);
    }

    fn add(&mut self, service: Service) {
        let place = self.book.services.len();
        self.book.aim(service.door, Aim::Opens(place));
        self.book.services.push(service);
    }
}

/// How long a door stays open that has a stop command; knockd takes less than nothing for ever.
fn seconds_open(candidate: &Candidate<'_>, lines: &Lines) -> i64 {
    match cmd_timeout(candidate, lines) {
        ..0 => LONGEST,
        seconds => seconds.clamp(1, LONGEST),
    }
}

/// What knockd understands.
pub(super) fn cmd_timeout(candidate: &Candidate<'_>, lines: &Lines) -> i64 {
    let said = candidate.door.last(Key::CmdTimeout);
    said.map_or(10, |said| i64::from(atoi(lines.text(&said.value))))
}

/// Half a day: long enough for a day's work after one more knock, and not for ever.
pub(super) const UNTIL_CLOSED: i64 = 12 * 3600;

/// Thirty days, the most that a service may last.
pub(super) const LONGEST: i64 = 30 * 24 * 3600;
