//! What a knock looks like from outside.

use std::collections::BTreeSet;

use super::{
    Instruction, TagStarts,
    program::{UDP_HEADER, UDP_LENGTH},
};

/// What a knock looks like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnockShape {
    /// The UDP port that is knocked at.
    pub port: u16,
    /// How many bytes the payload of a knock can have; further ones cost an instruction each.
    pub lengths: Vec<u16>,
}

impl KnockShape {
    /// Decides about a datagram to the knock port; goes on behind itself for every other.
    ///
    /// The accumulator holds the destination port, the index register points at the UDP header.
    /// Without `tags` every length of a knock is enough.
    pub(super) fn decide(&self, tags: Option<&TagStarts>) -> Vec<Instruction> {
        let mut decision = self.is_as_long();
        match tags {
            None => decision.push(Instruction::accept()),
            Some(tags) => {
                decision.push(Instruction::load_word_indexed(UDP_HEADER));
                decision.extend(tags.search());
            }
        }
        Instruction::only_for(u32::from(self.port), decision)
    }

    /// Drops what has none of the lengths.
    fn is_as_long(&self) -> Vec<Instruction> {
        let lengths: BTreeSet<u32> = self
            .lengths
            .iter()
            .map(|&length| u32::from(length).saturating_add(UDP_HEADER))
            .collect();
        if lengths.len() > MOST_LENGTHS {
            return Vec::new();
        }
        let skips = (1..=u8::MAX).take(lengths.len()).rev();
        let mut program = vec![Instruction::load_half_indexed(UDP_LENGTH)];
        program.extend(
            lengths
                .iter()
                .zip(skips)
                .map(|(&length, skip)| Instruction::if_equal(length, skip, 0)),
        );
        program.push(Instruction::drop());
        program
    }
}

/// With more of them a length tells nothing, and is not looked at.
const MOST_LENGTHS: usize = 16;
