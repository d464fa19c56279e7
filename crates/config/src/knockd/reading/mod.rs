//! knockd's own configuration, read exactly as knockd 0.8 reads it; what it refuses is refused here.
//!
//! ```text
//! bytes ─► lines ─► statement ─► file: options, doors
//! ```

mod door;
mod file;
mod flags;
mod keys;
mod lines;
mod number;
mod statement;
mod touches;

pub(super) use door::Door;
pub(super) use file::{File, read};
pub(super) use keys::{Key, Said};
pub(super) use lines::{Line, Lines};
pub(super) use number::atoi;
pub(super) use touches::Touch;
