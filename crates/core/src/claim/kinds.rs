//! What a claim can be about.

use alloc::boxed::Box;
use core::net::{IpAddr, SocketAddr};

use nightlatch_ticket::{Epoch, Frame, MOST_FRAMES, Sealed, SealedMessage, Tagged};

use crate::{ClientId, SequenceId};

/// Something that the broker is to judge. All of it is the listener's word; only seals prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A packet that carried a valid tag.
    Ticket(TicketClaim),
    /// A packet that carried a valid tag, and has the length of a message.
    Message(Box<MessageClaim>),
    /// Packets that together spell sealed frames under a valid tag.
    Frames(FramesClaim),
    /// Packets that took every step of a sequence. Nothing about it is sealed.
    Sequence(SequenceClaim),
}

impl Claim {
    /// How long a claim is between the two processes, unless it brings a message.
    pub const LENGTH: usize = 192;
    /// How long one is that does.
    pub const LONG: usize = 1216;
}

/// A packet that carried a valid tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketClaim {
    /// Whose tag it carried.
    pub client: ClientId,
    /// Which of that client's tags.
    pub tagged: Tagged,
    /// Where it came from, and where an answer goes.
    pub source: SocketAddr,
    /// Where it was sent to, and where an answer comes from.
    pub destination: SocketAddr,
    /// The packet.
    pub sealed: Sealed,
}

/// A packet that carried a valid tag, and has the length of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageClaim {
    /// Whose tag it carried.
    pub client: ClientId,
    /// Which of that client's tags.
    pub tagged: Tagged,
    /// Where it came from, and where an answer goes.
    pub source: SocketAddr,
    /// Where it was sent to, and where an answer comes from.
    pub destination: SocketAddr,
    /// The packet.
    pub sealed: SealedMessage,
}

/// An encrypted sequence of which enough arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramesClaim {
    /// Whose tag it carried.
    pub client: ClientId,
    /// The epoch of that tag.
    pub epoch: Epoch,
    /// Where all its packets came from.
    pub source: IpAddr,
    /// Where they were sent to.
    pub destination: IpAddr,
    /// What they spelled, in the order of the frames' numbers.
    pub frames: FrameList,
}

/// A sequence that somebody walked to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SequenceClaim {
    /// Of which policy the places are: they mean nothing in another.
    pub edition: u32,
    /// Which one.
    pub sequence: SequenceId,
    /// Which of its variants: 0 for a plain one, else the line's place or the time step.
    pub number: u64,
    /// Where all its packets came from.
    pub source: IpAddr,
    /// Where they were sent to.
    pub destination: IpAddr,
}

/// One to four frames.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FrameList {
    frames: [Frame; MOST_FRAMES],
    count: usize,
}

impl FrameList {
    /// These frames; none if they are none or too many.
    pub fn new(frames: &[Frame]) -> Option<Self> {
        if frames.is_empty() || frames.len() > MOST_FRAMES {
            return None;
        }
        let mut list = Self {
            frames: [Frame::default(); MOST_FRAMES],
            count: frames.len(),
        };
        for (to, from) in list.frames.iter_mut().zip(frames) {
            *to = *from;
        }
        Some(list)
    }

    /// The frames, at least one.
    pub fn as_slice(&self) -> &[Frame] {
        self.frames.get(..self.count).unwrap_or_default()
    }
}

impl core::fmt::Debug for FrameList {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_one_to_four_frames() {
        let frames: [Frame; 5] = core::array::from_fn(|number| [number.try_into().unwrap(); 17]);
        assert_eq!(FrameList::new(&[]), None);
        assert_eq!(FrameList::new(&frames), None);
        for count in 1..=4 {
            let list = FrameList::new(&frames[..count]).unwrap();
            assert_eq!(list.as_slice(), &frames[..count]);
        }
    }
}
