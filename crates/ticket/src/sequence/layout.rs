//! Which bit stands where in the plaintext of frames: docs/protocol.md §14.3.

use alloc::vec::Vec;

use super::counter::{self, LAST_UNIT};
use super::frame::MOST_FRAMES;
use super::open::SequenceError;
use super::request::{SequenceKind, SequenceRequest, SequenceText, ShortService};
use super::seconds;
use crate::layout::put;
use crate::{Epoch, UnixTime};

/// Writes a request down, filled up with zeros to the end of its last frame.
pub(super) fn write(request: &SequenceRequest, epoch: Epoch) -> Vec<u8> {
    let text = match request.kind {
        SequenceKind::Message => request.text.as_bytes(),
        SequenceKind::Knock | SequenceKind::Close => &[],
    };
    let (service, last) = match request.kind {
        SequenceKind::Knock => (request.service, seconds::to_bits(request.wanted)),
        SequenceKind::Close => (request.service, 0),
        SequenceKind::Message => (ShortService::NONE, u8::try_from(text.len()).unwrap_or(0)),
    };
    let fields = counter::unit(request.counter, epoch) << UNIT_AT
        | u64::from(request.kind as u8) << KIND_AT
        | u64::from(service.bits()) << SERVICE_AT
        | u64::from(last);
    let [_, _, _, fields @ ..] = fields.to_be_bytes();
    let mut plain = Vec::with_capacity(length(MOST_FRAMES));
    plain.extend(fields);
    plain.extend(text);
    plain.resize(length(frames_for(text.len())), 0);
    plain
}

/// Reads a request, in the order in which docs/protocol.md lists what can be wrong.
pub(super) fn read(plain: &[u8], epoch: Epoch) -> Result<SequenceRequest, SequenceError> {
    let (first, rest) = plain
        .split_first_chunk::<FIELDS>()
        .ok_or(SequenceError::WrongFrames)?;
    let mut fields = [0; 8];
    put::<3, FIELDS, _>(&mut fields, *first);
    let fields = u64::from_be_bytes(fields);
    let kind = bits(fields, KIND_AT, 2);
    let kind = SequenceKind::from_bits(kind.to_be_bytes()[1]).ok_or(SequenceError::UnknownKind)?;
    let service = ShortService::from_bits(bits(fields, SERVICE_AT, 14));
    let [_, last] = bits(fields, 0, 6).to_be_bytes();
    let unit = fields >> UNIT_AT;
    if unit > LAST_UNIT {
        return Err(SequenceError::BadTime);
    }
    let counter = counter::of_unit(unit, epoch);
    Ok(SequenceRequest {
        kind,
        counter,
        time: UnixTime::from_nanos(counter.0),
        service,
        wanted: wanted(kind, last)?,
        text: text(kind, service, last, rest)?,
    })
}

/// How many bytes of plaintext that many frames hold.
pub(super) const fn length(frames: usize) -> usize {
    frames.saturating_mul(BODY).saturating_sub(CODE)
}

const fn frames_for(text: usize) -> usize {
    text.div_ceil(BODY).saturating_add(1)
}

fn wanted(kind: SequenceKind, last: u8) -> Result<u32, SequenceError> {
    match kind {
        SequenceKind::Knock => Ok(seconds::from_bits(last)),
        SequenceKind::Close if last != 0 => Err(SequenceError::ReservedNotZero),
        SequenceKind::Close | SequenceKind::Message => Ok(0),
    }
}

fn text(
    kind: SequenceKind,
    service: ShortService,
    last: u8,
    rest: &[u8],
) -> Result<SequenceText, SequenceError> {
    let length = match kind {
        SequenceKind::Message if service != ShortService::NONE => {
            return Err(SequenceError::ReservedNotZero);
        }
        SequenceKind::Message => usize::from(last),
        SequenceKind::Knock | SequenceKind::Close => 0,
    };
    let (text, padding) = rest
        .split_at_checked(length)
        .ok_or(SequenceError::BadText)?;
    if padding.len()
        != self::length(frames_for(length))
            .saturating_sub(FIELDS)
            .saturating_sub(length)
    {
        return Err(SequenceError::WrongFrames);
    }
    if padding.iter().any(|byte| *byte != 0) {
        return Err(SequenceError::ReservedNotZero);
    }
    SequenceText::from_bytes(text).ok_or(SequenceError::BadText)
}

fn bits(fields: u64, at: u32, count: u32) -> u16 {
    let mask = (1_u64 << count).saturating_sub(1);
    u16::try_from(fields >> at & mask).unwrap_or_default()
}

/// Bytes of a frame after its head.
pub(super) const BODY: usize = 13;

/// Bytes of the code that stands before the ciphertext.
pub(super) const CODE: usize = 8;

/// Bytes that the fields take.
const FIELDS: usize = 5;

const UNIT_AT: u32 = 22;
const KIND_AT: u32 = 20;
const SERVICE_AT: u32 = 6;
