//! Which packets count beside knocks.

use nightlatch_wire::{Family, Flags};

use super::{
    Instruction,
    program::{DESTINATION_PORT, ICMP_TYPE, TCP_FLAGS},
    ranges::Ranges,
};

/// Which packets the listener wants to see beside knocks.
///
/// Ports are ranges, both ends included, in any order. A touch of a port is a packet to it; the
/// kernel may let through more than is asked for, never less.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touches {
    /// TCP segments with neither ACK nor RST to these ports: attempts to connect, and odder ones.
    pub attempts: Vec<(u16, u16)>,
    /// TCP segments to these ports, whatever their flags.
    pub segments: Vec<(u16, u16)>,
    /// UDP datagrams to these ports.
    pub datagrams: Vec<(u16, u16)>,
    /// ICMP messages of these types, over IPv4.
    pub icmp4: Vec<u8>,
    /// `ICMPv6` messages of these types.
    pub icmp6: Vec<u8>,
}

impl Touches {
    /// Whether every datagram to this port is wanted.
    pub(crate) fn covers_datagrams_to(&self, port: u16) -> bool {
        self.datagrams
            .iter()
            .any(|&(first, last)| first <= port && port <= last)
    }

    /// Decides about a TCP segment that the index register points at; empty where none is wanted.
    pub(super) fn decide_segment(&self, most: usize) -> Vec<Instruction> {
        let of_any_flags = Ranges::of(self.segments.iter().copied(), most);
        let both = self.attempts.iter().chain(&self.segments).copied();
        let of_attempts = Ranges::of(both, most);
        if of_attempts.is_empty() {
            return Vec::new();
        }
        let answers = decide_port(&of_any_flags);
        let mut program = vec![Instruction::load_byte_indexed(TCP_FLAGS)];
        program.extend(Instruction::only_for_any_bit(NO_ATTEMPT, answers));
        program.extend(decide_port(&of_attempts));
        program
    }

    /// Decides about a UDP datagram whose destination port the accumulator holds.
    pub(super) fn decide_datagram(&self, most: usize) -> Vec<Instruction> {
        Ranges::of(self.datagrams.iter().copied(), most).search()
    }

    /// Decides about a message that the index register points at; empty where none is wanted.
    pub(super) fn decide_message(&self, family: Family, most: usize) -> Vec<Instruction> {
        let types = match family {
            Family::V4 => &self.icmp4,
            Family::V6 => &self.icmp6,
        };
        let types = types.iter().map(|&one| (u16::from(one), u16::from(one)));
        let types = Ranges::of(types, most);
        if types.is_empty() {
            return Vec::new();
        }
        let mut program = vec![Instruction::load_byte_indexed(ICMP_TYPE)];
        program.extend(types.search());
        program
    }

    pub(super) fn has_datagrams(&self) -> bool {
        !self.datagrams.is_empty()
    }
}

/// Nearly all segments that a busy server gets have ACK: where none of those is wanted, their port
/// need not be looked at.
fn decide_port(ports: &Ranges) -> Vec<Instruction> {
    let mut program = Vec::new();
    if !ports.is_empty() {
        program.push(Instruction::load_half_indexed(DESTINATION_PORT));
    }
    program.extend(ports.search());
    program
}

const NO_ATTEMPT: Flags = Flags::ACK.with(Flags::RST);
