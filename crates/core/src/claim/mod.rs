//! Claims: what the listener tells the broker, in one of two lengths, each always of its own shape.
//!
//! ```text
//! ticket, frames, sequence ─► 192 bytes ─┐
//! message ────────────────► 1,216 bytes ─┴─► the same claim, or the end of trust
//! ```

mod kinds;
mod layout;
mod reading;
mod writing;

pub use kinds::{Claim, FrameList, FramesClaim, MessageClaim, SequenceClaim, TicketClaim};
pub use reading::ClaimError;
