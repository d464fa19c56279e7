//! What stands on a shelf: the tags of tickets, or those of frames.

use nightlatch_ticket::{SequenceTag, Tag, TagKey, Tagged};

/// What stands on a shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Labels {
    /// Tags of tickets: 64 bits, for epochs and for recovery.
    Tickets,
    /// Tags of frames: 28 bits, for epochs alone.
    Frames,
}

impl Labels {
    /// A tag as a cell holds it. Zero means free, so the tag of zeros goes as one: the seal tells
    /// the two apart, should they ever meet.
    pub(crate) fn of_ticket(tag: Tag) -> u64 {
        u64::from_be_bytes(tag.0).max(1)
    }

    /// The same for the tag of a frame, spread over all bits; every tag has a label of its own.
    pub(crate) fn of_frame(tag: SequenceTag) -> u64 {
        u64::from(tag.0).saturating_add(1).wrapping_mul(SPREAD)
    }

    /// What a client's key puts here; nothing where this kind has no such tag.
    pub(super) fn label(self, key: &TagKey, tagged: Tagged) -> Option<u64> {
        match (self, tagged) {
            (Self::Tickets, tagged) => Some(Self::of_ticket(key.tag_for(tagged))),
            (Self::Frames, Tagged::Now(epoch)) => Some(Self::of_frame(key.sequence_tag(epoch))),
            (Self::Frames, Tagged::Recovery) => None,
        }
    }

    /// How many clients it has room for. With more than these, strangers who fill a span with noise
    /// would make the broker try too many seals: one frame of anything in 1400 has somebody's tag.
    pub(super) const fn most(self) -> usize {
        match self {
            Self::Tickets => usize::MAX,
            Self::Frames => MOST_HEARD_BY_PORTS,
        }
    }
}

/// Odd, and as good as random in its upper half (Knuth's golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// How many clients are recognised by encrypted sequences: with 28 bits of tag more of them would be
/// taken for one another.
pub const MOST_HEARD_BY_PORTS: usize = 65_536;
