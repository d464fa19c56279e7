//! Ways of spoiling a packet that knocks and answers have in common.

use super::forge::hex;
use super::good::LAST_MILLISECOND;
use super::page::Page;

/// A packet that is refused: what was done to it, its bytes, and the reason.
pub(crate) type Refused = (String, Vec<u8>, &'static str);

pub(crate) fn refused(page: &mut Page, table: &str, name: &str, packet: &[u8], outcome: &str) {
    page.table(table);
    page.line("name", name);
    page.line("outcome", outcome);
    page.line("packet", &hex(packet));
}

pub(crate) fn cut_and_padded(good: &[u8]) -> Vec<Refused> {
    let twice = good.repeat(20);
    [0, 1, 7, 8, 20, 64, 84, 99, 101, 128, 200, 1_232, 2_000]
        .into_iter()
        .map(|length| {
            let packet = twice.iter().take(length).copied().collect();
            (format!("{length} bytes"), packet, "wrong-length")
        })
        .collect()
}

/// One bit at both ends of every field.
pub(crate) fn flipped(good: &[u8], outcome: fn(usize) -> &'static str) -> Vec<Refused> {
    [
        0, 7, 8, 19, 20, 21, 22, 23, 24, 31, 32, 39, 40, 47, 48, 63, 64, 67, 68, 83, 84, 99,
    ]
    .into_iter()
    .flat_map(|at| [(at, 0x01_u8), (at, 0x80)])
    .map(|(at, bit)| {
        let mut packet = good.to_vec();
        packet
            .iter_mut()
            .skip(at)
            .take(1)
            .for_each(|byte| *byte ^= bit);
        (
            format!("byte {at} with {bit:#04x} flipped"),
            packet,
            outcome(at),
        )
    })
    .collect()
}

pub(crate) fn forged<const N: usize>(packets: [(&str, Vec<u8>); N]) -> [Refused; N] {
    packets.map(|(name, packet)| (name.into(), packet, "forged"))
}

/// The packet with other bytes from `at` on.
pub(crate) fn swap(packet: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    [
        part(packet, 0, at),
        bytes.to_vec(),
        part(packet, at + bytes.len(), 100),
    ]
    .concat()
}

pub(crate) fn part(packet: &[u8], from: usize, length: usize) -> Vec<u8> {
    packet.iter().skip(from).take(length).copied().collect()
}

/// Each of the reserved bytes in turn, and all of them.
pub(crate) fn reserved() -> Vec<(String, [u8; 16])> {
    let one = |at: usize| std::array::from_fn(|other| u8::from(other == at));
    (0..16)
        .map(|at| (at.to_string(), one(at)))
        .chain([("all".into(), [0xff; 16])])
        .collect()
}

pub(crate) const FLAGS: [u16; 5] = [0x0001, 0x0100, 0x4000, 0x8000, 0xffff];
pub(crate) const TIMES: [u64; 2] = [LAST_MILLISECOND + 1, u64::MAX];
pub(crate) const ADDRESSES: [&str; 7] = [
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "239.255.255.255",
    "ff02::1",
    "ff05::1:3",
    "ffff::",
];

/// In which order what is wrong is found; the empty one is the kind or the status.
pub(crate) const ORDER: [(&str, &str); 6] = [
    ("version", "unknown-version"),
    ("second byte", ""),
    ("flags", "unknown-flags"),
    ("reserved bytes", "reserved-not-zero"),
    ("time", "bad-time"),
    ("address", "bad-address"),
];
