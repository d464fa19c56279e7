//! A secret key under a passphrase: argon2id makes the key, AES-256-GCM-SIV seals with it.
//!
//! ```text
//! version 1 ‖ memory KiB 4 ‖ passes 4 ‖ lanes 4 ‖ salt 16 ‖ nonce 12 ‖ sealed secret 32 + 16      (big-endian)
//! └─────────────────── associated data ───────────┘
//! ```
//! As text it is bech32m with the prefix `nightlatch-sealed`.

use aes_gcm_siv::{Aes256GcmSiv, KeyInit, aead::AeadInOut};
use argon2::{Algorithm, Argon2, Params, Version};
use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};
use nightlatch_ticket::{PublicKey, SecretKey};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// A secret key that only its passphrase opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedKey {
    cost: Cost,
    salt: [u8; 16],
    nonce: [u8; 12],
    sealed: [u8; 32],
    tag: [u8; 16],
    public: Option<PublicKey>,
}

impl SealedKey {
    /// Whose key it is, as its file says; proved only by opening it.
    pub fn public(&self) -> Option<PublicKey> {
        self.public
    }

    /// Opens the seal. It takes half a second or so, on purpose.
    pub fn open(&self, passphrase: &str) -> Result<SecretKey, UnsealError> {
        let cipher = self.cost.cipher(passphrase, &self.salt)?;
        let header = self.header();
        let mut bytes = Zeroizing::new(self.sealed);
        cipher
            .decrypt_inout_detached(
                &self.nonce.into(),
                &header,
                bytes.as_mut_slice().into(),
                &self.tag.into(),
            )
            .map_err(|_| UnsealError::WrongPassphrase)?;
        let secret = SecretKey::from_bytes(*bytes);
        match self.public {
            Some(said) if said != secret.public() => Err(UnsealError::OtherKey {
                said,
                found: secret.public(),
            }),
            _ => Ok(secret),
        }
    }

    /// Seals a key the way new files are sealed.
    pub(crate) fn seal(
        secret: &SecretKey,
        passphrase: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, UnsealError> {
        Self::seal_at(Cost::OURS, secret, passphrase, rng)
    }

    fn seal_at(
        cost: Cost,
        secret: &SecretKey,
        passphrase: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, UnsealError> {
        let mut key = Self {
            cost,
            salt: [0; 16],
            nonce: [0; 12],
            sealed: [0; 32],
            tag: [0; 16],
            public: Some(secret.public()),
        };
        rng.fill_bytes(&mut key.salt);
        rng.fill_bytes(&mut key.nonce);
        let cipher = cost.cipher(passphrase, &key.salt)?;
        let header = key.header();
        // Sealed where it lies: the secret is in these bytes for a moment only.
        let mut bytes = Zeroizing::new(*secret.expose_bytes());
        let tag = cipher
            .encrypt_inout_detached(&key.nonce.into(), &header, bytes.as_mut_slice().into())
            .map_err(|_| UnsealError::Costly)?;
        key.sealed = *bytes;
        key.tag = tag.into();
        Ok(key)
    }

    /// The text for its file.
    pub(crate) fn to_text(&self) -> String {
        let mut bytes = self.header().to_vec();
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.sealed);
        bytes.extend_from_slice(&self.tag);
        // Ninety-some bytes are far below what bech32m can hold.
        bech32::encode_lower::<Bech32m>(PREFIX, &bytes).unwrap_or_default()
    }

    /// Whether a text tries to be a sealed key.
    pub(crate) fn is_meant_by(text: &str) -> bool {
        text.rsplit_once('1')
            .is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case(PREFIX.as_str()))
    }

