//! A binary search over tags, written out as instructions.

use std::collections::BTreeSet;

use super::Instruction;

/// The first four bytes of every tag that is valid now.
///
/// Four of eight are enough in the kernel: among a thousand tags one random packet in four million
/// slips through, and the listener then compares the whole tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagStarts {
    rising: Vec<u32>,
}

impl TagStarts {
    /// `None` when there are more than [`MOST_TAGS`].
    pub(crate) fn new(tags: &[[u8; 8]]) -> Option<Self> {
        // Asked before anything is built: a server with a million clients has millions of tags.
        if tags.len() > MOST_TAGS {
            return None;
        }
        let starts: BTreeSet<u32> = tags
            .iter()
            .map(|&[a, b, c, d, ..]| u32::from_be_bytes([a, b, c, d]))
            .collect();
        Some(Self {
            rising: starts.into_iter().collect(),
        })
    }

    /// Accepts when the accumulator holds one of the starts, else drops.
    pub(super) fn search(&self) -> Vec<Instruction> {
        search(&self.rising)
    }
}

fn search(rising: &[u32]) -> Vec<Instruction> {
    if rising.len() <= TRIED_ONE_BY_ONE {
        return try_each(rising);
    }
    let (lower, upper) = rising.split_at(rising.len().div_ceil(2));
    let (Some(&pivot), below) = (upper.first(), search(lower)) else {
        return try_each(rising);
    };
    let mut program = Instruction::only_below(pivot, below);
    program.extend(search(upper));
    program
}

fn try_each(starts: &[u32]) -> Vec<Instruction> {
    // Behind the comparisons stand the drop and then the accept: the last one skips the drop alone.
    let skips = (1..=u8::MAX).take(starts.len()).rev();
    let mut program: Vec<Instruction> = starts
        .iter()
        .zip(skips)
        .map(|(&start, skip)| Instruction::if_equal(start, skip, 0))
        .collect();
    program.push(Instruction::drop());
    if !starts.is_empty() {
        program.push(Instruction::accept());
    }
    program
}

/// What the kernel is asked to look for at most; above that the listener looks alone.
///
/// Two instructions a tag, and half of the 4096 that a program may have: a kernel converts them to
/// up to twice as many of its own, which count against `net.core.optmem_max`.
pub const MOST_TAGS: usize = 1024;

/// Splitting further would cost more instructions than it saves comparisons.
const TRIED_ONE_BY_ONE: usize = 4;

#[cfg(test)]
mod tests {
    use super::{super::interpreter::accepts, *};

    fn tag(number: usize) -> [u8; 8] {
        let start = u32::try_from(number).unwrap().wrapping_mul(0x9e37_79b1);
        let [a, b, c, d] = start.to_be_bytes();
        [a, b, c, d, 1, 2, 3, 4]
    }

    fn program(starts: &TagStarts) -> Vec<Instruction> {
        let mut program = vec![Instruction::load_word(0)];
        program.extend(starts.search());
        program
    }

    fn finds(program: &[Instruction], start: u32) -> bool {
        accepts(program, &start.to_be_bytes(), 0)
    }

    fn assert_searched_right(count: usize) {
        let tags: Vec<_> = (1..=count).map(tag).collect();
        let starts = TagStarts::new(&tags).unwrap();
        let program = program(&starts);
        let around = starts
            .rising
            .iter()
            .flat_map(|&start| [start, start.wrapping_sub(1), start.wrapping_add(1)])
            .chain([0, 1, u32::MAX]);
        for start in around {
            assert_eq!(finds(&program, start), starts.rising.contains(&start));
        }
    }

    #[test]
    fn every_number_of_tags_up_to_the_most_is_searched_right() {
        for count in (0..40).chain([255, 256, 257, 511, 512, 513, 1000, MOST_TAGS]) {
            assert_searched_right(count);
        }
    }

    #[test]
    fn tags_with_the_same_start_count_once() {
        let same: Vec<[u8; 8]> = (0..=255).map(|last| [1, 2, 3, 4, 0, 0, 0, last]).collect();
        let starts = TagStarts::new(&same).unwrap();
        assert_eq!(starts.rising, [0x0102_0304]);
        assert!(finds(&program(&starts), 0x0102_0304));
    }

    #[test]
    fn more_than_the_most_are_not_searched_in_the_kernel() {
        let tags: Vec<_> = (0..=MOST_TAGS).map(tag).collect();
        assert_eq!(TagStarts::new(&tags), None);
    }

    #[test]
    fn the_longest_search_leaves_room_in_the_kernel() {
        let tags: Vec<_> = (0..MOST_TAGS).map(tag).collect();
        let length = TagStarts::new(&tags).unwrap().search().len();
        assert!(length <= 2048 + 64, "{length}");
    }
}
