//! The tally: how often the listener ignored what. Strangers write numbers here, and nothing else anywhere.

/// How many kinds of number a tally has room for; the unused ones stay zero.
pub(crate) const REASONS: usize = 32;

/// Counters since the listener started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    counts: [u64; REASONS],
}

impl Tally {
    /// A tally as it came over the channel.
    pub(crate) const fn from_counts(counts: [u64; REASONS]) -> Self {
        Self { counts }
    }

    /// The numbers, in the order of their places.
    pub(crate) const fn counts(&self) -> &[u64; REASONS] {
        &self.counts
    }

    /// One more in this place.
    pub(crate) fn count(&mut self, place: usize) {
        self.add(place, 1);
    }

    /// So many more in this place.
    pub(crate) fn add(&mut self, place: usize, more: usize) {
        let more = u64::try_from(more).unwrap_or(u64::MAX);
        self.set(place, self.at(place).saturating_add(more));
    }

    /// The number in this place, where somebody else counts.
    pub(crate) fn set(&mut self, place: usize, number: u64) {
        if let Some(count) = self.counts.get_mut(place) {
            *count = number;
        }
    }

    /// The number in this place.
    pub(crate) fn at(&self, place: usize) -> u64 {
        self.counts.get(place).copied().unwrap_or(0)
    }
}
