//! The doorstep: every packet is looked at here first, by a process that holds no key to any seal.
//!
//! ```text
//! UDP to the knock port ─► tag ─► quota ──────────────────► ticket, message ─┐
//! a touch ─┬─► walks ─────────────────────────────────────► sequence ────────┼─► Claim
//!          └─► gathering ─► frame ─► tag ─► quota ────────► frames ──────────┘
//! ```

mod glance;
mod knocks;
mod tending;
mod threshold;
mod touches;

pub use glance::{Advance, Glance, Ignored};
pub(crate) use threshold::hosts;
pub use threshold::{Doorstep, DoorstepPlan};
