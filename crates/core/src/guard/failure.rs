//! What somebody did that people who knock rightly do not do.

use core::fmt;

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
}

impl Failure {
    /// Every failure in its order: `failure as usize`.
    pub const ALL: [Self; 5] = [
        Self::WrongLength,
        Self::UnknownTag,
        Self::OverQuota,
        Self::ClosedPort,
        Self::Decoy,
    ];

    /// Its name in the log and in `status`. Stable, since people search for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongLength => "wrong-length",
            Self::UnknownTag => "unknown-tag",
            Self::OverQuota => "over-quota",
            Self::ClosedPort => "closed-ports",
            Self::Decoy => "decoy",
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
    fn every_failure_stands_at_its_number() {
        for (place, failure) in Failure::ALL.into_iter().enumerate() {
            assert_eq!(failure as usize, place);
        }
    }
}
