//! Letters: what the listener tells the broker, all of one size.

use nightlatch_core::Claim;

use crate::tally::{REASONS, Tally};

/// From the listener to the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    /// The keys are in and the privileges are gone.
    Ready {
        /// The user it runs as now.
        user: u32,
        /// 0 not, 1 partly, 2 fully.
        landlocked: u8,
        /// Whether it is still root of a user namespace without other users.
        namespace_root: bool,
    },
    /// A knock under a tag that is valid now.
    Claim(Box<Claim>),
    /// How often it ignored what, since it started.
    Tally(Tally),
}

impl Letter {
    pub(super) fn to_bytes(&self) -> [u8; LETTER_LENGTH] {
        let mut bytes = [0; LETTER_LENGTH];
        let (head, body) = bytes.split_at_mut(HEAD_LENGTH);
        match self {
            Self::Ready {
                user,
                landlocked,
                namespace_root,
            } => {
                put(head, &[READY]);
                put(body, &user.to_be_bytes());
                put(
                    body.get_mut(4..).unwrap_or_default(),
                    &[*landlocked, u8::from(*namespace_root)],
                );
            }
            Self::Claim(claim) => {
                put(head, &[CLAIM]);
                put(body, &claim.to_bytes());
            }
            Self::Tally(tally) => {
                put(head, &[TALLY]);
                for (count, place) in tally.counts().iter().zip(body.as_chunks_mut::<8>().0) {
                    *place = count.to_be_bytes();
                }
            }
        }
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; LETTER_LENGTH]) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<HEAD_LENGTH>()?;
        let body: &[u8; Claim::LENGTH] = body.try_into().ok()?;
        Some(match head {
            [READY, 0, 0, 0, 0, 0, 0, 0] => {
                let [a, b, c, d, landlocked, namespace_root, ..] = body;
                Self::Ready {
                    user: u32::from_be_bytes([*a, *b, *c, *d]),
                    landlocked: *landlocked,
                    namespace_root: *namespace_root == 1,
                }
            }
            [CLAIM, 0, 0, 0, 0, 0, 0, 0] => Self::Claim(Box::new(Claim::from_bytes(body).ok()?)),
            [TALLY, 0, 0, 0, 0, 0, 0, 0] => {
                let mut counts = [0; REASONS];
                for (count, place) in counts.iter_mut().zip(body.as_chunks::<8>().0) {
                    *count = u64::from_be_bytes(*place);
                }
                Self::Tally(Tally::from_counts(counts))
            }
            _ => return None,
        })
    }
}

fn put(place: &mut [u8], bytes: &[u8]) {
    for (to, from) in place.iter_mut().zip(bytes) {
        *to = *from;
    }
}

const READY: u8 = 1;
const CLAIM: u8 = 2;
const TALLY: u8 = 3;
const HEAD_LENGTH: usize = 8;
/// A head that says what it is, and a body of one size.
pub(super) const LETTER_LENGTH: usize = HEAD_LENGTH + Claim::LENGTH;
