//! Runs a program the way the kernel does, for the tests.

use super::instruction::{
    ANCILLARY, IF_ANY_BIT, IF_AT_LEAST, IF_EQUAL, INDEX_CONSTANT, INDEX_HEADER_LENGTH, Instruction,
    LOAD_BYTE, LOAD_BYTE_INDEXED, LOAD_HALF, LOAD_HALF_INDEXED, LOAD_WORD, LOAD_WORD_INDEXED,
    RETURN, SKIP,
};

/// Whether `program` lets `packet` through; a load beyond the packet drops it.
///
/// Panics where the kernel would have refused the program.
pub(super) fn accepts(program: &[Instruction], packet: &[u8], packet_type: u32) -> bool {
    let known = Known {
        packet_type,
        ether_type: 0,
    };
    accepts_knowing(program, packet, known)
}

/// What the kernel knows about a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) packet_type: u32,
    pub(super) ether_type: u32,
}

/// The same for a packet of which more is known.
pub(super) fn accepts_knowing(program: &[Instruction], packet: &[u8], known: Known) -> bool {
    assert!(program.len() <= 4096, "longer than the kernel takes");
    run(program, packet, known).is_some_and(|length| length > 0)
}

fn run(program: &[Instruction], packet: &[u8], known: Known) -> Option<u32> {
    let (mut accumulator, mut index, mut at) = (0_u32, 0_usize, 0_usize);
    loop {
        let Instruction {
            code,
            yes,
            no,
            operand,
        } = program[at];
        let offset = operand as usize;
        let jump = |is_so: bool| usize::from(if is_so { yes } else { no });
        at += 1;
        match code {
            LOAD_WORD if operand == ANCILLARY => accumulator = known.ether_type,
            LOAD_WORD if operand == super::program::ANCILLARY_PACKET_TYPE => {
                accumulator = known.packet_type;
            }
            LOAD_WORD => accumulator = load(packet, offset, 4)?,
            LOAD_HALF => accumulator = load(packet, offset, 2)?,
            LOAD_BYTE => accumulator = load(packet, offset, 1)?,
            LOAD_WORD_INDEXED => accumulator = load(packet, index + offset, 4)?,
            LOAD_HALF_INDEXED => accumulator = load(packet, index + offset, 2)?,
            LOAD_BYTE_INDEXED => accumulator = load(packet, index + offset, 1)?,
            INDEX_HEADER_LENGTH => index = (load(packet, offset, 1)? & 15) as usize * 4,
            INDEX_CONSTANT => index = offset,
            IF_EQUAL => at += jump(accumulator == operand),
            IF_AT_LEAST => at += jump(accumulator >= operand),
            IF_ANY_BIT => at += jump(accumulator & operand != 0),
            SKIP => at += offset,
            RETURN => return Some(operand),
            other => panic!("unknown instruction {other:#x}"),
        }
    }
}

fn load(packet: &[u8], offset: usize, size: usize) -> Option<u32> {
    let bytes = packet.get(offset..)?.get(..size)?;
    Some(
        bytes
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u32::from(byte)),
    )
}
