//! Opens frames that were gathered. Every "no" is a value.

use alloc::vec::Vec;
use core::net::IpAddr;

use subtle::ConstantTimeEq;

use super::frame::{Frame, FrameHead, MOST_FRAMES, head_of};
use super::layout;
use super::request::SequenceRequest;
use super::seal::{body, code, cross};
use crate::{Epoch, PairKeys};

/// Why frames were not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SequenceError {
    /// These are not all the frames of one request of this epoch, in their order.
    #[error("not all the frames of one request, in their order")]
    WrongFrames,
    /// Not sealed with these keys for this address in this epoch, or changed on the way.
    #[error("not sealed with the keys of this pair for this address, or changed on the way")]
    Forged,
    /// A kind of request that does not exist in this version.
    #[error("this kind of request is not known")]
    UnknownKind,
    /// A time after the end of the epoch.
    #[error("the time lies after the end of its epoch")]
    BadTime,
    /// Something stands where nothing may stand.
    #[error("the reserved bits are not zero")]
    ReservedNotZero,
    /// A text that is longer than it may be, or no UTF-8.
    #[error("the text is too long or not UTF-8")]
    BadText,
}

/// Opens all frames of a request, on the server, in the order of their index.
///
/// `source` is where the packets came from. Whether the request is fresh and may be honoured is not
/// this function's business.
pub fn open_sequence(
    frames: &[Frame],
    epoch: Epoch,
    source: IpAddr,
    keys: &PairKeys,
) -> Result<SequenceRequest, SequenceError> {
    if !are_one_request(frames, epoch, keys) {
        return Err(SequenceError::WrongFrames);
    }
    let bodies: Vec<u8> = frames.iter().flat_map(body).collect();
    let (sealed, text) = bodies
        .split_first_chunk()
        .ok_or(SequenceError::WrongFrames)?;
    let mut text = Vec::from(text);
    cross(&mut text, *sealed, epoch, keys);
    // In constant time, or somebody could find the code one byte after the other.
    if !bool::from(code(&text, source, epoch, keys).ct_eq(sealed)) {
        return Err(SequenceError::Forged);
    }
    layout::read(&text, epoch)
}

fn are_one_request(frames: &[Frame], epoch: Epoch, keys: &PairKeys) -> bool {
    let tag = keys.tags().sequence_tag(epoch);
    let wanted = (0_u8..).zip(1_usize..).map(|(index, count)| FrameHead {
        tag,
        index,
        is_last: count == frames.len(),
    });
    let heads = frames.iter().map(head_of);
    (1..=MOST_FRAMES).contains(&frames.len()) && heads.zip(wanted).all(|(is, wanted)| is == wanted)
}
