//! The text that a message carries.

use alloc::borrow::ToOwned;
use alloc::string::String;
use core::fmt;

/// A text of at most so many bytes. It may hold any character: who shows it takes care of that.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<const MOST: usize>(String);

impl<const MOST: usize> Text<MOST> {
    /// The text, if it is not too long.
    pub fn new(text: &str) -> Result<Self, TextTooLong> {
        if text.len() > MOST {
            return Err(TextTooLong {
                found: text.len(),
                most: MOST,
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The text that these bytes are, if they are one.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::new(core::str::from_utf8(bytes).ok()?).ok()
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its bytes, as they are sent.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl<const MOST: usize> fmt::Display for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text with more bytes than a message of its kind can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this text has {found} bytes; a message carries {most} at most\n  say it in fewer words")]
pub struct TextTooLong {
    /// How many bytes it has.
    pub found: usize,
    /// How many it may have.
    pub most: usize,
}
