//! The pages of vectors, from secrets that are known to everybody.

#![expect(
    clippy::arithmetic_side_effects,
    reason = "sums of small numbers that are written here; the build checks them for overflow"
)]

mod bad_acks;
mod bad_knocks;
mod forge;
mod good;
mod good_acks;
mod good_knocks;
mod keys;
mod page;
mod spoil;
mod texts;

/// Every page by its name, as it stands in the folder `vectors`.
pub(crate) fn pages() -> [(&'static str, String); 7] {
    [
        ("keys.toml", keys::keys()),
        ("hashes.toml", keys::hashes()),
        ("knocks.toml", good_knocks::knocks()),
        ("knocks-bad.toml", bad_knocks::knocks()),
        ("acks.toml", good_acks::acks()),
        ("acks-bad.toml", bad_acks::acks()),
        ("texts.toml", texts::texts()),
    ]
}
