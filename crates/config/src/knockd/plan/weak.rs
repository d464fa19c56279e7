//! Sequences that a stranger comes upon by chance.

use super::block::Risk;
use crate::knockd::reading::{Door, Key};

/// What is weak about a door's ports.
pub(super) fn risks(door: &Door) -> Option<Risk> {
    let span = door.last(Key::Sequence)?.value.clone();
    let ports: Vec<u16> = door.touches.iter().map(|touch| touch.port).collect();
    let (title, advice) = if STOCK.contains(&ports.as_slice()) {
        (
            "these ports are knockd's own example: scanners try them first",
            "take others, in mixed order, between 10000 and 60000",
        )
    } else if ports.len() < 3 {
        (
            "fewer than three ports are found by trying",
            "take three or more, in mixed order",
        )
    } else if ports.is_sorted_by(|a, b| a < b) || ports.is_sorted_by(|a, b| a > b) {
        (
            "the ports only rise or only fall, as those of a scan do",
            "mix their order",
        )
    } else {
        return None;
    };
    Some(Risk::new(span, title, advice))
}

/// What stands in the file that knockd comes with, and in most tutorials.
const STOCK: [&[u16]; 3] = [
    &[7000, 8000, 9000],
    &[9000, 8000, 7000],
    &[12345, 54321, 24680, 13579],
];
