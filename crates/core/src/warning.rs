//! What the administrator should know before somebody stands in front of a closed door.

use nightlatch_ticket::UnixTime;

use crate::{Gatekeeper, Method, Now, SequenceId, Timed};

/// What the administrator should know, and what a status shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Warning {
    /// The clock was never set. Clients still get in, by taking our time from a recovery answer.
    #[error(
        "the clock is before 2020\n  set it: until then every client needs a second knock to get in"
    )]
    ClockUnset,
    /// The clock went back, or ran ahead before: each knock waits for the disk now.
    #[error(
        "clients are recorded further ahead than the clock\n  check the clock: each knock waits for the disk until it has caught up"
    )]
    ClockBehind,
    /// Nobody new gets in until a grant ends.
    #[error(
        "there are as many grants as the limits allow\n  raise limits.grants, or find out who takes so many"
    )]
    GrantsFull,
    /// Somebody who has the list will soon have nothing left to knock with.
    #[error(
        "this list of one-time sequences has 5 lines left or fewer\n  write more lines and hand them out"
    )]
    LinesRunningOut(SequenceId),
    /// Nobody gets in by this list any more.
    #[error("this list of one-time sequences is used up\n  write new lines and hand them out")]
    LinesUsedUp(SequenceId),
    /// The clock was later once: until it has caught up nobody gets in by this secret.
    #[error(
        "this time-based sequence was used later than the clock says it is\n  check the clock; if it is right now, make a new secret or wait"
    )]
    StepsAhead(SequenceId),
    /// A line that was used before the state was lost opens once more.
    #[error(
        "the state folder remembers nothing: lines of one-time lists that were used before count again\n  unless this is the first start, take the used ones out of the file and reload"
    )]
    LinesForgotten,
    /// A step that was used before the state was lost must not open once more.
    #[error(
        "the state folder remembers nothing: time-based sequences open nothing for two of their periods at most\n  wait, then use the ports of that time"
    )]
    StepsForgotten,
}

impl Warning {
    /// The sequence that it is about, where it is about one: its name belongs in front of the words.
    pub const fn sequence(self) -> Option<SequenceId> {
        match self {
            Self::LinesRunningOut(id) | Self::LinesUsedUp(id) | Self::StepsAhead(id) => Some(id),
            Self::ClockUnset
            | Self::ClockBehind
            | Self::GrantsFull
            | Self::LinesForgotten
            | Self::StepsForgotten => None,
        }
    }
}

impl Gatekeeper {
    /// What the administrator should know.
    pub fn warnings(&self, now: Now) -> impl Iterator<Item = Warning> {
        let general = [
            (now.unix < UNSET_BEFORE).then_some(Warning::ClockUnset),
            self.durable.is_ahead(now).then_some(Warning::ClockBehind),
            self.ledger.is_full().then_some(Warning::GrantsFull),
            self.forgets_lines().then_some(Warning::LinesForgotten),
            self.waits_for_steps(now).then_some(Warning::StepsForgotten),
        ];
        let sequences = self.policy.numbered();
        let special = sequences.filter_map(move |(id, sequence)| match &sequence.method {
            Method::Plain(_) => None,
            Method::OneTime(lines) => match self.spent.left(lines) {
                0 => Some(Warning::LinesUsedUp(id)),
                1..=FEW_LINES => Some(Warning::LinesRunningOut(id)),
                _ => None,
            },
            Method::Timed(timed) => self
                .spent
                .is_ahead(timed, now)
                .then_some(Warning::StepsAhead(id)),
        });
        general.into_iter().flatten().chain(special)
    }

    /// Whether there are lines of which nobody knows whether they were used.
    fn forgets_lines(&self) -> bool {
        let mut ids = self.policy.numbered().map(|(id, _)| id);
        self.forgotten.is_some() && ids.any(|id| self.lines_left(id).is_some_and(|left| left > 0))
    }

    /// Whether no step counts because nobody knows which were used.
    fn waits_for_steps(&self, now: Now) -> bool {
        let Some(since) = self.forgotten else {
            return false;
        };
        let waits = |timed: &Timed| {
            let wait = timed.every.saturating_mul(2);
            now.monotonic.saturating_since(since) < wait && self.spent.is_used_up(timed, now)
        };
        let mut methods = self.policy.sequences().iter().map(|one| &one.method);
        methods.any(|method| matches!(method, Method::Timed(timed) if waits(timed)))
    }
}

/// The beginning of 2020: a clock that says less was never set.
const UNSET_BEFORE: UnixTime = UnixTime::from_secs(1_577_836_800);
/// Some days' worth for most people.
const FEW_LINES: usize = 5;
