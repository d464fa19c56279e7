//! Turns what is said into a hundred bytes that look like noise.

use aes_gcm_siv::aead::inout::InOutBuf;
use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit};
use rand_core::CryptoRng;

use crate::layout::{self, Plain, field, put, sealed};
use crate::{Ack, MESSAGE_LENGTH, PairKeys, Request, Tag, Tagged};

/// The length of every sealed packet but a message, in either direction.
pub const SEALED_LENGTH: usize = 100;

/// A sealed packet: tag 8 ‖ nonce 12 ‖ ciphertext 64 ‖ authenticator 16.
pub type Sealed = [u8; SEALED_LENGTH];

/// Seals a knock. The generator gives the nonce and must be a cryptographic one.
pub fn seal(
    request: &Request,
    tagged: Tagged,
    keys: &PairKeys,
    rng: &mut impl CryptoRng,
) -> Sealed {
    let tag = keys.tags().tag_for(tagged);
    close(tag, layout::write_request(request), keys.knock(), rng)
}

/// Seals an answer; only its counter's owner knows the tag.
pub fn seal_ack(ack: &Ack, keys: &PairKeys, rng: &mut impl CryptoRng) -> Sealed {
    let tag = keys.tags().ack_tag(ack.counter);
    close(tag, layout::write_ack(ack), keys.ack(), rng)
}

/// A datagram's bytes as a sealed packet, if they are as many as one has.
pub fn as_sealed(payload: &[u8]) -> Result<&Sealed, WrongLength> {
    payload.try_into().map_err(|_| WrongLength {
        found: payload.len(),
    })
}

/// A datagram that cannot be a sealed packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{found} bytes are not a sealed packet: a knock has {SEALED_LENGTH}, a message {MESSAGE_LENGTH}"
)]
pub struct WrongLength {
    /// How many bytes there are.
    pub found: usize,
}

/// The tag of a sealed packet, be it a knock, an answer or a message.
pub fn tag_of<const LENGTH: usize>(sealed: &[u8; LENGTH]) -> Tag {
    Tag(field::<{ sealed::TAG }, 8, _>(sealed))
}

/// The nonce of a sealed packet, be it a knock, an answer or a message.
pub fn nonce_of<const LENGTH: usize>(sealed: &[u8; LENGTH]) -> [u8; 12] {
    field::<{ sealed::NONCE }, 12, _>(sealed)
}

fn close(tag: Tag, mut plain: Plain, key: &[u8; 32], rng: &mut impl CryptoRng) -> Sealed {
    let mut sealed = [0; SEALED_LENGTH];
    if let Some((nonce, authenticator)) = encrypt(tag, &mut plain, key, rng) {
        put::<{ sealed::TAG }, 8, _>(&mut sealed, tag.0);
        put::<{ sealed::NONCE }, 12, _>(&mut sealed, nonce);
        put::<{ sealed::CIPHERTEXT }, 64, _>(&mut sealed, plain);
        put::<{ sealed::AUTHENTICATOR }, 16, _>(&mut sealed, authenticator);
    }
    sealed
}

/// Encrypts the text where it stands, under a nonce of its own; gives nonce and authenticator.
pub(crate) fn encrypt(
    tag: Tag,
    text: &mut [u8],
    key: &[u8; 32],
    rng: &mut impl CryptoRng,
) -> Option<([u8; 12], [u8; 16])> {
    let mut nonce = [0; 12];
    rng.fill_bytes(&mut nonce);
    let cipher = Aes256GcmSiv::new(key.into());
    // A kilobyte is far below what the cipher takes. Were it ever to refuse it, nothing of the text
    // leaves: a packet of zeros is noise to everybody.
    let authenticator = cipher
        .encrypt_inout_detached(&nonce.into(), &tag.0, InOutBuf::from(text))
        .ok()?;
    Some((nonce, authenticator.into()))
}
