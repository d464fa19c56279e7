//! What strangers can fill: a table of fixed size in which each source has a few places to be in.

use alloc::boxed::Box;
use alloc::vec;

/// Sets of a few places each. A source can only be in one set, which one it cannot know; so who
/// fills the table has to fill all of it, and the look-up costs the same whoever fills it.
///
/// Memory is taken set by set, when the first one comes who belongs there, and never beyond all.
pub(crate) struct Bounded<T> {
    sets: Box<[Option<Box<[T; WAYS]>>]>,
}

impl<T: Clone + Default> Bounded<T> {
    /// An empty table of so many sets.
    pub(crate) fn new(sets: usize) -> Self {
        Self {
            sets: vec![None; sets].into_boxed_slice(),
        }
    }

    /// The set of this source, if anybody was ever in it.
    pub(crate) fn found(&mut self, who: u64) -> Option<&mut [T; WAYS]> {
        let place = self.place(who);
        self.sets.get_mut(place)?.as_deref_mut()
    }

    /// The set of this source, to put something in.
    pub(crate) fn room(&mut self, who: u64) -> Option<&mut [T; WAYS]> {
        let place = self.place(who);
        let set = self.sets.get_mut(place)?;
        Some(set.get_or_insert_with(|| Box::new(core::array::from_fn(|_| T::default()))))
    }

    /// Every place of which memory was taken.
    #[cfg(test)]
    pub(crate) fn places(&self) -> impl Iterator<Item = &T> {
        self.sets.iter().flatten().flat_map(|set| set.iter())
    }

    fn place(&self, who: u64) -> usize {
        let sets = u64::try_from(self.sets.len()).unwrap_or(u64::MAX);
        let place = u128::from(who).wrapping_mul(u128::from(sets)) >> 64;
        usize::try_from(place).unwrap_or(0)
    }
}

/// How many places a set has: as many as two or three looks into memory bring in.
pub(crate) const WAYS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_takes_no_memory_for_who_is_not_there() {
        let mut table = Bounded::<u64>::new(1000);
        assert!(table.found(u64::MAX).is_none());
        table.room(u64::MAX).unwrap()[3] = u64::MAX;
        assert!(table.found(u64::MAX).is_some() && table.found(1).is_none());
        assert_eq!(table.places().count(), WAYS);
    }

    #[test]
    fn sources_are_spread_over_all_sets() {
        let mut table = Bounded::<u64>::new(16);
        for who in 0..1000_u64 {
            let who = who.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1);
            let _ = table.room(who);
        }
        assert!(table.sets.iter().all(Option::is_some));
    }
}
