//! Names on their way to the runner: short, and nothing in them that a log or a shell could trip over.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A name of an action, a client, a sequence or a service; empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Name(Cow<'static, str>);

/// What its place has no room for, or a control character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name is longer than {NAME_LENGTH} bytes, or has a control character\n  shorten it")]
pub(crate) struct NoName;

impl Name {
    /// Where there is none.
    pub(crate) const NONE: Self = Self(Cow::Borrowed(""));

    /// This name; of one that does not fit, what fits. Names of the configuration always fit.
    pub(crate) fn of(text: &str) -> Self {
        let mut fitting = String::with_capacity(text.len().min(NAME_LENGTH));
        for letter in text.chars() {
            if fitting.len().saturating_add(letter.len_utf8()) > NAME_LENGTH {
                break;
            }
            fitting.push(if letter.is_control() { '?' } else { letter });
        }
        Self(Cow::Owned(fitting))
    }

    /// Its letters.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Padded with zeros.
    pub(crate) fn to_bytes(&self) -> [u8; NAME_LENGTH] {
        let mut bytes = [0; NAME_LENGTH];
        for (place, byte) in bytes.iter_mut().zip(self.0.as_bytes()) {
            *place = *byte;
        }
        bytes
    }

    /// Nothing but a name and its padding.
    pub(crate) fn from_bytes(bytes: &[u8; NAME_LENGTH]) -> Option<Self> {
        let end = bytes.iter().rposition(|byte| *byte != 0);
        let length = end.map_or(0, |last| last.saturating_add(1));
        let text = str::from_utf8(bytes.get(..length)?).ok()?;
        Self::try_from(text.to_owned()).ok()
    }
}

impl TryFrom<String> for Name {
    type Error = NoName;

    fn try_from(text: String) -> Result<Self, NoName> {
        let is_name = text.len() <= NAME_LENGTH && !text.contains(char::is_control);
        is_name.then_some(Self(Cow::Owned(text))).ok_or(NoName)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into_owned()
    }
}

/// As long as a name of the configuration may be.
pub(crate) const NAME_LENGTH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_does_not_fit_is_cut_between_letters() {
        let long = "ä".repeat(33);
        assert_eq!(Name::of(&long).as_str(), "ä".repeat(32));
        assert_eq!(Name::of("a\nb").as_str(), "a?b");
    }

    #[test]
    fn bytes_that_are_no_name_are_none() {
        for bad in [&b"a\nb"[..], b"a\0b", b"\xff", b"\x7f"] {
            let mut bytes = [0; NAME_LENGTH];
            bytes[..bad.len()].copy_from_slice(bad);
            assert_eq!(Name::from_bytes(&bytes), None, "{bad:?}");
        }
        assert_eq!(Name::from_bytes(&[0; NAME_LENGTH]), Some(Name::default()));
        let full = Name::of(&"x".repeat(NAME_LENGTH));
        assert_eq!(Name::from_bytes(&full.to_bytes()), Some(full));
    }
}
