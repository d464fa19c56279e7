//! Turns a request into frames that look like noise: the code over what is said is the nonce.

use alloc::vec::Vec;
use core::net::IpAddr;

use zeroize::Zeroizing;

use super::frame::{Frame, FrameHead};
use super::layout::{self, BODY, CODE};
use super::request::SequenceRequest;
use crate::layout::{field, leading, put, write_address};
use crate::mac::hmac;
use crate::{Epoch, PairKeys};

/// Seals a request into one to four frames. The address is not sent: the server takes the packets'.
///
/// The epoch must be [`Epoch::of_counter`] of the request's counter, or another counter is sealed.
pub fn seal_sequence(
    request: &SequenceRequest,
    claimed: IpAddr,
    epoch: Epoch,
    keys: &PairKeys,
) -> Vec<Frame> {
    let mut text = layout::write(request, epoch);
    let code = code(&text, claimed, epoch, keys);
    cross(&mut text, code, epoch, keys);
    let mut body = Vec::from(code);
    body.append(&mut text);

    let tag = keys.tags().sequence_tag(epoch);
    let frames = body.len() / BODY;
    let places = (1_usize..).zip(0_u8..).zip(body.chunks_exact(BODY));
    places
        .map(|((count, index), body)| {
            let is_last = count == frames;
            let mut frame = [0; _];
            put::<0, 4, _>(
                &mut frame,
                FrameHead {
                    tag,
                    index,
                    is_last,
                }
                .to_bytes(),
            );
            put::<4, BODY, _>(&mut frame, *body.first_chunk().unwrap_or(&[0; BODY]));
            frame
        })
        .collect()
}

/// The code over what is said, from where and when: who cannot make it has not sealed the frames.
pub(super) fn code(plain: &[u8], address: IpAddr, epoch: Epoch, keys: &PairKeys) -> [u8; CODE] {
    let key = Zeroizing::new(hmac(keys.knock(), &[b"sequence mac"]));
    let (epoch, address) = (epoch.0.to_be_bytes(), write_address(Some(address)));
    leading(&hmac(&key, &[VERSION, &epoch, &address, plain]))
}

/// Makes plaintext ciphertext, and ciphertext plaintext.
pub(super) fn cross(text: &mut [u8], code: [u8; CODE], epoch: Epoch, keys: &PairKeys) {
    let key = Zeroizing::new(hmac(keys.knock(), &[b"sequence key"]));
    let epoch = epoch.0.to_be_bytes();
    for (block, text) in (0_u8..).zip(text.chunks_mut(32)) {
        let stream = hmac(&key, &[VERSION, &epoch, &code, &[block]]);
        text.iter_mut()
            .zip(stream)
            .for_each(|(to, with)| *to ^= with);
    }
}

/// The body of a frame.
pub(super) fn body(frame: &Frame) -> [u8; BODY] {
    field::<4, BODY, _>(frame)
}

const VERSION: &[u8] = b"v1";
