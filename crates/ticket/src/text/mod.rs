//! Keys as people copy them: bech32m, so that a typo is found and a key of the wrong kind is named.

mod typo;
mod wrong;

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use bech32::primitives::decode::{CharError, UncheckedHrpstring, UncheckedHrpstringError};
use bech32::{Bech32m, Hrp};
use zeroize::Zeroizing;

pub use wrong::{KeyKind, KeyTextError};

use crate::{PresharedSecret, PublicKey, SecretKey, SequenceSecret};

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32::encode_lower_to_fmt::<Bech32m, _>(f, hrp(KeyKind::Public), self.as_bytes())
            .map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        read(text, KeyKind::Public).map(|bytes| Self::from_bytes(*bytes))
    }
}

impl SecretKey {
    /// The secret as text, for writing it to its file.
    pub fn expose_text(&self) -> Zeroizing<String> {
        write(KeyKind::Secret, self.expose_bytes())
    }
}

impl FromStr for SecretKey {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        read(text, KeyKind::Secret).map(|bytes| Self::from_bytes(*bytes))
    }
}

impl PresharedSecret {
    /// The secret as text, for writing it to its file.
    pub fn expose_text(&self) -> Zeroizing<String> {
        write(KeyKind::Preshared, self.expose_bytes())
    }
}

impl FromStr for PresharedSecret {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        read(text, KeyKind::Preshared).map(|bytes| Self::from_bytes(*bytes))
    }
}

impl SequenceSecret {
    /// The secret as text, for writing it to its file.
    pub fn expose_text(&self) -> Zeroizing<String> {
        write(KeyKind::Sequence, self.expose_bytes())
    }
}

impl FromStr for SequenceSecret {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        read(text, KeyKind::Sequence).map(|bytes| Self::from_bytes(*bytes))
    }
}

fn hrp(kind: KeyKind) -> Hrp {
    Hrp::parse_unchecked(kind.prefix())
}

fn write(kind: KeyKind, bytes: &[u8; 32]) -> Zeroizing<String> {
    // Room for the whole text: a string that grows would leave pieces of the secret behind.
    let mut text = Zeroizing::new(String::with_capacity(kind.characters()));
    let written = bech32::encode_lower_to_fmt::<Bech32m, _>(&mut *text, hrp(kind), bytes);
    debug_assert!(written.is_ok(), "a key fits into the longest bech32m text");
    text
}

fn read(text: &str, wanted: KeyKind) -> Result<Zeroizing<[u8; 32]>, KeyTextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(KeyTextError::Empty { wanted });
    }
    let Some((prefix, _)) = text.rsplit_once('1') else {
        return Err(KeyTextError::NotOurs { wanted });
    };
    match KeyKind::with_prefix(prefix) {
        None => return Err(broken_prefix(text, wanted)),
        Some(found) if found != wanted => return Err(KeyTextError::OtherKind { wanted, found }),
        Some(_) => {}
    }
    let unchecked =
        UncheckedHrpstring::new(text).map_err(|error| misspelt(&error, text, wanted))?;
    if text.len() != wanted.characters() {
        return Err(KeyTextError::WrongLength {
            wanted,
            found: text.chars().count(),
        });
    }
    if !unchecked.has_valid_checksum::<Bech32m>() {
        return Err(mistyped(text, wanted));
    }
    let mut bytes = Zeroizing::new([0; 32]);
    let checked = unchecked.remove_checksum::<Bech32m>();
    bytes
        .iter_mut()
        .zip(checked.byte_iter())
        .for_each(|(to, from)| *to = from);
    // The four bits left over must be zero, so that a key has one text only.
    if write(wanted, &bytes).eq_ignore_ascii_case(text) {
        Ok(bytes)
    } else {
        Err(KeyTextError::Typo { wanted })
    }
}

/// The last `1` may be a typo inside the key: so the beginning decides whose key it tries to be.
fn broken_prefix(text: &str, wanted: KeyKind) -> KeyTextError {
    let Some((prefix, rest)) = text.split_once('1') else {
        return KeyTextError::NotOurs { wanted };
    };
    match KeyKind::with_prefix(prefix) {
        Some(found) if found != wanted => KeyTextError::OtherKind { wanted, found },
        Some(_) => {
            let before = rest.find('1').unwrap_or_default();
            let at = prefix.len().saturating_add(before).saturating_add(2);
            KeyTextError::StrangeCharacter { wanted, at }
        }
        None => KeyTextError::NotOurs { wanted },
    }
}

