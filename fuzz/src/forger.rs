//! Seals any 64 bytes as client 0 would, written from protocol.md alone and not from our own `seal`.
//!
//! So the parser behind the seal meets what no honest client says, and two implementations of the key
//! derivation check each other.

use std::sync::LazyLock;

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use nightlatch_ticket::{Epoch, Sealed};
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
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.tag).unwrap();
        mac.update(b"recovery");
        seal(
            plain,
            leading(&mac.finalize().into_bytes()),
            &self.knock,
            nonce,
        )
    }

    /// An answer with these bytes to the knock with this counter.
    pub fn ack(&self, plain: &Plain, counter: u64, nonce: [u8; 12]) -> Sealed {
        seal(plain, self.mac(b"ack", counter), &self.ack, nonce)
    }

    fn mac(&self, label: &[u8], number: u64) -> [u8; 8] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.tag).unwrap();
        mac.update(label);
        mac.update(&number.to_be_bytes());
        leading(&mac.finalize().into_bytes())
    }
}

fn seal(plain: &Plain, tag: [u8; 8], key: &[u8; 32], nonce: [u8; 12]) -> Sealed {
    let payload = Payload {
        msg: plain,
        aad: &tag,
    };
    let text = Aes256GcmSiv::new(key.into())
        .encrypt(&nonce.into(), payload)
        .unwrap();
    [&tag[..], &nonce, &text].concat().try_into().unwrap()
}

fn leading(digest: &[u8]) -> [u8; 8] {
    digest[..8].try_into().unwrap()
}
