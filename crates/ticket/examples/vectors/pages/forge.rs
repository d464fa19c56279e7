//! A second writing of docs/protocol.md, made of nothing but the primitives: it seals good packets,
//! and bad ones that the library has no way to seal.

#![cfg_attr(
    not(test),
    expect(
        clippy::unwrap_used,
        reason = "fixed lengths into primitives that take them; a generator that stops shows the mistake"
    )
)]

use std::net::IpAddr;

use aes_gcm_siv::aead::inout::InOutBuf;
use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use x25519_dalek::x25519;

/// What a client and a server hold, and what follows from it.
pub(crate) struct Pair {
    pub(crate) client_secret: [u8; 32],
    pub(crate) client_public: [u8; 32],
    pub(crate) server_secret: [u8; 32],
    pub(crate) server_public: [u8; 32],
    pub(crate) preshared: [u8; 32],
    pub(crate) tag_key: [u8; 32],
    pub(crate) knock_key: [u8; 32],
    pub(crate) ack_key: [u8; 32],
}

impl Pair {
    pub(crate) fn new(
        client_secret: [u8; 32],
        server_secret: [u8; 32],
        preshared: [u8; 32],
    ) -> Self {
        let client_public = x25519(client_secret, BASE_POINT);
        let server_public = x25519(server_secret, BASE_POINT);
        let material = [x25519(client_secret, server_public), preshared].concat();
        let hkdf = Hkdf::<Sha256>::new(Some(b"nightlatch v1"), &material);
        let expand = |label: &[u8]| {
            let mut key = [0; 32];
            hkdf.expand(&[label, &client_public, &server_public].concat(), &mut key)
                .unwrap();
            key
        };
        Self {
            client_secret,
            client_public,
            server_secret,
            server_public,
            preshared,
            tag_key: expand(b"tag"),
            knock_key: expand(b"knock"),
            ack_key: expand(b"ack"),
        }
    }

    pub(crate) fn epoch_tag(&self, epoch: u64) -> [u8; 8] {
        tag(&self.tag_key, b"epoch", &epoch.to_be_bytes())
    }

    pub(crate) fn recovery_tag(&self) -> [u8; 8] {
        tag(&self.tag_key, b"recovery", b"")
    }

    pub(crate) fn ack_tag(&self, counter: u64) -> [u8; 8] {
        tag(&self.tag_key, b"ack", &counter.to_be_bytes())
    }
}

/// A knock's plaintext, field by field; what a good one never has can be set too.
#[derive(Clone)]
pub(crate) struct Knock {
    pub(crate) version: u8,
    pub(crate) kind: u8,
    pub(crate) flags: u16,
    pub(crate) counter: u64,
    pub(crate) time: u64,
    pub(crate) service: [u8; 8],
    pub(crate) claimed: [u8; 16],
    pub(crate) wanted: u32,
    pub(crate) reserved: [u8; 16],
}

impl Knock {
    pub(crate) fn plaintext(&self) -> Vec<u8> {
        let mut plain = vec![self.version, self.kind];
        plain.extend(self.flags.to_be_bytes());
        plain.extend(self.counter.to_be_bytes());
        plain.extend(self.time.to_be_bytes());
        plain.extend(self.service);
        plain.extend(self.claimed);
        plain.extend(self.wanted.to_be_bytes());
        plain.extend(self.reserved);
        plain
    }
}

/// An answer's plaintext, field by field.
#[derive(Clone)]
pub(crate) struct Ack {
    pub(crate) version: u8,
    pub(crate) status: u8,
    pub(crate) flags: u16,
    pub(crate) counter: u64,
    pub(crate) time: u64,
    pub(crate) seen: [u8; 16],
    pub(crate) granted: u32,
    pub(crate) last: u64,
    pub(crate) reserved: [u8; 16],
}

impl Ack {
    pub(crate) fn plaintext(&self) -> Vec<u8> {
        let mut plain = vec![self.version, self.status];
        plain.extend(self.flags.to_be_bytes());
        plain.extend(self.counter.to_be_bytes());
        plain.extend(self.time.to_be_bytes());
        plain.extend(self.seen);
        plain.extend(self.granted.to_be_bytes());
        plain.extend(self.last.to_be_bytes());
        plain.extend(self.reserved);
        plain
    }
}

/// Seals any plaintext: tag ‖ nonce ‖ ciphertext ‖ authenticator.
pub(crate) fn seal(key: &[u8; 32], tag: [u8; 8], nonce: [u8; 12], plaintext: &[u8]) -> Vec<u8> {
    seal_beside(key, (tag, &tag), nonce, plaintext)
}

/// Seals with other associated data than the tag that is sent.
pub(crate) fn seal_beside(
    key: &[u8; 32],
    (tag, associated): ([u8; 8], &[u8]),
    nonce: [u8; 12],
    plaintext: &[u8],
) -> Vec<u8> {
    let mut text = plaintext.to_vec();
    let authenticator = Aes256GcmSiv::new(key.into())
        .encrypt_inout_detached(
            &nonce.into(),
            associated,
            InOutBuf::from(text.as_mut_slice()),
        )
        .unwrap();
    [&tag[..], &nonce, &text, &authenticator].concat()
}

/// HMAC-SHA-256(key, label ‖ number), cut to eight bytes.
pub(crate) fn tag(key: &[u8; 32], label: &[u8], number: &[u8]) -> [u8; 8] {
    *hmac(key, &[label, number].concat()).first_chunk().unwrap()
}

/// HMAC-SHA-256.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// SHA-256("nightlatch service" ‖ name), cut to eight bytes.
pub(crate) fn service(name: &str) -> [u8; 8] {
    *Sha256::digest(format!("nightlatch service{name}"))
        .first_chunk()
        .unwrap()
}

/// An address in sixteen bytes, IPv4 as IPv4-mapped.
pub(crate) fn address(text: &str) -> [u8; 16] {
    match text.parse().unwrap() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// Two hexadecimal digits a byte, without anything between them.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"))
}

/// The bytes that hexadecimal digits stand for.
pub(crate) fn unhex<const N: usize>(digits: &str) -> [u8; N] {
    let bytes: Vec<u8> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect();
    bytes.try_into().unwrap()
}

const BASE_POINT: [u8; 32] = {
    let mut point = [0; 32];
    point[0] = 9;
    point
};
