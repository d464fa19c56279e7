//! What comes of a claim: a grant, an end, an answer, or nothing with its reason.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use nightlatch_ticket::{Ack, Counter, Status};

use crate::{ClientId, Effect, Grant, Member, SequenceId};

/// Everything that the edge has to know about one claim.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What is to happen.
    pub verdict: Verdict,
    /// What has to be on disk before it happens.
    pub record: Option<Record>,
    /// What to answer afterwards, sealed; none means silence.
    pub ack: Option<Ack>,
}

impl Judgement {
    /// The answer when the edge could not do it: nothing was granted, and the client may try again.
    pub fn unavailable(&self) -> Option<Ack> {
        self.ack.map(|ack| Ack {
            status: Status::Unavailable,
            granted: 0,
            ..ack
        })
    }

    /// The judgement that does nothing and says nothing.
    pub(crate) const fn ignore(reason: Refused) -> Self {
        Self::silent(Verdict::Ignore(reason), None)
    }

    /// The judgement that says nothing.
    pub(crate) const fn silent(verdict: Verdict, record: Option<Record>) -> Self {
        Self {
            verdict,
            record,
            ack: None,
        }
    }
}

/// What has to survive a crash before the judgement may have its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// Every counter up to this one may have been used, by anybody.
    Watermark(Counter),
    /// This client's counter runs ahead of every watermark: note it alone.
    Ahead {
        /// Whose.
        client: ClientId,
        /// The counter that was used.
        counter: Counter,
    },
    /// A sequence was used that counts once.
    Used {
        /// Which.
        sequence: SequenceId,
        /// By which the state knows it again, whatever it is called or where it stands later.
        mark: [u8; 16],
        /// The line's place or the time step; nothing up to this step counts again.
        number: u64,
    },
}

/// What is to happen.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Open the door, or set its time anew.
    Grant(Grant),
    /// End these before their time; never none of them. One that lasts no time is not known here,
    /// and may be from a former life.
    Close(Vec<Grant>),
    /// Change nothing, and hand on what a client has to say.
    Tell {
        /// Who says it.
        client: ClientId,
        /// What he says: any characters, up to 1024 bytes.
        text: String,
    },
    /// Change nothing; a client who proved to hold a key is told why.
    Answer(Status),
    /// Change nothing and stay silent.
    Ignore(Refused),
}

impl Verdict {
    /// What the firewall is to do; nothing where all is as it should be.
    pub fn effect(&self) -> Option<Effect> {
        match self {
            Self::Grant(grant) if !grant.openings.is_empty() => Some(Effect::Open {
                openings: grant.openings.clone(),
                lasts: grant.lasts,
            }),
            Self::Close(grants) => {
                let openings: Vec<_> = grants.iter().flat_map(|g| g.openings.clone()).collect();
                (!openings.is_empty()).then_some(Effect::Close { openings })
            }
            _ => None,
        }
    }

    /// What becomes of the administrator's own sets; nothing where the service names none.
    pub fn insertion(&self) -> Option<Effect> {
        match self {
            Self::Grant(grant) if !grant.stays.is_empty() => Some(Effect::Insert {
                stays: grant.stays.clone(),
            }),
            Self::Close(grants) => {
                let members: Vec<_> = members_of(grants).collect();
                (!members.is_empty()).then_some(Effect::Remove { members })
            }
            _ => None,
        }
    }
}

/// Whom ended grants leave in no set.
pub(crate) fn members_of(grants: &[Grant]) -> impl Iterator<Item = Member> + '_ {
    let stays = grants.iter().flat_map(|grant| &grant.stays);
    stays.map(|stay| stay.member.clone())
}

/// Why a claim met silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refused {
    /// The listener named a client that does not exist.
    UnknownClient,
    /// The seal is not that client's, or the packet was changed.
    Forged,
    /// The seal is good and what it holds is not: another version, or a bug.
    Malformed,
    /// The counter was used before.
    Replayed,
    /// A kind of request that this server does not serve.
    Unserved,
    /// A recovery knock that was answered before.
    RecoveryRepeated,
    /// A recovery knock too soon after the last one that was answered.
    RecoveryTooSoon,
    /// The listener named a sequence that does not exist.
    UnknownSequence,
    /// The listener named a source that no host has.
    NoHost,
    /// A line or a time step that was used before.
    Used,
    /// A line whose turn it is not, or a time step of another time.
    NotNow,
    /// The sequence has succeeded as often as it may in a minute.
    TooOften,
}

impl Refused {
    /// Every reason in its order, so that they can be counted in an array: `reason as usize`.
    pub const ALL: [Self; 12] = [
        Self::UnknownClient,
        Self::Forged,
        Self::Malformed,
        Self::Replayed,
        Self::Unserved,
        Self::RecoveryRepeated,
        Self::RecoveryTooSoon,
        Self::UnknownSequence,
        Self::NoHost,
        Self::Used,
        Self::NotNow,
        Self::TooOften,
    ];
}

impl Refused {
    /// Its name in the log and in `status`. Stable, since people search for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownClient => "unknown-client",
            Self::Forged => "forged",
            Self::Malformed => "malformed",
            Self::Replayed => "replayed",
            Self::Unserved => "unserved",
            Self::RecoveryRepeated => "recovery-repeated",
            Self::RecoveryTooSoon => "recovery-too-soon",
            Self::UnknownSequence => "unknown-sequence",
            Self::NoHost => "no-host",
            Self::Used => "used",
            Self::NotNow => "not-now",
            Self::TooOften => "too-often",
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownClient => "unknown client",
            Self::Forged => "forged",
            Self::Malformed => "malformed",
            Self::Replayed => "replayed",
            Self::Unserved => "unserved",
            Self::RecoveryRepeated => "recovery repeated",
            Self::RecoveryTooSoon => "recovery too soon",
            Self::UnknownSequence => "unknown sequence",
            Self::NoHost => "no host",
            Self::Used => "used",
            Self::NotNow => "not now",
            Self::TooOften => "too often",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_place_in_a_tally() {
        for (place, reason) in Refused::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
    }
}
