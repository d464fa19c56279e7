//! Netfilter's netlink: messages, transactions, answers.

mod batch;
mod channel;
mod error;
mod message;
mod read;

pub(crate) use batch::{Batch, NF_TABLES};
pub(crate) use channel::{Channel, Envelope};
pub use error::NetlinkError;
pub(crate) use error::{NO_NF_TABLES, NO_PERMISSION};
pub(crate) use message::Writer;
pub(crate) use read::{Attributes, Frames, number32, number64, text};

/// An answer is wanted, also when all went well.
pub(crate) const ACK: u16 = 4;
/// A message is a question about everything that matches, not about one thing.
pub(crate) const DUMP: u16 = 0x300;
/// Make it if it is not there.
pub(crate) const CREATE: u16 = 0x400;
/// Put it behind the others.
pub(crate) const APPEND: u16 = 0x800;

/// The protocol family that means both IPv4 and IPv6.
pub(crate) const FAMILY_INET: u8 = 1;
