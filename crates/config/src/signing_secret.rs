//! The secret that signs webhooks: `whsec_` and base64, as the Standard Webhooks specification writes it.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What signs webhooks; both ends have it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SigningSecret(Zeroizing<Vec<u8>>);

/// Why a text is no signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningSecretError {
    /// It begins otherwise.
    #[error("this is no secret for webhooks: it does not begin with whsec_\n  {MAKE}")]
    Prefix,
    /// What follows is no base64.
    #[error(
        "a letter of this secret is wrong: what follows whsec_ is base64\n  copy it again, or {MAKE}"
    )]
    Letters,
    /// It has another length than the specification asks for.
    #[error("this secret has {0} bytes, and 24 to 64 are right\n  {MAKE}")]
    Length(usize),
}

impl SigningSecret {
    /// A secret that nobody has yet.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; 32]);
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The key of the signature.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for SigningSecret {
    type Err = SigningSecretError;

    fn from_str(text: &str) -> Result<Self, SigningSecretError> {
        let letters = text
            .strip_prefix(SIGNING_PREFIX)
            .ok_or(SigningSecretError::Prefix)?;
        let bytes = STANDARD
            .decode(letters)
            .map(Zeroizing::new)
            .map_err(|_| SigningSecretError::Letters)?;
        if LENGTHS.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(SigningSecretError::Length(bytes.len()))
        }
    }
}

impl TryFrom<String> for SigningSecret {
    type Error = SigningSecretError;

    fn try_from(text: String) -> Result<Self, SigningSecretError> {
        Zeroizing::new(text).parse()
    }
}

impl From<SigningSecret> for String {
    fn from(secret: SigningSecret) -> Self {
        [
            SIGNING_PREFIX,
            &Zeroizing::new(STANDARD.encode(secret.bytes())),
        ]
        .concat()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SigningSecret(…)")
    }
}

/// How every such secret begins.
pub(crate) const SIGNING_PREFIX: &str = "whsec_";

/// As the specification asks for.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

const MAKE: &str = "make one: (umask 077; nightlatchd notify secret > FILE)";

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own.
    const TEXT: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    #[test]
    fn a_secret_survives_the_way_and_is_never_shown() {
        let secret: SigningSecret = TEXT.parse().unwrap();
        assert_eq!(secret.bytes().len(), 24);
        assert_eq!(String::from(secret.clone()), TEXT);
        assert_eq!(format!("{secret:?}"), "SigningSecret(…)");
    }

    #[test]
    fn what_is_no_secret_says_why() {
        use SigningSecretError::{Length, Letters, Prefix};
        for (text, error) in [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", Prefix),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", Letters),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", Letters),
            ("whsec_", Length(0)),
            ("whsec_c2hvcnQ=", Length(5)),
        ] {
            assert_eq!(text.parse::<SigningSecret>().unwrap_err(), error, "{text}");
        }
    }
}
