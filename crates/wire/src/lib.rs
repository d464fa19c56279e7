//! Reads packets: the bytes of a frame in, one observation or one reason out.
//!
//! ```text
//! frame ─► link ─┬─► ip ─► extension (IPv6) ─► transport ─┬─► Observation
//!                └─► log: a line about a packet ──────────┴─► Unreadable
//! ```
//!
//! Every byte is the stranger's word. All of it goes through [`Reader`], which cannot run past its
//! slice, so the worst that a frame can do is to become a value of [`Unreadable`].
#![no_std]
#![forbid(unsafe_code)]

mod extension;
mod ip;
mod link;
mod log;
mod observation;
mod read;
mod reader;
mod transport;
mod unseen;

pub use extension::{EXTENSION_HEADERS, MOST_EXTENSIONS};
pub use link::{Link, MOST_VLAN_TAGS};
pub use observation::Observation;
pub use read::{MOST_OPTIONS, Unreadable, read, read_in};
pub use reader::Reader;
pub use transport::{Datagram, Family, Flags, Message, Segment, Transport};
pub use unseen::Unseen;