    /// Reads the text of a sealed key.
    pub(crate) fn from_text(text: &str, public: Option<PublicKey>) -> Result<Self, UnsealError> {
        let checked = CheckedHrpstring::new::<Bech32m>(text).map_err(|_| UnsealError::Typo)?;
        let bytes: Vec<u8> = checked.byte_iter().collect();
        let (version, rest) = bytes.split_first().ok_or(UnsealError::Typo)?;
        if *version != VERSION {
            return Err(UnsealError::UnknownVersion(*version));
        }
        let (memory, rest) = rest.split_first_chunk().ok_or(UnsealError::Typo)?;
        let (passes, rest) = rest.split_first_chunk().ok_or(UnsealError::Typo)?;
        let (lanes, rest) = rest.split_first_chunk().ok_or(UnsealError::Typo)?;
        let (salt, rest) = rest.split_first_chunk().ok_or(UnsealError::Typo)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or(UnsealError::Typo)?;
        let cost = Cost {
            memory: u32::from_be_bytes(*memory),
            passes: u32::from_be_bytes(*passes),
            lanes: u32::from_be_bytes(*lanes),
        };
        // A file from a stranger must not make us spend a day or all memory on it.
        if cost.memory > Cost::MOST.memory
            || cost.passes > Cost::MOST.passes
            || cost.lanes > Cost::MOST.lanes
        {
            return Err(UnsealError::Costly);
        }
        let (sealed, rest) = rest.split_first_chunk().ok_or(UnsealError::Typo)?;
        let tag = rest.try_into().map_err(|_| UnsealError::Typo)?;
        Ok(Self {
            cost,
            salt: *salt,
            nonce: *nonce,
            sealed: *sealed,
            tag,
            public,
        })
    }

    fn header(&self) -> [u8; 29] {
        let Cost {
            memory,
            passes,
            lanes,
        } = self.cost;
        let parts = [VERSION]
            .into_iter()
            .chain(memory.to_be_bytes())
            .chain(passes.to_be_bytes())
            .chain(lanes.to_be_bytes())
            .chain(self.salt);
        let mut header = [0; 29];
        header
            .iter_mut()
            .zip(parts)
            .for_each(|(place, byte)| *place = byte);
        header
    }
}

/// Why a sealed key stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// The passphrase is wrong, or the file was changed.
    #[error(
        "the passphrase does not open this key\n  try again; a lost passphrase cannot be recovered"
    )]
    WrongPassphrase,
    /// The seal opened, and inside is another key than the file says.
    #[error(
        "the file says it is the key of {said}, and inside is the key of {found}\n  find out who changed the file"
    )]
    OtherKey {
        /// The public key that the file's comment names.
        said: PublicKey,
        /// The public key of what was inside.
        found: PublicKey,
    },
    /// The checksum does not fit.
    #[error(
        "the sealed key has a typo: its checksum or its length does not fit\n  copy the whole line again"
    )]
    Typo,
    /// A later Nightlatch wrote it.
    #[error("the sealed key has version {0}\n  use a newer nightlatch")]
    UnknownVersion(u8),
    /// Opening it would take more time or memory than any honest file asks for.
    #[error(
        "the sealed key asks for more work than is reasonable\n  make a key with nightlatch keygen"
    )]
    Costly,
}

/// How much work a guess is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cost {
    /// In KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
}

impl Cost {
    /// RFC 9106 §4, the second recommendation, with one lane: we compute on one core, so a guess should not be faster on four.
    const OURS: Self = Self {
        memory: 64 * 1024,
        passes: 3,
        lanes: 1,
    };

    /// The first recommendation of RFC 9106 §4 has 2 GiB; a key file of ours never asks for that.
    const MOST: Self = Self {
        memory: 1024 * 1024,
        passes: 16,
        lanes: 16,
    };

    fn cipher(self, passphrase: &str, salt: &[u8; 16]) -> Result<Aes256GcmSiv, UnsealError> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(32))
            .map_err(|_| UnsealError::Costly)?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, key.as_mut())
            .map_err(|_| UnsealError::Costly)?;
        Ok(Aes256GcmSiv::new((&*key).into()))
    }
}

const VERSION: u8 = 1;

