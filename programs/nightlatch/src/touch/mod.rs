//! Touching ports: one packet to each, in order, nobody asked for an answer. No root needed.
//!
//! ```text
//!  7000,8000:udp ─list─► Touches ─┐
//!  host ─resolve─► Route per family ─walk─► send ─► one SYN or one datagram each
//! ```

mod list;
mod pause;
mod send;
mod walk;

pub use list::{Touches, TouchesError};
pub use pause::{PauseError, USUAL_PAUSE, read_pause};
pub use send::{Hand, TouchError};
pub use walk::{Order, Walk, walk};
