//! One event: what happened, to whom, when.

use nightlatch_core::Prefix;

use crate::kind::Kind;
use crate::label::Label;
use crate::time::UnixMillis;

/// What happened, as a value. What a kind has no use for is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: Kind,
    /// When, by the clock on the wall.
    pub at: UnixMillis,
    /// Whose doing it was.
    pub who: Option<Who>,
    /// Which service it was about.
    pub service: Label,
    /// From where; a network where it is about one.
    pub source: Option<Prefix>,
    /// For how long.
    pub seconds: u32,
    /// How many.
    pub count: u64,
    /// In a word or a few.
    pub detail: Label,
}

/// Who knocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// A client, who proved it.
    Client(Label),
    /// Whoever walked a sequence.
    Sequence(Label),
}

impl Event {
    /// Something happened; the rest is added.
    pub fn new(kind: Kind, at: UnixMillis) -> Self {
        Self {
            kind,
            at,
            who: None,
            service: Label::default(),
            source: None,
            seconds: 0,
            count: 0,
            detail: Label::default(),
        }
    }

    /// Whose doing it was.
    #[must_use]
    pub fn by(self, who: Who) -> Self {
        Self {
            who: Some(who),
            ..self
        }
    }

    /// Which service it was about.
    #[must_use]
    pub fn about(self, service: &str) -> Self {
        Self {
            service: Label::of(service),
            ..self
        }
    }

    /// From where.
    #[must_use]
    pub fn from(self, source: Prefix) -> Self {
        Self {
            source: Some(source),
            ..self
        }
    }

    /// For how long.
    #[must_use]
    pub fn lasting(self, seconds: u64) -> Self {
        Self {
            seconds: u32::try_from(seconds).unwrap_or(u32::MAX),
            ..self
        }
    }

    /// How many.
    #[must_use]
    pub fn counting(self, count: u64) -> Self {
        Self { count, ..self }
    }

    /// In a few words; of a text with several lines, the first.
    #[must_use]
    pub fn saying(self, detail: &str) -> Self {
        Self {
            detail: Label::of_words(detail.lines().next().unwrap_or_default()),
            ..self
        }
    }
}
