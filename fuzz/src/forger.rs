//! Seals any 64 bytes as client 0 would, written from protocol.md alone and not from our own `seal`.
//!
//! So the parser behind the seal meets what no honest client says, and two implementations of the key
//! derivation check each other.

use std::sync::LazyLock;

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use nightlatch_ticket::{Epoch, Frame, Sealed};
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::people::People;

/// What stands behind the seal.
pub type Plain = [u8; 64];

/// A hand that knows client 0's keys and no manners.
pub struct Forger {
    tag: [u8; 32],
    knock: [u8; 32],
    ack: [u8; 32],
}

impl Forger {
    /// The hand, with the keys of client 0 and the server.
    pub fn of_client_0() -> &'static Self {
        static FORGER: LazyLock<Forger> = LazyLock::new(Forger::derive);
        &FORGER
    }

    fn derive() -> Self {
        let client = StaticSecret::from([People::FIRST; 32]);
        let server = PublicKey::from(&StaticSecret::from([People::SERVER; 32]));
        let ikm = [
            *client.diffie_hellman(&server).as_bytes(),
            [People::SHARED; 32],
        ]
        .concat();
        let prk = Hkdf::<Sha256>::new(Some(b"nightlatch v1"), &ikm);
        let both = [*PublicKey::from(&client).as_bytes(), *server.as_bytes()].concat();
        let expand = |label: &[u8]| {
            let mut key = [0; 32];
            prk.expand(&[label, &both].concat(), &mut key).unwrap();
            key
        };
        Self {
            tag: expand(b"tag"),
            knock: expand(b"knock"),
            ack: expand(b"ack"),
        }
    }

    /// A knock with these bytes, tagged for this epoch.
    pub fn knock(&self, plain: &Plain, epoch: Epoch, nonce: [u8; 12]) -> Sealed {
        seal(plain, self.mac(b"epoch", epoch.0), &self.knock, nonce)
    }

    /// A knock with these bytes under the recovery tag.
    pub fn recovery(&self, plain: &Plain, nonce: [u8; 12]) -> Sealed {
        let tag = leading(&hmac(&self.tag, &[b"recovery"]));
        seal(plain, tag, &self.knock, nonce)
    }

    /// An answer with these bytes to the knock with this counter.
    pub fn ack(&self, plain: &Plain, counter: u64, nonce: [u8; 12]) -> Sealed {
        seal(plain, self.mac(b"ack", counter), &self.ack, nonce)
    }

    /// A message with these bytes, which may be of another length than any message has.
    pub fn message(&self, plain: &[u8], epoch: Epoch, nonce: [u8; 12]) -> Vec<u8> {
        sealed(plain, self.mac(b"epoch", epoch.0), &self.knock, nonce)
    }

    /// Frames with these bytes, 13 for each frame but eight fewer in the first, in all of them the
    /// right tag.
    pub fn frames(&self, plain: &[u8], address: [u8; 16], epoch: Epoch) -> Vec<Frame> {
        let epoch_bytes = epoch.0.to_be_bytes();
        let (code_key, key) = (
            hmac(&self.knock, &[b"sequence mac"]),
            hmac(&self.knock, &[b"sequence key"]),
        );
        let code = leading(&hmac(&code_key, &[b"v1", &epoch_bytes, &address, plain]));
        let stream =
            (0..=255).flat_map(|block| hmac(&key, &[b"v1", &epoch_bytes, &code, &[block]]));
        let text = plain.iter().zip(stream).map(|(one, two)| one ^ two);
        let body: Vec<u8> = code.into_iter().chain(text).collect();
        let tag = hmac(&self.tag, &[b"sequence", &epoch_bytes]);
        let tag = u32::from_be_bytes(tag[..4].try_into().unwrap()) >> 4 << 4;
        let pieces = body.chunks_exact(13);
        let last = pieces.len() - 1;
        (0..)
            .zip(pieces)
            .map(|(index, piece)| {
                let is_last = u32::from(index == last);
                let head = tag | u32::try_from(index).unwrap() << 1 & 0b1110 | is_last;
                [&head.to_be_bytes(), piece].concat().try_into().unwrap()
            })
            .collect()
    }

    fn mac(&self, label: &[u8], number: u64) -> [u8; 8] {
        leading(&hmac(&self.tag, &[label, &number.to_be_bytes()]))
    }
}

fn seal(plain: &Plain, tag: [u8; 8], key: &[u8; 32], nonce: [u8; 12]) -> Sealed {
    sealed(plain, tag, key, nonce).try_into().unwrap()
}

fn sealed(plain: &[u8], tag: [u8; 8], key: &[u8; 32], nonce: [u8; 12]) -> Vec<u8> {
    let payload = Payload {
        msg: plain,
        aad: &tag,
    };
    let text = Aes256GcmSiv::new(key.into())
        .encrypt(&nonce.into(), payload)
        .unwrap();
    [&tag[..], &nonce, &text].concat()
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn leading(digest: &[u8]) -> [u8; 8] {
    digest[..8].try_into().unwrap()
}
