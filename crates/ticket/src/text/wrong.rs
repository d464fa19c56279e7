//! Which key a text is, and what is wrong with it, in words that say what to do.

use core::fmt;

/// Which of the four kinds of key a text is, or should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// May be shown to anybody; stands in the other side's configuration.
    Public,
    /// Stays with its owner.
    Secret,
    /// Known to one client and the server.
    Preshared,
    /// Known to all who may touch the ports that follow from it.
    Sequence,
}

impl KeyKind {
    /// What a text of this kind begins with, before the `1` that ends every bech32 prefix.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Public => "nightlatch-pub",
            Self::Secret => "nightlatch-secret",
            Self::Preshared => "nightlatch-psk",
            Self::Sequence => "nightlatch-seq",
        }
    }

    pub(super) fn with_prefix(prefix: &str) -> Option<Self> {
        [Self::Public, Self::Secret, Self::Preshared, Self::Sequence]
            .into_iter()
            .find(|kind| prefix.eq_ignore_ascii_case(kind.prefix()))
    }

    /// How many characters a text of this kind has.
    pub(super) fn characters(self) -> usize {
        self.prefix()
            .len()
            .saturating_add(CHARACTERS_AFTER_THE_PREFIX)
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "public key",
            Self::Secret => "secret key",
            Self::Preshared => "pre-shared secret",
            Self::Sequence => "sequence secret",
        })
    }
}

/// Why a text is not the key that was wanted. It never repeats the text, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// There is nothing.
    #[error("there is no key here\n  a {wanted} begins with {}1", wanted.prefix())]
    Empty {
        /// What should have been there.
        wanted: KeyKind,
    },
    /// A good beginning of another kind of key.
    #[error("this is a {found}; a {wanted} is wanted\n  use the line that begins with {}1{}", wanted.prefix(), remark(*found))]
    OtherKind {
        /// What should have been there.
        wanted: KeyKind,
        /// What is there.
        found: KeyKind,
    },
    /// It begins like nothing we know.
    #[error("this is not a {wanted}\n  one begins with {}1", wanted.prefix())]
    NotOurs {
        /// What should have been there.
        wanted: KeyKind,
    },
    /// It breaks off early, or goes on too long.
    #[error("this {wanted} has {found} characters; it should have {}\n  copy the whole line again, without line breaks", wanted.characters())]
    WrongLength {
        /// What should have been there.
        wanted: KeyKind,
        /// Its length in characters.
        found: usize,
    },
    /// A character that no key has.
    #[error(
        "character {at} cannot stand in a {wanted}\n  after the first 1 there are only digits and small letters, without 1, b, i and o"
    )]
    StrangeCharacter {
        /// What should have been there.
        wanted: KeyKind,
        /// Which character, counted from one.
        at: usize,
    },
    /// Large and small letters in one text.
    #[error(
        "this {wanted} mixes large and small letters\n  write it in small letters, as it was printed"
    )]
    MixedCase {
        /// What should have been there.
        wanted: KeyKind,
    },
    /// The checksum does not fit; one character is most likely the culprit.
    #[error(
        "this {wanted} has a typo, most likely in character {at}\n  compare it with the original, or copy it again"
    )]
    TypoAt {
        /// What should have been there.
        wanted: KeyKind,
        /// Which character, counted from one.
        at: usize,
    },
    /// The checksum does not fit.
    #[error(
        "this {wanted} has a typo: its checksum does not fit\n  compare it with the original, or copy it again"
    )]
    Typo {
        /// What should have been there.
        wanted: KeyKind,
    },
}

fn remark(found: KeyKind) -> &'static str {
    match found {
        KeyKind::Public => "",
        KeyKind::Secret => ", and keep the secret key where it belongs",
        KeyKind::Preshared => ", and keep the pre-shared secret where it belongs",
        KeyKind::Sequence => ", and keep the sequence secret where it belongs",
    }
}

/// The separator, 32 bytes at five bits a character, and six characters of checksum.
const CHARACTERS_AFTER_THE_PREFIX: usize = 1 + 52 + 6;
