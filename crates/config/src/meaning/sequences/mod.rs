//! `[sequence.…]`: what several packets together ask for.
//!
//! ```text
//! written ─► plain │ one_time │ timed ─► Found ─► clashes (errors) ─► weakness (errors, warnings) ─► Sequence
//! ```

mod clashes;
mod found;
mod lists;
mod one_time;
mod plain;
mod read;
mod timed;
mod weakness;

pub(super) use read::{Surroundings, read};
