//! A sealed request spread over destination ports, for who can do no more than touch them.
//!
//! ```text
//!   request ─► seal ─► frames ─► spread ─► symbols ─► Span::port ──► one packet to each port
//!   request ◄─ open ◄─ frames ◄─ gather ◄─ symbols ◄─ Span::symbol ◄─ any 17 of 31, in any order
//! ```
//!
//! docs/protocol.md §14 is the authority.

mod code;
mod counter;
mod frame;
mod layout;
mod open;
mod request;
mod seal;
mod seconds;
mod span;

pub use code::{PORTS_NEEDED, SYMBOLS, Symbol, gather, spread};
pub use frame::{FRAME_LENGTH, Frame, FrameHead, MOST_FRAMES, SequenceTag, head_of};
pub use open::{SequenceError, open_sequence};
pub use request::{
    LONGEST_SEQUENCE_TEXT, SequenceKind, SequenceRequest, SequenceText, ShortService,
};
pub use seal::seal_sequence;
pub use span::{Span, SpanError};
