//! Knocking at a host in all its families: a later connection may use either.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};
use std::time::Duration;

use nightlatch_ticket::{Attempt, Counter};

use super::visit::{Errand, Visit, visit};
use super::{Means, Recollection, Route};
use crate::randomness::Randomness;

/// How many of a host's families are knocked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breadth {
    /// All of them.
    Every,
    /// One after the other until the door is open in one.
    First,
    /// One when the other has come to nothing: what is told shall not be told twice.
    Once,
}

/// Knocks in one family after the other, each with a head start, and keeps what was learnt.
///
/// One at a time where the server answers, so that the counters arrive in their order. Where it is
/// silent, the next family does not wait for the end of that silence: many hosts have an IPv6
/// address that leads nowhere.
pub fn everywhere(
    errand: Errand<'_>,
    routes: &[Route],
    breadth: Breadth,
    recollection: &mut Recollection,
    rng: Randomness,
) -> Vec<Visit> {
    let enough = AtomicBool::new(false);
    let mut visits = thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let mut round = Round {
            recollection,
            visits: Vec::new(),
            begun: 0,
            told,
        };
        for route in routes {
            let known = round.known(errand);
            round.begun = round.begun.saturating_add(1);
            go(
                scope,
                tell.clone(),
                Trip {
                    errand,
                    route,
                    known,
                    enough: &enough,
                    rng,
                },
            );
            round.take_within(head_start(errand, breadth));
            if round.is_enough(breadth) {
                break;
            }
        }
        drop(tell);
        round.take_rest();
        round.visits
    });
    visits.sort_by_key(|visit| routes.iter().position(|route| route.family == visit.family));
    visits
}

struct Trip<'a> {
    errand: Errand<'a>,
    route: &'a Route,
    known: Recollection,
    enough: &'a AtomicBool,
    rng: Randomness,
}

fn go<'scope>(scope: &'scope Scope<'scope, '_>, tell: Sender<Visit>, mut trip: Trip<'scope>) {
    let travel = move || {
        let Trip {
            errand,
            route,
            known,
            enough,
            rng,
        } = &mut trip;
        if let Some(visit) = visit(*errand, route, known, enough, rng) {
            enough.fetch_or(visit.is_open(), Ordering::Relaxed);
            // The other end waits until all of us are back.
            let _ = tell.send(visit);
        }
    };
    // Where the system gives no thread there is no visit: the caller sees it missing.
    let _ = thread::Builder::new().spawn_scoped(scope, travel);
}

/// What is known so far.
struct Round<'a> {
    recollection: &'a mut Recollection,
    visits: Vec<Visit>,
    begun: usize,
    told: Receiver<Visit>,
}

impl Round<'_> {
    /// What the next family begins with.
    fn known(&self, errand: Errand<'_>) -> Recollection {
        if self.visits.len() == self.begun {
            return self.recollection.clone();
        }
        // Somebody is still out with counters that start at the clock or at the last one used:
        // leave room for all of his.
        let (above, time) = self.recollection.above_and(errand.clock.unix());
        let room = u64::try_from(Attempt::MOST_SENDS.saturating_mul(4)).unwrap_or(u64::MAX);
        let taken = Counter::following(above, time).0.saturating_add(room);
        self.recollection.beyond(Counter(taken))
    }

    fn is_enough(&self, breadth: Breadth) -> bool {
        let mut visits = self.visits.iter();
        match breadth {
            Breadth::Every => false,
            Breadth::First => visits.any(Visit::is_open),
            Breadth::Once => visits.any(|visit| visit.done().is_some()),
        }
    }

    fn take_within(&mut self, time: Duration) {
        // Too late is not lost: it is taken later.
        if let Ok(visit) = self.told.recv_timeout(time) {
            self.take(visit);
        }
    }

    fn take_rest(&mut self) {
        while let Ok(visit) = self.told.recv() {
            self.take(visit);
        }
    }

    fn take(&mut self, visit: Visit) {
        if let Ok(knocked) = &visit.end {
            self.recollection
                .learn(knocked.local, knocked.before, knocked.after);
        }
        self.visits.push(visit);
    }
}

/// How long one family is waited for before the next begins.
fn head_start(errand: Errand<'_>, breadth: Breadth) -> Duration {
    match (breadth, errand.method.means()) {
        (Breadth::Once, _) => END,
        (_, Means::Ticket) => HEAD_START,
        // Ports are never touched over both at once: a counter that is overtaken counts for nothing.
        (_, Means::Sequence) => errand
            .method
            .sending()
            .saturating_mul(2)
            .saturating_add(HEAD_START),
    }
}

/// Longer than the most patient attempt takes.
const END: Duration = Duration::from_mins(2);

/// As long as RFC 8305 gives the first family before it tries the next.
const HEAD_START: Duration = Duration::from_millis(250);
