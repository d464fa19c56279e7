//! What the listener is to watch for now, and when that changes.

use alloc::vec::Vec;
use core::hash::Hasher;
use core::time::Duration;

use nightlatch_ticket::TimeStep;
use siphasher::sip::SipHasher13;

use crate::{
    Gatekeeper, Instant, Method, Now, Policy, Protocol, Sequence, SequenceId, Step, Timed, Variant,
};

/// How often what is watched for has changed, and when time changes it next.
pub(crate) struct Changing {
    changes: u64,
    next_step: Option<Instant>,
}

impl Changing {
    pub(crate) fn new(policy: &Policy, now: Now) -> Self {
        let mut changing = Self {
            changes: 0,
            next_step: None,
        };
        changing.tend(policy, now);
        changing
    }

    /// Notes that something else than time changed it.
    pub(crate) const fn change(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    /// Finds out when the next time step begins: by the clock, which may have been set since.
    pub(crate) fn tend(&mut self, policy: &Policy, now: Now) {
        let rests = timed(policy).map(|timed| until_next_step(timed, now));
        self.next_step = rests.min().map(|rest| now.monotonic.saturating_add(rest));
    }

    /// When the next time step begins.
    pub(crate) const fn next_step(&self) -> Option<Instant> {
        self.next_step
    }
}

impl Gatekeeper {
    /// What the listener is to watch for now, in the order of the sequences.
    pub fn variants(&self, now: Now) -> Vec<Variant> {
        let sequences = self.policy.numbered();
        sequences
            .flat_map(|(id, sequence)| self.variants_of(id, sequence, now))
            .collect()
    }

    /// Another number whenever [`Gatekeeper::variants`] is another list.
    pub fn variants_generation(&self, now: Now) -> u64 {
        let mut hasher = SipHasher13::new();
        hasher.write_u64(self.changing.changes);
        for timed in timed(&self.policy) {
            hasher.write_u64(step_at(timed, now).0);
        }
        hasher.finish()
    }

    /// How many lines of a list can still be used; none if the sequence has no lines.
    pub fn lines_left(&self, id: SequenceId) -> Option<usize> {
        match &self.policy.sequence(id)?.method {
            Method::OneTime(lines) => Some(self.spent.left(lines)),
            Method::Plain(_) | Method::Timed(_) => None,
        }
    }

    fn variants_of(&self, id: SequenceId, sequence: &Sequence, now: Now) -> Vec<Variant> {
        let variant = |number, steps| Variant {
            sequence: id,
            number,
            steps,
            within: sequence.within,
        };
        match &sequence.method {
            Method::Plain(steps) => alloc::vec![variant(0, steps.clone())],
            Method::OneTime(lines) => {
                let turn = self.spent.turn(id, lines).into_iter();
                turn.filter_map(|(place, line)| {
                    Some(variant(place.try_into().ok()?, line.steps.clone()))
                })
                .collect()
            }
            Method::Timed(timed) => {
                let steps = self.spent.steps(timed, now);
                steps
                    .map(|step| variant(step, steps_of(timed, TimeStep(step))))
                    .collect()
            }
        }
    }
}

fn timed(policy: &Policy) -> impl Iterator<Item = &Timed> {
    policy
        .sequences()
        .iter()
        .filter_map(|sequence| match &sequence.method {
            Method::Timed(timed) => Some(timed),
            Method::Plain(_) | Method::OneTime(_) => None,
        })
}

fn step_at(timed: &Timed, now: Now) -> TimeStep {
    TimeStep::at(now.unix, timed.every.as_secs())
}

fn steps_of(timed: &Timed, step: TimeStep) -> Vec<Step> {
    let ports = timed.secret.ports(step, timed.steps, timed.span);
    let to_step = |port| match timed.protocol {
        Protocol::Tcp => Step::tcp(port),
        Protocol::Udp => Step::udp(port),
    };
    ports.into_iter().map(to_step).collect()
}

fn until_next_step(timed: &Timed, now: Now) -> Duration {
    let period = timed.every.as_nanos();
    let passed = u128::from(now.unix.as_nanos()).checked_rem(period);
    let rest = period.saturating_sub(passed.unwrap_or_default());
    Duration::from_nanos(u64::try_from(rest).unwrap_or(u64::MAX))
}
