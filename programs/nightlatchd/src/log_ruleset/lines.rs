//! What both rulesets have in common: where they put what they see, and how much of each source.

use nightlatch_ticket::{MESSAGE_LENGTH, SEALED_LENGTH};

/// Where the kernel puts what it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outlet {
    /// Lines in its log.
    Lines,
    /// An NFLOG group; knocks to this port go there too.
    Group(u16, Option<u16>),
}

/// The lengths of the datagrams that carry a knock or a message, with their headers of eight bytes.
pub(super) const LENGTHS: [usize; 2] = [SEALED_LENGTH + HEADER, MESSAGE_LENGTH + HEADER];
const HEADER: usize = 8;

/// What the kernel puts in front of each line: the administrator's, for whoever reads along.
pub(super) const PREFIX: &str = "nightlatch: ";
/// Lines a second that one source may have written for long.
pub(super) const RATE: u32 = 50;
/// Lines at once: the longest knock is a message of four times 31 touches.
pub(super) const BURST: u32 = 200;
/// How many sources are told apart.
pub(super) const SOURCES: u32 = 65_536;
/// For how long a source that is silent is remembered, in seconds; its lines are not fewer by then.
pub(super) const MEMORY: u32 = 10;
/// Lines a second of all sources together for which there was no room.
pub(super) const REST: u32 = 200;

/// Ports as both tools take them, with what each puts between two of a range.
pub(super) fn ports(ranges: &[(u16, u16)], between: &str) -> Vec<String> {
    ranges
        .iter()
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}{between}{last}")
            }
        })
        .collect()
}
