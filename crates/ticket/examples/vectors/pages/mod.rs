//! The pages of vectors, from secrets that are known to everybody.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums of small numbers that are written here; the build checks them for overflow"
)]

mod bad_acks;
mod bad_fields;
mod bad_knocks;
mod bad_messages;
mod bad_sequences;
mod bad_symbols;
mod forge;
mod frames;
mod good;
mod good_acks;
mod good_knocks;
mod good_messages;
mod good_sequences;
mod keys;
mod page;
mod spoil;
mod texts;
mod timed;

/// Every page by its name, as it stands in the folder `vectors`.
pub(crate) fn pages() -> [(&'static str, String); 12] {
    [
        ("keys.toml", keys::keys()),
        ("hashes.toml", keys::hashes()),
        ("knocks.toml", good_knocks::knocks()),
        ("knocks-bad.toml", bad_knocks::knocks()),
        ("acks.toml", good_acks::acks()),
        ("acks-bad.toml", bad_acks::acks()),
        ("messages.toml", good_messages::messages()),
        ("messages-bad.toml", bad_messages::messages()),
        ("sequences.toml", good_sequences::sequences()),
        ("sequences-bad.toml", bad_sequences::sequences()),
        ("timed.toml", timed::timed()),
        ("texts.toml", texts::texts()),
    ]
}
