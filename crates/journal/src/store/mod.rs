//! The store: files of rising numbers, each an embedded database of its own.
//!
//! ```text
//! 00000000000000000001.redb   numbers 1 … 41207       the oldest goes as a whole, when all are too big
//! 00000000000000041208.redb   numbers 41208 …         what is written to
//! 00000000000000000001.damaged                        was set aside, since it cannot be read
//! ```
//! An embedded database gives back no room that it has; a file that is taken away does, also where the
//! disk is full. What is too old is taken out of the oldest file, row by row.

mod error;
mod keeper;
mod names;
mod segment;
mod shelf;
mod untouched;

pub use error::StoreError;
pub use keeper::{Limits, Opened, Store};
pub use shelf::Shelf;
