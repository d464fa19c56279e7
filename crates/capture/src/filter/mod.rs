//! Which packets the kernel lets through to us, as a classic BPF program.
//!
//! ```text
//! pkttype = host? ─► whole? ─┬─ UDP ──► knock port? ─► knock length? ─► tag known? ─► accept
//!                            │            └─ other ──► a port of a touch? ─► accept
//!                            ├─ TCP ──► ACK or RST? ─► a port of a segment, of an attempt? ─► accept
//!                            └─ ICMP ─► a type of a touch? ─► accept
//! ```
//!
//! The program only saves work: what it lets through is read again by `nightlatch-wire`, and a tag
//! is looked up whole. So it may let through too much, and must never stop a knock or a touch.

mod instruction;
#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a sum that overflows fails the test"
)]
mod interpreter;
mod knock;
mod program;
mod ranges;
mod tags;
mod touches;

pub(crate) use instruction::Instruction;
pub use knock::KnockShape;
#[cfg(feature = "libpcap")]
pub(crate) use program::behind_header;
pub(crate) use program::{Wanted, knocks_alone, nothing, program};
pub use tags::MOST_TAGS;
pub(crate) use tags::TagStarts;
pub use touches::Touches;
