//! What ends next: so that waiting is asking, and nothing is searched through.

use alloc::collections::BinaryHeap;
use core::cmp::Reverse;

use crate::ledger::Key;
use crate::{Instant, Now, Opening};

/// The ends of all grants, the next one first.
///
/// A grant that is renewed stays where it is, and is asked again when its former end comes; one
/// that is closed early lies about until then. So each of them stands here about once.
pub(crate) struct Ends(BinaryHeap<Reverse<(Instant, End)>>);

/// What ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Grant(Key),
    Adopted(Opening),
}

impl Ends {
    pub(crate) const fn new() -> Self {
        Self(BinaryHeap::new())
    }

    pub(crate) fn push(&mut self, at: Instant, end: End) {
        self.0.push(Reverse((at, end)));
    }

    /// When something ends next.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out what has ended by now, one at a time.
    pub(crate) fn pop_due(&mut self, now: Now) -> Option<(Instant, End)> {
        self.next().filter(|at| *at <= now.monotonic)?;
        self.0.pop().map(|Reverse(end)| end)
    }

    /// Whether so much lies about that it should be swept, with so many alive.
    pub(crate) fn is_littered(&self, alive: usize) -> bool {
        self.0.len() > alive.saturating_mul(2).saturating_add(TO_SPARE)
    }
}

impl FromIterator<(Instant, End)> for Ends {
    fn from_iter<I: IntoIterator<Item = (Instant, End)>>(ends: I) -> Self {
        Self(ends.into_iter().map(Reverse).collect())
    }
}

/// So that a handful of knocks does not make us sort again and again.
const TO_SPARE: usize = 1024;
