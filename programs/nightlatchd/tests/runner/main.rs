//! The runner as it is: the real program over its socket, real commands, real processes, a real disk.
//!
//! The test plays the broker, and writes errands byte by byte as `errand/mod.rs` describes them.
#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on has failed"
)]

mod broker;
mod halves;
mod limits;
mod lives;
mod surroundings;
