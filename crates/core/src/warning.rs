//! What the administrator should know before somebody stands in front of a closed door.

use nightlatch_ticket::UnixTime;

use crate::{Gatekeeper, Method, Now, Timed};

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
        "a list of one-time sequences has 5 lines left or fewer\n  write more lines and hand them out"
    )]
    LinesRunningOut,
    /// Nobody gets in by this list any more.
    #[error("a list of one-time sequences is used up\n  write new lines and hand them out")]
    LinesUsedUp,
    /// The clock was later once: until it has caught up nobody gets in by this secret.
    #[error(
        "a time-based sequence was used later than the clock says it is\n  check the clock; if it is right now, make a new secret or wait"
    )]
    StepsAhead,
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

impl Gatekeeper {
    /// What the administrator should know.
    pub fn warnings(&self, now: Now) -> impl Iterator<Item = Warning> {
        [
            (now.unix < UNSET_BEFORE).then_some(Warning::ClockUnset),
            self.durable.is_ahead(now).then_some(Warning::ClockBehind),
            self.ledger.is_full().then_some(Warning::GrantsFull),
            self.any_lines_left(|left| (1..=FEW_LINES).contains(&left))
                .then_some(Warning::LinesRunningOut),
            self.any_lines_left(|left| left == 0)
                .then_some(Warning::LinesUsedUp),
            self.any_timed(|timed| self.spent.is_ahead(timed, now))
                .then_some(Warning::StepsAhead),
            (self.forgotten.is_some() && self.any_lines_left(|left| left > 0))
                .then_some(Warning::LinesForgotten),
            self.any_timed(|timed| self.waits_for_steps(timed, now))
                .then_some(Warning::StepsForgotten),
        ]
        .into_iter()
        .flatten()
    }

    fn any_lines_left(&self, is_meant: impl Fn(usize) -> bool) -> bool {
        let mut left = self
            .policy
            .numbered()
            .filter_map(|(id, _)| self.lines_left(id));
        left.any(is_meant)
    }

    /// Whether no step counts because nobody knows which were used.
    fn waits_for_steps(&self, timed: &Timed, now: Now) -> bool {
        let wait = timed.every.saturating_mul(2);
        let waits = |since| now.monotonic.saturating_since(since) < wait;
        self.forgotten.is_some_and(waits) && self.spent.is_used_up(timed, now)
    }

    fn any_timed(&self, is_meant: impl Fn(&Timed) -> bool) -> bool {
        let sequences = self.policy.sequences().iter();
        let mut methods = sequences.map(|sequence| &sequence.method);
        methods.any(|method| matches!(method, Method::Timed(timed) if is_meant(timed)))
    }
}

/// The beginning of 2020: a clock that says less was never set.
const UNSET_BEFORE: UnixTime = UnixTime::from_secs(1_577_836_800);
/// Some days' worth for most people.
const FEW_LINES: usize = 5;
