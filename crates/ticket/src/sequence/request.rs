//! What a request says that is spread over ports.

use crate::{Counter, ServiceHash, Text, UnixTime};

/// What is wanted of the server by way of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SequenceKind {
    /// Open a service for the address that the packets come from.
    Knock = 1,
    /// Close what was opened for that address.
    Close = 2,
    /// Take this text.
    Message = 3,
}

impl SequenceKind {
    pub(super) const fn from_bits(bits: u8) -> Option<Self> {
        match bits {
            1 => Some(Self::Knock),
            2 => Some(Self::Close),
            3 => Some(Self::Message),
            _ => None,
        }
    }
}

/// A request before it is sealed into frames, or after they were opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceRequest {
    /// What is wanted.
    pub kind: SequenceKind,
    /// Higher than that of any knock before; get one from [`Counter::of_sequence`].
    pub counter: Counter,
    /// When it was made: frames carry it as the counter, so when sealing it is not looked at.
    pub time: UnixTime,
    /// For which service; [`ShortService::NONE`] in a message.
    pub service: ShortService,
    /// For how many seconds, in a knock; 0 leaves it to the service. Rounded down to what six bits say.
    pub wanted: u32,
    /// What a message says; empty in anything else.
    pub text: SequenceText,
}

/// How many bytes a message by way of ports has at most.
pub const LONGEST_SEQUENCE_TEXT: usize = 32;

/// The text of a message by way of ports.
pub type SequenceText = Text<LONGEST_SEQUENCE_TEXT>;

/// The first 14 bits of a service's hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShortService(u16);

impl ShortService {
    /// No service.
    pub const NONE: Self = Self(0);

    /// The service with this number, of which the lower 14 bits count.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0x3fff)
    }

    /// The 14 bits as a number.
    pub const fn bits(self) -> u16 {
        self.0
    }
}

impl ServiceHash {
    /// As much of the hash as fits into a frame: two services of one server must differ in it.
    pub const fn short(self) -> ShortService {
        let [first, second, ..] = self.0;
        ShortService(u16::from_be_bytes([first, second]) >> 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_service_is_the_beginning_of_its_hash() {
        let hash = ServiceHash([0xab, 0xcd, 0xef, 0, 0, 0, 0, 0]);
        assert_eq!(hash.short(), ShortService::from_bits(0xabcd >> 2));
        assert_eq!(ServiceHash::NONE.short(), ShortService::NONE);
        assert_eq!(ServiceHash([0xff; 8]).short().bits(), 0x3fff);
    }
}
