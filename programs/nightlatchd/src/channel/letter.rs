//! Letters: what the listener tells the broker, each kind of one size.

use nightlatch_core::{Claim, Suspect};

use super::guard::{Louder, read_suspect, write_suspect};
use super::hearing::Hearing;
use crate::privilege::Becoming;
use crate::sandbox::Landlocked;
use crate::tally::{REASONS, Tally};

/// From the listener to the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    /// The sockets are open and the privileges are gone.
    Ready(Becoming, Landlocked),
    /// The keys are in: knocks are heard from now on.
    Listening,
    /// A knock under a tag that is valid now.
    Claim(Claim),
    /// How often it ignored what, since it started.
    Tally(Tally),
    /// Somebody failed too often.
    Suspect(Suspect),
    /// Who fails the most.
    Louder(Louder),
    /// What its sources have heard and lost.
    Hearing(Hearing),
}

impl Letter {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        if let Self::Claim(claim) = self {
            let mut bytes = vec![CLAIM, 0, 0, 0, 0, 0, 0, 0];
            bytes.extend(claim.to_bytes());
            return bytes;
        }
        if let Self::Tally(tally) = self {
            let mut bytes = vec![TALLY, 0, 0, 0, 0, 0, 0, 0];
            bytes.extend(tally.counts().iter().flat_map(|count| count.to_be_bytes()));
            return bytes;
        }
        let mut bytes = vec![0; LETTER_LENGTH];
        let (head, body) = bytes.split_at_mut(HEAD_LENGTH);
        match self {
            Self::Ready(becoming, landlocked) => {
                let (kind, user) = match becoming {
                    Becoming::User(user) => (CHANGED, *user),
                    Becoming::AlreadyUnprivileged(user) => (UNPRIVILEGED, *user),
                    Becoming::NamespaceRoot => (NAMESPACE_ROOT, 0),
                };
                put(head, &[READY]);
                put(body, &[kind, *landlocked as u8]);
                put(body.get_mut(2..).unwrap_or_default(), &user.to_be_bytes());
            }
            Self::Listening => put(head, &[LISTENING]),
            Self::Suspect(suspect) => {
                put(head, &[SUSPECT]);
                write_suspect(suspect, body);
            }
            Self::Louder(louder) => {
                put(head, &[LOUDER]);
                louder.write(body);
            }
            Self::Hearing(hearing) => {
                put(head, &[HEARING]);
                hearing.write(body);
            }
            // Written above.
            Self::Claim(_) | Self::Tally(_) => {}
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<HEAD_LENGTH>()?;
        if *head == [CLAIM, 0, 0, 0, 0, 0, 0, 0] {
            return Claim::from_bytes(body).ok().map(Self::Claim);
        }
        if *head == [TALLY, 0, 0, 0, 0, 0, 0, 0] {
            return tally(body).map(Self::Tally);
        }
        let body: &[u8; Claim::LENGTH] = body.try_into().ok()?;
        Some(match head {
            [READY, 0, 0, 0, 0, 0, 0, 0] => {
                let [kind, landlocked, a, b, c, d, ..] = body;
                let user = u32::from_be_bytes([*a, *b, *c, *d]);
                let becoming = match *kind {
                    CHANGED => Becoming::User(user),
                    UNPRIVILEGED => Becoming::AlreadyUnprivileged(user),
                    NAMESPACE_ROOT => Becoming::NamespaceRoot,
                    _ => return None,
                };
                Self::Ready(becoming, *Landlocked::ALL.get(usize::from(*landlocked))?)
            }
            [LISTENING, 0, 0, 0, 0, 0, 0, 0] => Self::Listening,
            [SUSPECT, 0, 0, 0, 0, 0, 0, 0] => Self::Suspect(read_suspect(body)?),
            [LOUDER, 0, 0, 0, 0, 0, 0, 0] => Self::Louder(Louder::read(body)?),
            [HEARING, 0, 0, 0, 0, 0, 0, 0] => Self::Hearing(Hearing::read(body)?),
            _ => return None,
        })
    }
}

/// As many numbers as there are places, and nothing else.
fn tally(body: &[u8]) -> Option<Tally> {
    let (numbers, []) = body.as_chunks::<8>() else {
        return None;
    };
    let numbers: &[[u8; 8]; REASONS] = numbers.try_into().ok()?;
    Some(Tally::from_counts(numbers.map(u64::from_be_bytes)))
}

pub(super) fn put(place: &mut [u8], bytes: &[u8]) {
    for (to, from) in place.iter_mut().zip(bytes) {
        *to = *from;
    }
}

const CHANGED: u8 = 1;
const UNPRIVILEGED: u8 = 2;
const NAMESPACE_ROOT: u8 = 3;
const READY: u8 = 1;
const CLAIM: u8 = 2;
const TALLY: u8 = 3;
const LISTENING: u8 = 4;
const SUSPECT: u8 = 5;
const LOUDER: u8 = 6;
const HEARING: u8 = 7;
const HEAD_LENGTH: usize = 8;
/// A head that says what it is, and a body of one size; a tally and a message have another one.
const LETTER_LENGTH: usize = HEAD_LENGTH + Claim::LENGTH;
/// The longest: one whose claim brings a message.
pub(super) const LONGEST_LETTER: usize = HEAD_LENGTH + Claim::LONG;
