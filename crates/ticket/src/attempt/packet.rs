//! What an attempt to tell a text sends: a message, but a knock where only an answer is wanted.

use alloc::boxed::Box;

use rand_core::CryptoRng;

use crate::{MessageText, PairKeys, Request, Sealed, SealedMessage, Tagged, seal, seal_message};

/// A sealed packet of one of the two lengths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packet {
    /// As long as a knock.
    Knock(Sealed),
    /// As long as a message.
    Message(Box<SealedMessage>),
}

impl Packet {
    /// Seals a step of an attempt whose wish is of kind message.
    ///
    /// The recovery tag changes nothing and is answered whatever the packet says: so the text, which
    /// is long, goes out only with the tag of an epoch.
    pub fn telling(
        text: &MessageText,
        request: &Request,
        tagged: Tagged,
        keys: &PairKeys,
        rng: &mut impl CryptoRng,
    ) -> Self {
        match tagged {
            Tagged::Now(epoch) => {
                Self::Message(Box::new(seal_message(request, text, epoch, keys, rng)))
            }
            Tagged::Recovery => Self::Knock(seal(request, tagged, keys, rng)),
        }
    }

    /// The bytes of the datagram.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Knock(sealed) => sealed,
            Self::Message(sealed) => sealed.as_slice(),
        }
    }
}
