//! Sequences: several packets to closed ports that together ask for something.
//!
//! ```text
//! Sequence (policy) ─► Variant (valid now) ─► Route ─► Group ─► Watch ─┐
//!                                    packet ─► Doorway ─► Walks ◄──────┘
//!                                                           └─► who took every step: claim
//! ```

mod doorway;
mod face;
mod group;
mod kind;
mod likeness;
mod meets;
mod notation;
mod options;
mod pattern;
mod ports;
mod route;
mod step;
mod touch;
mod traits;
mod walk;
mod walks;
mod watch;

pub(crate) use face::Faces;
pub use kind::{Deed, Line, Method, Sequence, SequenceId, Timed, Variant};
pub use notation::{MOST_PAYLOAD, StepError};
pub use pattern::{Pattern, PatternError};
pub(crate) use ports::PortSet;
pub use step::{FlagsWanted, MOST_STEPS, Probe, Step};
pub use traits::{Number, OptionWanted, Payload, Traits};
pub(crate) use walks::{Stride, Walks};
