//! Who asks: a client with a key of its own, or whoever walked a sequence.

use crate::{ClientId, SequenceId};

/// Whose a grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Knocker {
    /// A client's: it proved to hold its key.
    Client(ClientId),
    /// Of whoever walked this sequence. Who that was nobody knows, and that it happened is the
    /// listener's word.
    Sequence(SequenceId),
}

impl Knocker {
    /// The client, if it is one.
    pub const fn client(self) -> Option<ClientId> {
        match self {
            Self::Client(client) => Some(client),
            Self::Sequence(_) => None,
        }
    }

    /// The sequence, if it is one.
    pub const fn sequence(self) -> Option<SequenceId> {
        match self {
            Self::Sequence(sequence) => Some(sequence),
            Self::Client(_) => None,
        }
    }
}
