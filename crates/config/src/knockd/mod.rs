//! knockd's configuration becomes ours.
//!
//! ```text
//! knockd.conf ─► reading ─► doors ─► plan (commands understood) ─► text with comments, warnings
//! ```

mod commands;
mod convert;
mod load;
mod plan;
mod reading;
mod trace;

pub use convert::{Commands, Converted, convert_knockd};
pub use load::{Imported, import_knockd, load_knockd};
