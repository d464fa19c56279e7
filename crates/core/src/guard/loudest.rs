//! The loudest: those whose failures are the most, by name, at any time without a search.

use alloc::vec::Vec;
use core::time::Duration;

use super::{Failure, Prefix};
use crate::Instant;

/// One of the loudest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loud {
    /// Who.
    pub prefix: Prefix,
    /// What he does.
    pub failure: Failure,
    /// How often at least, within the window.
    pub count: u32,
}

/// A short list that is kept up with every failure.
pub(super) struct Loudest(Vec<(Loud, Instant)>);

impl Loudest {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Somebody failed once more, and this is how often he did.
    pub(super) fn hear(&mut self, loud: Loud, now: Instant) {
        let is_same = |(known, _): &&mut (Loud, Instant)| {
            (known.prefix, known.failure) == (loud.prefix, loud.failure)
        };
        if let Some(known) = self.0.iter_mut().find(is_same) {
            *known = (loud, now);
        } else if self.0.len() < REMEMBERED {
            self.0.push((loud, now));
        } else if let Some(quietest) = self.0.iter_mut().min_by_key(|(known, _)| known.count)
            && quietest.0.count < loud.count
        {
            *quietest = (loud, now);
        }
    }

    /// Forgets whom nobody has heard for so long.
    pub(super) fn forget(&mut self, window: Duration, now: Instant) {
        self.0.retain(|(_, at)| now.saturating_since(*at) <= window);
    }

    /// The loudest first.
    pub(super) fn list(&self) -> Vec<Loud> {
        let mut list: Vec<Loud> = self.0.iter().map(|(loud, _)| *loud).collect();
        list.sort_by(|one, other| {
            other
                .count
                .cmp(&one.count)
                .then(one.prefix.cmp(&other.prefix))
        });
        list
    }
}

/// More than are shown, so that one who leaves does not leave a gap.
const REMEMBERED: usize = 32;
