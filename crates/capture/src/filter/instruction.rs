//! One instruction of a classic BPF program, by the name of what it does.

use nightlatch_wire::Flags;
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

    pub(super) const fn load_byte_indexed(offset: u32) -> Self {
        Self::plain(LOAD_BYTE_INDEXED, offset)
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

    /// Carries out `program` where the accumulator is `value`; goes on behind it where not.
    pub(super) fn only_for(value: u32, program: Vec<Self>) -> Vec<Self> {
        // A conditional jump reaches 255 instructions, an unconditional one any number.
        Self::then(Self::if_equal(value, 1, 0), program)
    }

    /// Carries out `program` where the accumulator has one of the bits; goes on behind it where not.
    pub(super) fn only_for_any_bit(flags: Flags, program: Vec<Self>) -> Vec<Self> {
        Self::then(Self::if_any_bit(u32::from(flags.bits()), 1, 0), program)
    }

    /// Carries out `program` where the accumulator is below `pivot`; goes on behind it where not.
    pub(super) fn only_below(pivot: u32, program: Vec<Self>) -> Vec<Self> {
        if let Ok(near) = u8::try_from(program.len()) {
            let mut whole = vec![Self::if_at_least(pivot, near, 0)];
            whole.extend(program);
            return whole;
        }
        Self::then(Self::if_at_least(pivot, 0, 1), program)
    }

    /// A question that skips one instruction where the answer is yes: the one that skips `program`.
    fn then(question: Self, program: Vec<Self>) -> Vec<Self> {
        let length = u32::try_from(program.len()).unwrap_or(u32::MAX);
        let mut whole = vec![question, Self::skip(length)];
        whole.extend(program);
        whole
    }

    /// The same for packets that begin so many bytes later.
    #[cfg(feature = "libpcap")]
    pub(super) const fn behind(self, header: u32) -> Self {
        let is_packet_load = matches!(
            self.code,
            LOAD_BYTE
                | LOAD_HALF
                | LOAD_WORD
                | LOAD_BYTE_INDEXED
                | LOAD_HALF_INDEXED
                | LOAD_WORD_INDEXED
                | INDEX_HEADER_LENGTH
        );
        if !is_packet_load || self.operand >= ANCILLARY {
            return self;
        }
        Self {
            operand: self.operand.saturating_add(header),
            ..self
        }
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

/// `SKF_AD_OFF`: from here on a load asks the kernel for what it knows about the packet.
pub(super) const ANCILLARY: u32 = 0xffff_f000;

// linux/bpf_common.h: class | size | mode, or class | operation | source.
pub(super) const LOAD_WORD: u16 = 0x20;
pub(super) const LOAD_HALF: u16 = 0x28;
pub(super) const LOAD_BYTE: u16 = 0x30;
pub(super) const LOAD_WORD_INDEXED: u16 = 0x40;
pub(super) const LOAD_HALF_INDEXED: u16 = 0x48;
pub(super) const LOAD_BYTE_INDEXED: u16 = 0x50;
pub(super) const INDEX_HEADER_LENGTH: u16 = 0xb1;
pub(super) const INDEX_CONSTANT: u16 = 0x01;
pub(super) const IF_EQUAL: u16 = 0x15;
pub(super) const IF_AT_LEAST: u16 = 0x35;
pub(super) const IF_ANY_BIT: u16 = 0x45;
pub(super) const SKIP: u16 = 0x05;
pub(super) const RETURN: u16 = 0x06;
