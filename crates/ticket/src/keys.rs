//! The keys that people hold: a pair of their own, and a secret shared at enrolment.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use x25519_dalek::StaticSecret;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret key: whoever has it knocks as its owner. It cannot be printed, and is wiped when dropped.
///
/// ```compile_fail
/// # use nightlatch_ticket::SecretKey;
/// println!("{:?}", SecretKey::from_bytes([1; 32]));
/// ```
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// A key that nobody else has.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The key made of these bytes, which are an X25519 secret before clamping (RFC 7748 §5).
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(x25519_dalek::PublicKey::from(&self.exponent()).to_bytes())
    }

    /// The secret itself, for writing it to its file.
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The secret as the curve takes it.
    pub(crate) fn exponent(&self) -> StaticSecret {
        StaticSecret::from(self.0)
    }
}

/// A public key: may be shown to anybody, and stands in the other side's configuration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The key made of these bytes. Whether it is a weak one shows when a pair is made with it.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of the key (RFC 7748 §5).
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key as the curve takes it.
    pub(crate) fn point(&self) -> x25519_dalek::PublicKey {
        x25519_dalek::PublicKey::from(self.0)
    }
}

/// A secret that both sides got at enrolment: it keeps recorded knocks shut against a quantum computer.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PresharedSecret([u8; 32]);

impl PresharedSecret {
    /// A secret that nobody else has.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The secret made of these bytes; all zero is [`PresharedSecret::none`].
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// No secret: only where the administrator says so.
    pub const fn none() -> Self {
        Self([0; 32])
    }

    /// Whether this is the absence of one.
    pub fn is_none(&self) -> bool {
        self.0.ct_eq(&[0; 32]).into()
    }

    /// The secret itself, for writing it to its file.
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_half_is_the_one_of_rfc_7748() {
        // RFC 7748 §6.1, Alice.
        let secret = SecretKey::from_bytes([
            0x77, 0x07, 0x6d, 0x0a, 0x73, 0x18, 0xa5, 0x7d, 0x3c, 0x16, 0xc1, 0x72, 0x51, 0xb2,
            0x66, 0x45, 0xdf, 0x4c, 0x2f, 0x87, 0xeb, 0xc0, 0x99, 0x2a, 0xb1, 0x77, 0xfb, 0xa5,
            0x1d, 0xb9, 0x2c, 0x2a,
        ]);
        let public = PublicKey::from_bytes([
            0x85, 0x20, 0xf0, 0x09, 0x89, 0x30, 0xa7, 0x54, 0x74, 0x8b, 0x7d, 0xdc, 0xb4, 0x3e,
            0xf7, 0x5a, 0x0d, 0xbf, 0x3a, 0x0d, 0x26, 0x38, 0x1a, 0xf4, 0xeb, 0xa4, 0xa9, 0x8e,
            0xaa, 0x9b, 0x4e, 0x6a,
        ]);
        assert_eq!(secret.public().as_bytes(), public.as_bytes());
    }

    #[test]
    fn every_secret_is_wiped_when_it_is_dropped() {
        const fn is_wiped<T: ZeroizeOnDrop>() {}
        is_wiped::<SecretKey>();
        is_wiped::<PresharedSecret>();
        is_wiped::<crate::TagKey>();
        is_wiped::<crate::PairKeys>();
    }

    #[test]
    fn no_secret_is_all_zero() {
        assert!(PresharedSecret::none().is_none());
        assert!(PresharedSecret::from_bytes([0; 32]).is_none());
        assert!(!PresharedSecret::from_bytes([1; 32]).is_none());
    }
}
