//! Sequences: several packets to closed ports that together ask for something.
//!
//! ```text
//! Sequence (policy) ─► Variant (valid now) ─► steps ─► a source walks them ─► claim
//! ```

mod kind;
mod likeness;
mod notation;
mod pattern;
mod step;
mod traits;

pub use kind::{Deed, Line, Method, Sequence, SequenceId, Timed, Variant};
pub use notation::{MOST_PAYLOAD, StepError};
pub use pattern::{Pattern, PatternError};
pub use step::{FlagsWanted, MOST_STEPS, Probe, Step};
pub use traits::{Number, OptionWanted, Payload, Traits};
