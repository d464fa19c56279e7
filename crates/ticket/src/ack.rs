//! What the server answers to those who hold a key, and to nobody else.

use core::net::IpAddr;

use crate::{Counter, UnixTime};

/// What became of a knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Status {
    /// The service is open for the address seen, for the seconds granted.
    Granted = 1,
    /// What was open for the address seen is closed.
    Closed = 2,
    /// The address was asked for; nothing else happened.
    Seen = 3,
    /// The server cannot know whether the counter was used before a crash: jump above `last`.
    InDoubt = 4,
    /// The times differ too much: take the server's.
    Stale = 5,
    /// It came from another address than it claims: take the one seen, if it is yours.
    Elsewhere = 6,
    /// This client may not have this service.
    Forbidden = 7,
    /// A knock with the recovery tag: nothing was done but to tell time, counter and address.
    Recovered = 8,
    /// The gate could not be changed; the server's own log says why.
    Unavailable = 9,
    /// There are too many grants already.
    Full = 10,
    /// The message has arrived; what becomes of it is the server's business.
    Taken = 11,
}

impl Status {
    /// Every status, in the order of its number.
    pub const ALL: [Self; 11] = [
        Self::Granted,
        Self::Closed,
        Self::Seen,
        Self::InDoubt,
        Self::Stale,
        Self::Elsewhere,
        Self::Forbidden,
        Self::Recovered,
        Self::Unavailable,
        Self::Full,
        Self::Taken,
    ];

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| *status as u8 == byte)
    }
}

/// An answer before it is sealed, or after its seal was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ack {
    /// What became of the knock.
    pub status: Status,
    /// The counter of the knock that this answers.
    pub counter: Counter,
    /// The server's clock; the wire carries whole milliseconds.
    pub time: UnixTime,
    /// The address that the knock came from.
    pub seen: IpAddr,
    /// For how many seconds it is open; 0 where nothing was granted.
    pub granted: u32,
    /// A counter above this one will not be refused: the last one used, or the watermark of a crash.
    pub last: Counter,
}
