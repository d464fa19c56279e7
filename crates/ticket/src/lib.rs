//! Proves who asks: the sealed knock, its answer, and the keys. The authority is docs/protocol.md.
//!
//! ```text
//!   keys ──► pair ──► tag ─────────► recognise a client, in one look-up
//!              │
//!              ├────► seal ◄─ layout ◄─ request │ ack        what is said
//!              └────► open ─► layout ─► request │ ack        what was heard
//!                                          ▲
//!   sequence: request ─► frames ─► symbols ─► ports, and back
//!   attempt: Wish + Memory ─► Step ────────┘   the client repairs clock, counter and address
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod ack;
mod attempt;
mod counter;
mod keys;
mod layout;
mod mac;
mod message;
mod open;
mod pair;
mod request;
mod seal;
mod sequence;
mod service;
mod tag;
mod text;
mod time;
mod timed;

pub use ack::{Ack, Status};
pub use attempt::{
    AddressClaim, Answer, Attempt, Happened, Heard, Memory, Outcome, Packet, Reason, Repairs, Step,
    Wish,
};
pub use counter::Counter;
pub use keys::{PresharedSecret, PublicKey, SecretKey};
pub use message::{
    LONGEST_MESSAGE, MESSAGE_LENGTH, MessageText, SealedMessage, Text, TextTooLong,
    as_sealed_message, open_message, seal_message,
};
pub use open::{OpenError, open, open_ack};
pub use pair::{PairKeys, WeakKey};
pub use request::{Kind, Request};
pub use seal::{SEALED_LENGTH, Sealed, WrongLength, as_sealed, nonce_of, seal, seal_ack, tag_of};
pub use sequence::{
    FRAME_LENGTH, Frame, FrameHead, LONGEST_SEQUENCE_TEXT, MOST_FRAMES, PORTS_NEEDED, SYMBOLS,
    SequenceError, SequenceKind, SequenceRequest, SequenceTag, SequenceText, ShortService, Span,
    SpanError, Symbol, gather, head_of, open_sequence, seal_sequence, spread,
};
pub use service::ServiceHash;
pub use tag::{Tag, TagKey, Tagged};
pub use text::{KeyKind, KeyTextError};
pub use time::{EPOCH_SECONDS, Epoch, UnixTime};
pub use timed::{SequenceSecret, TimeStep};
