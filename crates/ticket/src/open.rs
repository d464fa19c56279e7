//! Opens what was sealed. Every "no" is a value; what is wrong inside a good seal is said exactly.

use aes_gcm_siv::aead::inout::InOutBuf;
use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit};
use subtle::ConstantTimeEq;

use crate::layout::{self, Plain, field, sealed};
use crate::{Ack, Counter, PairKeys, Request, Sealed, Tag, nonce_of, tag_of};

/// Why a packet of the right length was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was not sealed with these keys, or was changed on its way.
    #[error("not sealed with the keys of this pair, or changed on the way")]
    Forged,
    /// An answer, but not to the knock with the expected counter.
    #[error("not the answer to this knock")]
    NotAwaited,
    /// Sealed by a program that speaks another version.
    #[error("version {0} of the protocol is not known here\n  bring both ends to the same release")]
    UnknownVersion(u8),
    /// A kind of request that does not exist in this version.
    #[error("request kind {0} is not known")]
    UnknownKind(u8),
    /// A status that does not exist in this version.
    #[error("status {0} is not known")]
    UnknownStatus(u8),
    /// A flag that does not exist in this version.
    #[error("flags {0:#06x} are not known")]
    UnknownFlags(u16),
    /// Something stands where nothing may stand.
    #[error("the reserved bytes are not zero")]
    ReservedNotZero,
    /// A time after the last one that can be written in nanoseconds.
    #[error("{0} milliseconds is no time")]
    BadTime(u64),
    /// An address that no host can have, or none where there must be one.
    #[error("the address is not one that a host can have")]
    BadAddress,
    /// A message whose text is longer than it may be, or no UTF-8.
    #[error("the text is too long or not UTF-8")]
    BadText,
}

/// Opens a knock, on the server. Whether it is fresh and may be honoured is not this function's business.
pub fn open(sealed: &Sealed, keys: &PairKeys) -> Result<Request, OpenError> {
    layout::read_request(&plaintext(sealed, keys.knock())?)
}

/// Opens the answer to the knock with the counter `expected`, on the client.
pub fn open_ack(sealed: &Sealed, expected: Counter, keys: &PairKeys) -> Result<Ack, OpenError> {
    // In constant time, or somebody could find the tag of an answer that is still on its way.
    let awaited = keys.tags().ack_tag(expected);
    if !bool::from(tag_of(sealed).0.ct_eq(&awaited.0)) {
        return Err(OpenError::NotAwaited);
    }
    let ack = layout::read_ack(&plaintext(sealed, keys.ack())?)?;
    if ack.counter == expected {
        Ok(ack)
    } else {
        Err(OpenError::NotAwaited)
    }
}

fn plaintext(sealed: &Sealed, key: &[u8; 32]) -> Result<Plain, OpenError> {
    let mut plain: Plain = field::<{ sealed::CIPHERTEXT }, 64, _>(sealed);
    let authenticator = field::<{ sealed::AUTHENTICATOR }, 16, _>(sealed);
    let outside = (tag_of(sealed), nonce_of(sealed), authenticator);
    decrypt(outside, &mut plain, key).map(|()| plain)
}

/// Decrypts the text where it stands, if it was sealed with this tag, nonce and authenticator.
pub(crate) fn decrypt(
    (tag, nonce, authenticator): (Tag, [u8; 12], [u8; 16]),
    text: &mut [u8],
    key: &[u8; 32],
) -> Result<(), OpenError> {
    Aes256GcmSiv::new(key.into())
        .decrypt_inout_detached(
            &nonce.into(),
            &tag.0,
            InOutBuf::from(text),
            &authenticator.into(),
        )
        .map_err(|_| OpenError::Forged)
}