const PREFIX: Hrp = Hrp::parse_unchecked("nightlatch-sealed");

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};

    use super::*;

    /// Cheap, so that tests do not wait.
    const CHEAP: Cost = Cost {
        memory: 32,
        passes: 1,
        lanes: 1,
    };

    fn sealed() -> (SecretKey, SealedKey) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let secret = SecretKey::generate(&mut rng);
        let sealed = SealedKey::seal_at(CHEAP, &secret, "correct horse", &mut rng).unwrap();
        (secret, sealed)
    }

    #[test]
    fn the_passphrase_opens_it_and_another_does_not() {
        let (secret, sealed) = sealed();
        let read = SealedKey::from_text(&sealed.to_text(), sealed.public()).unwrap();
        assert_eq!(read, sealed);
        assert_eq!(
            read.open("correct horse").unwrap().public(),
            secret.public()
        );
        assert_eq!(
            read.open("correct hors").err(),
            Some(UnsealError::WrongPassphrase)
        );
        assert_eq!(read.open("").err(), Some(UnsealError::WrongPassphrase));
    }

    #[test]
    fn a_new_key_is_sealed_as_rfc_9106_recommends() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let secret = SecretKey::generate(&mut rng);
        let sealed = SealedKey::seal(&secret, "battery staple", &mut rng).unwrap();
        assert_eq!((sealed.cost.memory, sealed.cost.passes), (65_536, 3));
        assert_eq!(
            sealed.open("battery staple").unwrap().public(),
            secret.public()
        );
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let (_, sealed) = sealed();
        for place in 0..32 {
            let mut other = sealed.clone();
            other.sealed[place] ^= 1;
            assert_eq!(
                other.open("correct horse").err(),
                Some(UnsealError::WrongPassphrase)
            );
        }
        for place in 0..16 {
            let mut other = sealed.clone();
            other.salt[place] ^= 1;
            assert_eq!(
                other.open("correct horse").err(),
                Some(UnsealError::WrongPassphrase)
            );
        }
        let cheaper = SealedKey {
            cost: Cost { passes: 2, ..CHEAP },
            ..sealed
        };
        assert_eq!(
            cheaper.open("correct horse").err(),
            Some(UnsealError::WrongPassphrase)
        );
    }

    #[test]
    fn a_typo_is_told_from_a_wrong_passphrase() {
        let (_, sealed) = sealed();
        let text = sealed.to_text();
        let typo = text.replacen('q', "p", 1);
        assert_eq!(SealedKey::from_text(&typo, None), Err(UnsealError::Typo));
        assert_eq!(
            SealedKey::from_text(&text[..text.len() - 1], None),
            Err(UnsealError::Typo)
        );
    }

    #[test]
    fn a_hostile_file_cannot_ask_for_all_memory() {
        let (_, sealed) = sealed();
        let greedy = SealedKey {
            cost: Cost {
                memory: u32::MAX,
                ..CHEAP
            },
            ..sealed
        };
        assert_eq!(
            SealedKey::from_text(&greedy.to_text(), None),
            Err(UnsealError::Costly)
        );
    }

    #[test]
    fn a_later_version_is_named() {
        let (_, sealed) = sealed();
        let mut bytes: Vec<u8> = CheckedHrpstring::new::<Bech32m>(&sealed.to_text())
            .unwrap()
            .byte_iter()
            .collect();
        bytes[0] = 2;
        let text = bech32::encode_lower::<Bech32m>(PREFIX, &bytes).unwrap();
        assert_eq!(
            SealedKey::from_text(&text, None),
            Err(UnsealError::UnknownVersion(2))
        );
    }

    #[test]
    fn a_file_that_names_somebody_else_is_refused() {
        let (secret, mut sealed) = sealed();
        let said = PublicKey::from_bytes([9; 32]);
        sealed.public = Some(said);
        let found = secret.public();
        assert_eq!(
            sealed.open("correct horse").err(),
            Some(UnsealError::OtherKey { said, found })
        );
    }
}
