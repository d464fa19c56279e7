//! Regular expressions over what a packet carries.

use alloc::string::{String, ToString};
use core::fmt;

use regex::bytes::{Regex, RegexBuilder};

/// A regular expression, ready to be looked for anywhere in a payload.
///
/// It knows bytes: `.` is any byte but a line feed, `\w` a letter, digit or underline of ASCII.
#[derive(Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// The pattern that this text means.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let built = RegexBuilder::new(text)
            .unicode(false)
            .size_limit(SIZE_LIMIT)
            .dfa_size_limit(CACHE_LIMIT)
            .build();
        match built {
            Ok(regex) => Ok(Self(regex)),
            Err(regex::Error::CompiledTooBig(_)) => Err(PatternError::TooLarge),
            Err(error) => Err(PatternError::Unreadable(error.to_string())),
        }
    }

    /// Whether it is found in what a packet carries. In more than an unbroken packet brings it is
    /// not: how long a stranger can keep us searching has an end.
    pub fn is_found_in(&self, payload: &[u8]) -> bool {
        payload.len() <= MOST_LOOKED_AT && self.0.is_match(payload)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.0.as_str()).finish()
    }
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is no regular expression.
    #[error("not a regular expression: {0}\n  write it as the Rust crate regex has it")]
    Unreadable(String),
    /// It would take too much memory.
    #[error(
        "the regular expression is too large\n  count less: each {{n,m}} stands for as many copies"
    )]
    TooLarge,
}

/// Plenty for what a packet can hold.
const SIZE_LIMIT: usize = 1 << 18;
const CACHE_LIMIT: usize = 1 << 18;
/// More than fits into a packet on most links.
const MOST_LOOKED_AT: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(pattern: &str, payload: &[u8]) -> bool {
        Pattern::new(pattern).unwrap().is_found_in(payload)
    }

    #[test]
    fn a_pattern_is_found_anywhere_unless_it_is_bound() {
        assert!(is_found("k[0-9]+", b"..k7.."));
        assert!(!is_found("^k[0-9]+$", b"..k7.."));
        assert!(is_found("^k[0-9]+$", b"k7"));
    }

    #[test]
    fn a_pattern_knows_bytes() {
        assert!(is_found(r"^\xff.\x00$", &[0xff, 0xfe, 0]));
        assert!(!is_found(r"^\w$", "ä".as_bytes()));
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        assert!(matches!(
            Pattern::new("("),
            Err(PatternError::Unreadable(_))
        ));
        let large = "((a{1000}){1000}){1000}";
        assert!(matches!(Pattern::new(large), Err(PatternError::TooLarge)));
    }

    #[test]
    fn a_pattern_that_begs_for_trouble_ends_all_the_same() {
        // Engines that try every way would be at this until the end of time.
        let trouble = |length| [b"a".repeat(length), b"b".to_vec()].concat();
        assert!(!is_found("^(a+)+$", &trouble(2000)));
        assert!(is_found("b$", &trouble(2000)));
        assert!(!is_found("b$", &trouble(60_000)));
    }
}
