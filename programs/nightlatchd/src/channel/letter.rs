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
    /// Knocks under tags that are valid now: some short ones together, or one with a message.
    Claims(Vec<Claim>),
    /// How often it ignored what, since it started.
    Tally(Box<Tally>),
    /// Somebody failed too often.
    Suspect(Suspect),
    /// Who fails the most.
    Louder(Louder),
    /// What its sources have heard and lost.
    Hearing(Hearing),
}

impl Letter {
    /// Which of these claims go into one letter: under a flood of knocks that bear a valid tag, a
    /// system call for each costs more than to judge it.
    pub(crate) fn together(claims: &[Claim]) -> impl Iterator<Item = &[Claim]> {
        let runs = claims.chunk_by(|one, next| !one.is_long() && !next.is_long());
        runs.flat_map(|run| run.chunks(CLAIMS_A_LETTER))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        if let Self::Claims(claims) = self {
            let mut bytes = vec![CLAIMS, 0, 0, 0, 0, 0, 0, 0];
            bytes.extend(claims.iter().flat_map(Claim::to_bytes));
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
            Self::Claims(_) | Self::Tally(_) => {}
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<HEAD_LENGTH>()?;
        if *head == [CLAIMS, 0, 0, 0, 0, 0, 0, 0] {
            return claims(body).map(Self::Claims);
        }
        if *head == [TALLY, 0, 0, 0, 0, 0, 0, 0] {
            return tally(body).map(|tally| Self::Tally(Box::new(tally)));
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

/// One long claim, or some short ones: no length is told, so none can be a lie.
fn claims(body: &[u8]) -> Option<Vec<Claim>> {
    if body.len() == Claim::LONG {
        return Some(vec![Claim::from_bytes(body).ok()?]);
    }
    let (short, []) = body.as_chunks::<{ Claim::LENGTH }>() else {
        return None;
    };
    if short.is_empty() || short.len() > CLAIMS_A_LETTER {
        return None;
    }
    let read = |one: &[u8; Claim::LENGTH]| Claim::from_bytes(one).ok();
    short.iter().map(read).collect()
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
const CLAIMS: u8 = 2;
const TALLY: u8 = 3;
const LISTENING: u8 = 4;
const SUSPECT: u8 = 5;
const LOUDER: u8 = 6;
const HEARING: u8 = 7;
const HEAD_LENGTH: usize = 8;
/// A head that says what it is, and a body of one size; a tally and claims have others.
const LETTER_LENGTH: usize = HEAD_LENGTH + Claim::LENGTH;
/// Enough that the way costs little for each; few enough that an honest one waits for little.
pub(super) const CLAIMS_A_LETTER: usize = 16;
/// The longest: full of claims.
pub(super) const LONGEST_LETTER: usize = HEAD_LENGTH + CLAIMS_A_LETTER * Claim::LENGTH;
// A message alone is none of the lengths that short claims together have, and fits.
const _: () = assert!(!Claim::LONG.is_multiple_of(Claim::LENGTH));
const _: () = assert!(HEAD_LENGTH + Claim::LONG <= LONGEST_LETTER);
