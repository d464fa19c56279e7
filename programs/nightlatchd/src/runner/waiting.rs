//! What a desk holds: starts and messages that wait, stops that are still to come.

use nightlatch_core::Instant;

use super::run::Key;
use crate::errand::Name;

/// Something that was not begun yet.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) key: Key,
    pub(super) client: Name,
    pub(super) seconds: u32,
    pub(super) text: Option<Vec<u8>>,
    /// When it makes no sense any more, if there is such a time.
    pub(super) until: Option<Instant>,
}

impl Waiting {
    /// Whether it is this grant's start.
    pub(super) fn is_for(&self, key: &Key) -> bool {
        self.text.is_none() && self.key == *key
    }
}

/// A stop that is still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pending {
    pub(super) client: Name,
    pub(super) seconds: u32,
    pub(super) due: Instant,
    pub(super) began: Began,
}

/// What is known of the start half that a stop belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Began {
    /// It runs.
    UnderWay,
    /// It ended well.
    Well,
    /// It failed, or was begun by a life before this one.
    InDoubt,
}

/// Whether a grant that begins is one that began before.
#[derive(Debug)]
pub(super) enum Renewal {
    /// It is not: its start half is to run.
    Not,
    /// It is, and its stop stays where it is.
    AsItWas,
    /// It is, and its stop has moved.
    Until(Pending),
}

/// What a desk has to be begun.
#[derive(Debug)]
pub(super) enum Next {
    /// A stop.
    Stop(Key, Pending),
    /// A start that something undoes later, or that nothing does; or a message.
    Start(Waiting),
}
