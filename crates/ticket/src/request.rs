//! What a knock asks for.

use core::net::IpAddr;

use crate::{Counter, ServiceHash, UnixTime};

/// What a client wants of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Open a service for the claimed address.
    Knock = 1,
    /// Close what was opened, before its time is over.
    Close = 2,
    /// Tell me the address that you see me at; open nothing.
    AskAddress = 3,
    /// Take a text, which only a packet of a message's length carries; in a knock it gets no answer.
    Message = 4,
}

impl Kind {
    pub(crate) const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Knock),
            2 => Some(Self::Close),
            3 => Some(Self::AskAddress),
            4 => Some(Self::Message),
            _ => None,
        }
    }
}

/// A knock before it is sealed, or after its seal was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is wanted.
    pub kind: Kind,
    /// Higher than that of any knock before.
    pub counter: Counter,
    /// When it was sent; the wire carries whole milliseconds.
    pub time: UnixTime,
    /// For which service; [`ServiceHash::NONE`] where only the address is asked for.
    pub service: ServiceHash,
    /// The address to open for, which must be the one it comes from; `None` where it is not known.
    ///
    /// The wire knows no IPv4-mapped addresses: `::ffff:192.0.2.1` is read back as `192.0.2.1`.
    pub claimed: Option<IpAddr>,
    /// For how many seconds; 0 leaves it to the service.
    pub wanted: u32,
}
