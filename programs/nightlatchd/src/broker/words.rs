//! Words: what became of a knock, as the log and `status` name it. Stable, since people search for them.

use nightlatch_core::{Method, Verdict};
use nightlatch_ticket::Status;

use crate::log::NOT_OPEN;

/// What the kernel made of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// It did it, or there was nothing to do.
    Out,
    /// It refused.
    Refused,
}

impl Carried {
    /// Both of two.
    pub(crate) const fn and(self, other: Self) -> Self {
        match self {
            Self::Out => other,
            Self::Refused => self,
        }
    }
}

/// The verdict's name, by what became of it.
pub(crate) const fn of_verdict(verdict: &Verdict, carried: Carried) -> &'static str {
    match (verdict, carried) {
        (Verdict::Grant(_) | Verdict::Close(_), Carried::Refused) => of_answer(Status::Unavailable),
        (Verdict::Grant(_), Carried::Out) => of_answer(Status::Granted),
        (Verdict::Close(_), Carried::Out) => of_answer(Status::Closed),
        (Verdict::Tell { .. }, _) => of_answer(Status::Taken),
        (Verdict::Answer(status), _) => of_answer(*status),
        (Verdict::Ignore(reason), _) => reason.name(),
    }
}

/// How a sequence's steps come about, as the configuration calls it.
pub(crate) const fn of_method(method: &Method) -> &'static str {
    match method {
        Method::Plain(_) => "plain",
        Method::OneTime(_) => "one-time",
        Method::Timed(_) => "time-based",
    }
}

/// Whether a client that hears this knocks again by itself, and then has what it lacked.
pub(super) const fn heals(status: Status) -> bool {
    matches!(
        status,
        Status::Seen | Status::InDoubt | Status::Stale | Status::Elsewhere | Status::Recovered
    )
}

/// What became of an authentic knock that changed nothing.
pub(super) const fn of_nothing(status: Status) -> &'static str {
    match status {
        Status::Closed => NOT_OPEN,
        status => of_answer(status),
    }
}

/// What an authentic knock is told.
pub(crate) const fn of_answer(status: Status) -> &'static str {
    match status {
        Status::Granted => "granted",
        Status::Closed => "closed",
        Status::Seen => "address-asked",
        Status::InDoubt => "in-doubt",
        Status::Stale => "stale",
        Status::Elsewhere => "elsewhere",
        Status::Forbidden => "forbidden",
        Status::Recovered => "recovery",
        Status::Unavailable => "unavailable",
        Status::Full => "full",
        Status::Taken => "taken",
    }
}

#[cfg(test)]
mod tests {
    use nightlatch_core::{Refused, Spared};

    use super::*;
    use crate::listener::{PLACES, Place};

    /// The words of a section, in their order.
    fn explained(section: &str) -> Vec<&'static str> {
        let (_, rest) = PAGE.split_once(section).unwrap();
        let section = rest.split("\n## ").next().unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        rows.filter_map(|row| row.split('`').next()).collect()
    }

    #[test]
    fn every_word_of_the_status_is_explained() {
        let answers = Status::ALL.iter().map(|status| of_answer(*status));
        let refusals = Refused::ALL.iter().map(|reason| reason.name());
        let knocks: Vec<_> = answers.chain(refusals).collect();
        assert_eq!(explained("## What became of knocks"), knocks);
        let seen = PLACES.map(Place::name);
        assert_eq!(explained("## What the listener saw"), seen);
        let spared = Spared::ALL.map(Spared::name);
        assert_eq!(explained("## Why suspects were not banned"), spared);
    }

    const PAGE: &str = include_str!("../../../../docs/words.md");
}
