//! What somebody did that people who knock rightly do not do.

use core::fmt;

use crate::Refused;

/// What somebody did that people who knock rightly do not do, or hardly ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// A packet to the knock port of a length that no knock has.
    WrongLength,
    /// A packet of the right length under a tag that nobody has.
    UnknownTag,
    /// More under somebody's tag than anybody knocks.
    OverQuota,
    /// A touch of a port where nothing is, and no step of a sequence.
    ClosedPort,
    /// A touch of a port that is there to be touched by scanners alone.
    Decoy,
    /// A claim that the broker refused without a word.
    Refused(Refused),
}

impl Failure {
    /// What the listener sees by itself, in the order of the numbers.
    pub const SEEN: [Self; 5] = [
        Self::WrongLength,
        Self::UnknownTag,
        Self::OverQuota,
        Self::ClosedPort,
        Self::Decoy,
    ];

    /// Its number among all; those that the listener sees have the first.
    pub const fn number(self) -> u8 {
        match self {
            Self::WrongLength => 0,
            Self::UnknownTag => 1,
            Self::OverQuota => 2,
            Self::ClosedPort => 3,
            Self::Decoy => 4,
            Self::Refused(reason) => (reason as u8).saturating_add(5),
        }
    }

    /// Its name in the log and in `status`. Stable, since people search for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongLength => "wrong-length",
            Self::UnknownTag => "unknown-tag",
            Self::OverQuota => "over-quota",
            Self::ClosedPort => "closed-ports",
            Self::Decoy => "decoy",
            Self::Refused(reason) => reason.name(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_number_of_its_own() {
        let refused = Refused::ALL.into_iter().map(Failure::Refused);
        for (number, failure) in (0..).zip(Failure::SEEN.into_iter().chain(refused)) {
            assert_eq!(failure.number(), number);
        }
    }
}