fn misspelt(error: &UncheckedHrpstringError, text: &str, wanted: KeyKind) -> KeyTextError {
    match error {
        UncheckedHrpstringError::Char(CharError::InvalidChar(character)) => {
            let mut after = text.chars().enumerate().skip(wanted.prefix().len());
            let at = after
                .find(|(_, other)| other == character)
                .map_or(0, |(at, _)| at);
            KeyTextError::StrangeCharacter {
                wanted,
                at: at.saturating_add(1),
            }
        }
        UncheckedHrpstringError::Char(CharError::MixedCase) => KeyTextError::MixedCase { wanted },
        _ => KeyTextError::WrongLength {
            wanted,
            found: text.chars().count(),
        },
    }
}

fn mistyped(text: &str, wanted: KeyKind) -> KeyTextError {
    match typo::wrong_character(text) {
        Some(at) => KeyTextError::TypoAt { wanted, at },
        None => KeyTextError::Typo { wanted },
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn public() -> String {
        PublicKey::from_bytes([7; 32]).to_string()
    }

    #[test]
    fn a_public_key_in_the_place_of_a_secret_one_is_called_by_its_name() {
        let error = public().parse::<SecretKey>().err().unwrap();
        assert_eq!(
            error.to_string(),
            "this is a public key; a secret key is wanted\n  use the line that begins with nightlatch-secret1"
        );
    }

    #[test]
    fn a_secret_key_in_the_wrong_place_is_not_repeated() {
        let text = SecretKey::from_bytes([7; 32]).expose_text();
        let error = text.parse::<PublicKey>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "this is a secret key; a public key is wanted\n  use the line that begins with nightlatch-pub1, and keep the secret key where it belongs"
        );
    }

    #[test]
    fn a_sequence_secret_is_a_kind_of_its_own() {
        let text = SequenceSecret::from_bytes([7; 32]).expose_text();
        assert!(text.starts_with("nightlatch-seq1"));
        assert!(text.parse::<SequenceSecret>() == Ok(SequenceSecret::from_bytes([7; 32])));
        let error = text.parse::<PresharedSecret>().err().unwrap();
        assert_eq!(
            error.to_string(),
            "this is a sequence secret; a pre-shared secret is wanted\n  use the line that begins with nightlatch-psk1, and keep the sequence secret where it belongs"
        );
    }

    #[test]
    fn a_typo_is_found_and_pointed_at() {
        let wrong: String = public()
            .char_indices()
            .map(|(at, c)| if at == 40 { 'x' } else { c })
            .collect();
        let error = wrong.parse::<PublicKey>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "this public key has a typo, most likely in character 41\n  compare it with the original, or copy it again"
        );
    }

    #[test]
    fn three_typos_are_refused_where_a_corrector_would_give_up() {
        let mut bytes = [0; 32];
        (bytes[5], bytes[28], bytes[29], bytes[31]) = (64, 105, 192, 6);
        let mut wrong = PublicKey::from_bytes(bytes).to_string();
        for (at, letter) in [(23, "5"), (61, "q"), (66, "u")] {
            wrong.replace_range(at..=at, letter);
        }
        assert_eq!(
            wrong.parse::<PublicKey>().unwrap_err(),
            KeyTextError::Typo {
                wanted: KeyKind::Public
            }
        );
    }

    #[test]
    fn a_key_that_breaks_off_is_told_its_length() {
        let error = public()
            .get(..50)
            .unwrap()
            .parse::<PublicKey>()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "this public key has 50 characters; it should have 73\n  copy the whole line again, without line breaks"
        );
    }

    #[test]
    fn blanks_and_line_ends_around_a_key_do_no_harm() {
        let padded = alloc::format!("  {}\r\n", public());
        assert_eq!(padded.parse(), Ok(PublicKey::from_bytes([7; 32])));
    }
}
