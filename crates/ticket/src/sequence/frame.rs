//! Frames: 17 bytes each, and the head by which one look-up tells them from noise.

use crate::layout::field;
use crate::{Epoch, TagKey};

/// The length of a frame.
pub const FRAME_LENGTH: usize = 17;

/// How many frames a request takes at most.
pub const MOST_FRAMES: usize = 4;

/// Head 4 ‖ body 13. The bodies of a request's frames, one after the other, are code 8 ‖ ciphertext.
pub type Frame = [u8; FRAME_LENGTH];

/// What a frame begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// Whose it is, and of which epoch.
    pub tag: SequenceTag,
    /// Which frame of its request, from 0.
    pub index: u8,
    /// Whether none follows.
    pub is_last: bool,
}

/// 28 bits that are the same for ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceTag(pub u32);

impl TagKey {
    /// The tag that every frame of an epoch begins with.
    pub fn sequence_tag(&self, epoch: Epoch) -> SequenceTag {
        let tag = self.tag(b"sequence", &epoch.0.to_be_bytes());
        SequenceTag(u32::from_be_bytes(field::<0, 4, _>(&tag.0)) >> BITS_AFTER_THE_TAG)
    }
}

/// Reads what a frame begins with; every frame has some head.
pub fn head_of(frame: &Frame) -> FrameHead {
    let head = u32::from_be_bytes(field::<0, 4, _>(frame));
    let [.., low] = head.to_be_bytes();
    FrameHead {
        tag: SequenceTag(head >> BITS_AFTER_THE_TAG),
        index: low >> 1 & MOST_INDEX,
        is_last: low & 1 == 1,
    }
}

impl FrameHead {
    /// The head as it stands in the frame; what is too large for its place is cut off.
    pub(super) fn to_bytes(self) -> [u8; 4] {
        let index = u32::from(self.index & MOST_INDEX) << 1;
        let last = u32::from(self.is_last);
        (self.tag.0 << BITS_AFTER_THE_TAG | index | last).to_be_bytes()
    }
}

/// Three bits of index and one that says "last".
const BITS_AFTER_THE_TAG: u32 = 4;
const MOST_INDEX: u8 = 0b111;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        for index in 0..8 {
            for is_last in [false, true] {
                let tag = SequenceTag(0x0abc_def1);
                let head = FrameHead {
                    tag,
                    index,
                    is_last,
                };
                let mut frame = [0xff; FRAME_LENGTH];
                frame[..4].copy_from_slice(&head.to_bytes());
                assert_eq!(head_of(&frame), head);
            }
        }
    }

    #[test]
    fn a_tag_of_frames_says_nothing_about_the_tags_of_knocks() {
        let key = TagKey::from_bytes([7; 32]);
        let knock = key.epoch_tag(Epoch(1)).0;
        let first = u32::from_be_bytes([knock[0], knock[1], knock[2], knock[3]]);
        assert_ne!(key.sequence_tag(Epoch(1)).0, first >> 4);
        assert_ne!(key.sequence_tag(Epoch(1)), key.sequence_tag(Epoch(2)));
        assert!(key.sequence_tag(Epoch(1)).0 < 1 << 28);
    }
}
