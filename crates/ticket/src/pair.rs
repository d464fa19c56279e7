//! The keys of one client with one server: made once, so that a packet costs symmetric work only.

use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::SharedSecret;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{PresharedSecret, PublicKey, SecretKey, TagKey};

/// What one client and one server have in common. Neither printed nor copied; wiped when dropped.
#[derive(ZeroizeOnDrop)]
pub struct PairKeys {
    tag: TagKey,
    knock: [u8; 32],
    ack: [u8; 32],
}

impl PairKeys {
    /// The pair as the server makes it.
    pub fn of_server(
        server: &SecretKey,
        client: &PublicKey,
        shared: &PresharedSecret,
    ) -> Result<Self, WeakKey> {
        let agreed = server.exponent().diffie_hellman(&client.point());
        Self::derive(&agreed, shared, [client, &server.public()])
    }

    /// The pair as the server makes it for many clients, its public half worked out beforehand.
    ///
    /// `own` must be `server.public()`: with another key the client knocks in vain.
    pub fn of_server_known(
        server: &SecretKey,
        own: &PublicKey,
        client: &PublicKey,
        shared: &PresharedSecret,
    ) -> Result<Self, WeakKey> {
        let agreed = server.exponent().diffie_hellman(&client.point());
        Self::derive(&agreed, shared, [client, own])
    }

    /// The pair as the client makes it.
    pub fn of_client(
        client: &SecretKey,
        server: &PublicKey,
        shared: &PresharedSecret,
    ) -> Result<Self, WeakKey> {
        let agreed = client.exponent().diffie_hellman(&server.point());
        Self::derive(&agreed, shared, [&client.public(), server])
    }

    /// A copy of the key that makes tags, for the process that only recognises clients.
    pub const fn tag_key(&self) -> TagKey {
        self.tag.duplicate()
    }

    /// The key that makes tags.
    pub const fn tags(&self) -> &TagKey {
        &self.tag
    }

    pub(crate) const fn knock(&self) -> &[u8; 32] {
        &self.knock
    }

    pub(crate) const fn ack(&self) -> &[u8; 32] {
        &self.ack
    }

    fn derive(
        agreed: &SharedSecret,
        shared: &PresharedSecret,
        [client, server]: [&PublicKey; 2],
    ) -> Result<Self, WeakKey> {
        // Some public keys lead every secret to zero (RFC 7748 §6.1): whoever slips one into a
        // configuration would know what was agreed.
        if !agreed.was_contributory() {
            return Err(WeakKey);
        }
        let mut material = Zeroizing::new([0; 64]);
        let halves = agreed.as_bytes().iter().chain(shared.expose_bytes());
        material
            .iter_mut()
            .zip(halves)
            .for_each(|(to, from)| *to = *from);

        let (mut root, hkdf) = Hkdf::<Sha256>::extract(Some(SALT), &*material);
        root.as_mut_slice().zeroize();
        let expand = |label: &[u8]| {
            let mut key = [0; 32];
            // 32 bytes are within HKDF's reach; were they not, refusing beats a key of zeros.
            hkdf.expand_multi_info(&[label, client.as_bytes(), server.as_bytes()], &mut key)
                .map_or(Err(WeakKey), |()| Ok(key))
        };
        Ok(Self {
            tag: TagKey::from_bytes(expand(b"tag")?),
            knock: expand(b"knock")?,
            ack: expand(b"ack")?,
        })
    }
}

/// A public key that agrees on nothing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this public key is weak: everybody would know what is agreed with it\n  ask its owner to make another with `nightlatch keygen`"
)]
pub struct WeakKey;

const SALT: &[u8] = b"nightlatch v1";

#[cfg(test)]
mod tests {
    use super::*;

    fn shared() -> PresharedSecret {
        PresharedSecret::from_bytes([3; 32])
    }

    #[test]
    fn both_ends_come_to_the_same_keys() {
        let (client, server) = (
            SecretKey::from_bytes([1; 32]),
            SecretKey::from_bytes([2; 32]),
        );
        let here = PairKeys::of_client(&client, &server.public(), &shared()).unwrap();
        let there = PairKeys::of_server(&server, &client.public(), &shared()).unwrap();
        assert_eq!(here.tag.expose_bytes(), there.tag.expose_bytes());
        assert_eq!((here.knock, here.ack), (there.knock, there.ack));
    }

    #[test]
    fn the_three_keys_of_a_pair_differ() {
        let (client, server) = (
            SecretKey::from_bytes([1; 32]),
            SecretKey::from_bytes([2; 32]),
        );
        let pair = PairKeys::of_client(&client, &server.public(), &shared()).unwrap();
        assert_ne!(pair.knock, pair.ack);
        assert_ne!(pair.tag.expose_bytes(), &pair.knock);
        assert_ne!(pair.tag.expose_bytes(), &pair.ack);
    }

    #[test]
    fn another_preshared_secret_makes_another_pair() {
        let (client, server) = (
            SecretKey::from_bytes([1; 32]),
            SecretKey::from_bytes([2; 32]),
        );
        let one = PairKeys::of_client(&client, &server.public(), &shared()).unwrap();
        let none =
            PairKeys::of_client(&client, &server.public(), &PresharedSecret::none()).unwrap();
        assert_ne!(one.knock, none.knock);
    }

    #[test]
    fn the_two_roles_are_not_interchangeable() {
        let (one, two) = (
            SecretKey::from_bytes([1; 32]),
            SecretKey::from_bytes([2; 32]),
        );
        let forth = PairKeys::of_client(&one, &two.public(), &shared()).unwrap();
        let back = PairKeys::of_client(&two, &one.public(), &shared()).unwrap();
        assert_ne!(forth.knock, back.knock);
    }

    #[test]
    fn a_key_that_agrees_on_nothing_is_refused() {
        let server = SecretKey::from_bytes([2; 32]);
        let mut one = [0; 32];
        one[0] = 1;
        for weak in [[0; 32], one] {
            let refused = PairKeys::of_server(&server, &PublicKey::from_bytes(weak), &shared());
            assert_eq!(refused.err(), Some(WeakKey));
        }
    }
}
