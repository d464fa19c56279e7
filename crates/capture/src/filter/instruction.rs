//! One instruction of a classic BPF program, by the name of what it does.

use socket2::SockFilter;

/// One instruction: accumulator and index register, forward jumps only (bpf(4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(super) code: u16,
    pub(super) yes: u8,
    pub(super) no: u8,
    pub(super) operand: u32,
}

impl Instruction {
    pub(super) const fn load_byte(offset: u32) -> Self {
        Self::plain(LOAD_BYTE, offset)
    }

    pub(super) const fn load_half(offset: u32) -> Self {
        Self::plain(LOAD_HALF, offset)
    }

    pub(super) const fn load_word(offset: u32) -> Self {
        Self::plain(LOAD_WORD, offset)
    }

    /// Loads two bytes at the index register plus `offset`.
    pub(super) const fn load_half_indexed(offset: u32) -> Self {
        Self::plain(LOAD_HALF_INDEXED, offset)
    }

    /// Loads four bytes at the index register plus `offset`.
    pub(super) const fn load_word_indexed(offset: u32) -> Self {
        Self::plain(LOAD_WORD_INDEXED, offset)
    }

    /// Sets the index register to four times the low four bits of a byte: IPv4's header length.
    pub(super) const fn index_header_length(offset: u32) -> Self {
        Self::plain(INDEX_HEADER_LENGTH, offset)
    }

    pub(super) const fn index_constant(value: u32) -> Self {
        Self::plain(INDEX_CONSTANT, value)
    }

    /// Skips `yes` instructions where the accumulator is `value`, else `no`.
    pub(super) const fn if_equal(value: u32, yes: u8, no: u8) -> Self {
        Self {
            code: IF_EQUAL,
            yes,
            no,
            operand: value,
        }
    }

    /// Skips `yes` instructions where the accumulator is `value` or more, else `no`.
    pub(super) const fn if_at_least(value: u32, yes: u8, no: u8) -> Self {
        Self {
            code: IF_AT_LEAST,
            yes,
            no,
            operand: value,
        }
    }

    /// Skips `yes` instructions where the accumulator shares a bit with `mask`, else `no`.
    pub(super) const fn if_any_bit(mask: u32, yes: u8, no: u8) -> Self {
        Self {
            code: IF_ANY_BIT,
            yes,
            no,
            operand: mask,
        }
    }

    /// Skips `count` instructions; the only jump that reaches further than 255.
    pub(super) const fn skip(count: u32) -> Self {
        Self::plain(SKIP, count)
    }

    /// Lets the packet through, whole.
    pub(super) const fn accept() -> Self {
        Self::plain(RETURN, u32::MAX)
    }

    pub(super) const fn drop() -> Self {
        Self::plain(RETURN, 0)
    }

    const fn plain(code: u16, operand: u32) -> Self {
        Self {
            code,
            yes: 0,
            no: 0,
            operand,
        }
    }
}

impl From<Instruction> for SockFilter {
    fn from(instruction: Instruction) -> Self {
        Self::new(
            instruction.code,
            instruction.yes,
            instruction.no,
            instruction.operand,
        )
    }
}

// linux/bpf_common.h: class | size | mode, or class | operation | source.
pub(super) const LOAD_WORD: u16 = 0x20;
pub(super) const LOAD_HALF: u16 = 0x28;
pub(super) const LOAD_BYTE: u16 = 0x30;
pub(super) const LOAD_WORD_INDEXED: u16 = 0x40;
pub(super) const LOAD_HALF_INDEXED: u16 = 0x48;
pub(super) const INDEX_HEADER_LENGTH: u16 = 0xb1;
pub(super) const INDEX_CONSTANT: u16 = 0x01;
pub(super) const IF_EQUAL: u16 = 0x15;
pub(super) const IF_AT_LEAST: u16 = 0x35;
pub(super) const IF_ANY_BIT: u16 = 0x45;
pub(super) const SKIP: u16 = 0x05;
pub(super) const RETURN: u16 = 0x06;
