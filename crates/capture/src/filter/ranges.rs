//! A binary search over ranges of numbers, written out as instructions.

use std::{cmp::Reverse, collections::BTreeSet};

use super::Instruction;

/// Ranges in rising order with at least one number between any two, both ends included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ranges {
    rising: Vec<(u16, u16)>,
}

impl Ranges {
    /// At most `most` ranges, and at least one, which hold all these numbers; where there would be
    /// more, the narrowest gaps are closed.
    pub(super) fn of(ranges: impl Iterator<Item = (u16, u16)>, most: usize) -> Self {
        let mut rising: Vec<_> = ranges.filter(|&(first, last)| first <= last).collect();
        rising.sort_unstable();
        let apart = joined(&rising, |_, gap| gap == 0);
        let kept = widest_gaps(&apart, most.saturating_sub(1));
        Self {
            rising: joined(&apart, |place, _| !kept.contains(&place)),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rising.is_empty()
    }

    /// Accepts when the accumulator holds a number of one of the ranges, else drops.
    pub(super) fn search(&self) -> Vec<Instruction> {
        search(&self.rising)
    }
}

/// Joins each range with the one before where `shall_join` says so of its place and of how many
/// numbers lie between the two.
fn joined(rising: &[(u16, u16)], shall_join: impl Fn(usize, u16) -> bool) -> Vec<(u16, u16)> {
    let mut joined: Vec<(u16, u16)> = Vec::with_capacity(rising.len());
    for (place, &(first, last)) in rising.iter().enumerate() {
        match joined.last_mut() {
            Some(before) if shall_join(place, gap(before.1, first)) => {
                before.1 = before.1.max(last);
            }
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// The places of the ranges that have the widest gaps before them.
fn widest_gaps(rising: &[(u16, u16)], count: usize) -> BTreeSet<usize> {
    let mut gaps: Vec<_> = rising
        .iter()
        .zip(rising.iter().skip(1))
        .zip(1_usize..)
        .map(|((before, behind), place)| (Reverse(gap(before.1, behind.0)), place))
        .collect();
    gaps.sort_unstable();
    gaps.into_iter()
        .take(count)
        .map(|(_, place)| place)
        .collect()
}

fn gap(last: u16, first: u16) -> u16 {
    first.saturating_sub(last).saturating_sub(1)
}

fn search(rising: &[(u16, u16)]) -> Vec<Instruction> {
    if rising.len() <= TRIED_ONE_BY_ONE {
        return try_each(rising);
    }
    let (lower, upper) = rising.split_at(rising.len().div_ceil(2));
    let (Some(&(pivot, _)), below) = (upper.first(), search(lower)) else {
        return try_each(rising);
    };
    let mut program = Instruction::only_below(u32::from(pivot), below);
    program.extend(search(upper));
    program
}

/// Two comparisons a range; behind them stand the drop and then the accept.
fn try_each(ranges: &[(u16, u16)]) -> Vec<Instruction> {
    let comparisons = ranges.len().saturating_mul(2);
    // How many instructions stand between a comparison and the drop.
    let to_drop = (0..=u8::MAX).take(comparisons).rev();
    let edges = ranges.iter().flat_map(|&(first, last)| {
        [
            (u32::from(first), 0),
            (u32::from(last).saturating_add(1), 1),
        ]
    });
    let mut program: Vec<Instruction> = edges
        .zip(to_drop)
        .map(|((edge, over_the_drop), to_drop)| {
            Instruction::if_at_least(edge, 0, to_drop.saturating_add(over_the_drop))
        })
        .collect();
    program.push(Instruction::drop());
    if !ranges.is_empty() {
        program.push(Instruction::accept());
    }
    program
}

/// Splitting further would cost more instructions than it saves comparisons.
const TRIED_ONE_BY_ONE: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::{super::interpreter::accepts, *};

    fn ranges(of: &[(u16, u16)], most: usize) -> Ranges {
        Ranges::of(of.iter().copied(), most)
    }

    fn program(ranges: &Ranges) -> Vec<Instruction> {
        let mut program = vec![Instruction::load_half(0)];
        program.extend(ranges.search());
        program
    }

    fn finds(program: &[Instruction], number: u16) -> bool {
        accepts(program, &number.to_be_bytes(), 0)
    }

    fn contains(ranges: &[(u16, u16)], number: u16) -> bool {
        ranges
            .iter()
            .any(|&(first, last)| first <= number && number <= last)
    }

    #[test]
    fn ranges_that_touch_or_overlap_become_one() {
        let found = ranges(&[(5, 9), (1, 3), (4, 4), (7, 12), (20, 20), (9, 2)], 128);
        assert_eq!(found.rising, [(1, 12), (20, 20)]);
        let all = ranges(&[(0, 65_535), (7, 7)], 128);
        assert_eq!(all.rising, [(0, 65_535)]);
    }

    #[test]
    fn too_many_ranges_lose_their_narrowest_gaps() {
        let many = [(1, 1), (3, 3), (100, 100), (102, 102), (1000, 1000)];
        assert_eq!(ranges(&many, 3).rising, [(1, 3), (100, 102), (1000, 1000)]);
        assert_eq!(ranges(&many, 1).rising, [(1, 1000)]);
        assert_eq!(ranges(&many, 0).rising, [(1, 1000)]);
        assert_eq!(ranges(&many, 5).rising, many);
    }

    #[test]
    fn no_range_holds_nothing() {
        assert!(ranges(&[], 128).is_empty());
        assert!(!finds(&program(&ranges(&[], 128)), 0));
    }

    #[test]
    fn every_number_of_ranges_is_searched_right() {
        for count in (1..40).chain([127, 128, 255, 256, 257, 1000]) {
            let all: Vec<(u16, u16)> = (0..count).map(|at| (at * 60 + 7, at * 60 + 9)).collect();
            let program = program(&ranges(&all, 2000));
            for number in 0..=u16::MAX {
                let expected = number / 60 < count && (7..=9).contains(&(number % 60));
                assert_eq!(finds(&program, number), expected, "{number} of {count}");
            }
        }
    }

    #[test]
    fn the_ends_of_all_numbers_are_searched_right() {
        let program = program(&ranges(&[(0, 0), (65_535, 65_535)], 128));
        assert!(finds(&program, 0) && finds(&program, 65_535));
        assert!(!finds(&program, 1) && !finds(&program, 65_534));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn every_number_is_found_and_no_other_where_nothing_was_joined(
            all in vec((any::<u16>(), 0..300_u16), 0..40),
            most in 0..50_usize,
            number in any::<u16>(),
        ) {
            let all: Vec<_> = all.into_iter().map(|(at, length)| (at, at.saturating_add(length))).collect();
            let found = ranges(&all, most);
            prop_assert!(found.rising.len() <= most.max(1));
            let program = program(&found);
            let ends = all.iter().flat_map(|&(first, last)| {
                [first, last, first.saturating_sub(1), last.saturating_add(1)]
            });
            for number in ends.chain([number]) {
                prop_assert!(finds(&program, number) || !contains(&all, number));
                if most >= 40 {
                    prop_assert_eq!(finds(&program, number), contains(&all, number));
                }
            }
        }
    }
}
