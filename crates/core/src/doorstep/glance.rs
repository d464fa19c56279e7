//! What became of one observation at the doorstep.

use alloc::vec::Vec;
use core::fmt;

use crate::Claim;

/// What became of one observation.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Glance {
    /// The broker is to judge it.
    Claim(Claim),
    /// The broker is to judge each of them: all of one encrypted sequence, whose tag several have.
    Claims(Vec<Claim>),
    /// A part of something; it is remembered for a while.
    Advance(Advance),
    /// Noise; nothing of it is kept.
    Ignore(Ignored),
}

/// Of what an observation was a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advance {
    /// The first step of a sequence.
    FirstStep,
    /// A later step, and not the last.
    NextStep,
    /// A symbol of an encrypted sequence.
    Symbol,
}

/// Why an observation was no knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ignored {
    /// Nothing that anybody knocks with here.
    NotForUs,
    /// A source that no host has, or a destination that is many hosts.
    NoHost,
    /// Another length than a sealed packet has.
    WrongLength,
    /// A tag that nobody has now.
    UnknownTag,
    /// More under this client's tag from this address than anybody knocks.
    OverQuota,
    /// A touch that is no step: what its source had begun is forgotten.
    Astray,
    /// A step or a symbol that came before.
    Repeated,
    /// A first step, and everybody else who walks has come further.
    Crowded,
}

impl Advance {
    /// Every kind in its order, so that they can be counted in an array: `advance as usize`.
    pub const ALL: [Self; 3] = [Self::FirstStep, Self::NextStep, Self::Symbol];
}

impl Ignored {
    /// Every reason in its order, so that they can be counted in an array: `reason as usize`.
    pub const ALL: [Self; 8] = [
        Self::NotForUs,
        Self::NoHost,
        Self::WrongLength,
        Self::UnknownTag,
        Self::OverQuota,
        Self::Astray,
        Self::Repeated,
        Self::Crowded,
    ];
}

impl fmt::Display for Advance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstStep => "first step",
            Self::NextStep => "next step",
            Self::Symbol => "symbol",
        })
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotForUs => "not for us",
            Self::NoHost => "no host",
            Self::WrongLength => "wrong length",
            Self::UnknownTag => "unknown tag",
            Self::OverQuota => "over quota",
            Self::Astray => "astray",
            Self::Repeated => "repeated",
            Self::Crowded => "crowded",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_place_in_a_tally() {
        for (place, reason) in Ignored::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
        for (place, advance) in Advance::ALL.into_iter().enumerate() {
            assert_eq!(advance as usize, place);
        }
    }
}
