//! The pair, the knock and the answer that all others are made from.

use std::net::Ipv6Addr;

use super::forge::{Ack, Knock, Pair, address, service, unhex};

/// The pair that every packet in the vectors belongs to: Alice knocks at Bob (RFC 7748 §6.1).
pub(crate) fn pair() -> Pair {
    Pair::new(unhex(ALICE), unhex(BOB), std::array::from_fn(small))
}

/// A pair that shares nothing with it.
pub(crate) fn strangers() -> Pair {
    Pair::new([0x11; 32], [0x22; 32], [0x33; 32])
}

/// The knock that the others are made from.
pub(crate) fn knock() -> Knock {
    Knock {
        version: 1,
        kind: 1,
        flags: 0,
        counter: 1_800_000_000_123_456_789,
        time: 1_800_000_000_123,
        service: service("ssh"),
        claimed: address("203.0.113.7"),
        wanted: 30,
        reserved: [0; 16],
    }
}

/// The answer that the others are made from.
pub(crate) fn ack() -> Ack {
    Ack {
        version: 1,
        status: 1,
        flags: 0,
        counter: 1_800_000_000_123_456_789,
        time: 1_800_000_000_456,
        seen: address("203.0.113.7"),
        granted: 30,
        last: 1_800_000_000_123_456_789,
        reserved: [0; 16],
    }
}

/// The nonce of the vector with this number.
pub(crate) fn nonce(number: u8) -> [u8; 12] {
    std::array::from_fn(|at| number ^ small(at).wrapping_mul(0x11))
}

/// An address as people write it, or nothing for sixteen zero bytes.
pub(crate) fn readable(bytes: [u8; 16]) -> String {
    let address = Ipv6Addr::from(bytes);
    if address.is_unspecified() {
        String::new()
    } else {
        address.to_canonical().to_string()
    }
}

fn small(at: usize) -> u8 {
    u8::try_from(at).unwrap_or_default()
}

/// The last millisecond since 1970 that nanoseconds in 64 bits can express.
pub(crate) const LAST_MILLISECOND: u64 = u64::MAX / 1_000_000;

/// The epoch of most knocks here.
pub(crate) const NOW: u64 = 3_000_000;

/// The secret keys of RFC 7748 §6.1.
pub(crate) const ALICE: &str = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
pub(crate) const BOB: &str = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
