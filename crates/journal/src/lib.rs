//! The audit journal: what happened as a value, and where it is kept.
//!
//! ```text
//!  Event ─┬─ to_bytes ──► 232 bytes ──► from_bytes     on the way between processes
//!         ├─ Store ──► files of a folder ──► Shelf      for years
//!         └─ JSON, with names that do not change        for programs
//! ```
//!
//! Nothing here has a clock, and nothing was written by a stranger: an event holds names of the
//! configuration, an address, numbers and a few words of ours.

#![forbid(unsafe_code)]

mod event;
mod form;
mod json;
mod kind;
mod label;
mod record;
mod socket;
mod store;
mod time;

pub use event::{Event, Who};
pub use form::{EVENT_LENGTH, EventError};
pub use json::Numbered;
pub use kind::Kind;
pub use label::{LABEL_LENGTH, Label};
pub use socket::{folder_in, socket_beside};
pub use store::{Limits, Opened, Shelf, Store, StoreError};
pub use time::{UnixMillis, calendar};
