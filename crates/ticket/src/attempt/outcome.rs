//! What the client does next, and how it ends.

use core::net::IpAddr;

use crate::{Request, Tagged};

/// What to do now.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Seal this (a message with [`Packet::telling`](crate::Packet::telling)) and send it; then wait for an answer as long as `patience` says.
    Send {
        /// What to seal.
        request: Request,
        /// With which tag.
        tagged: Tagged,
    },
    /// It is done.
    Done(Outcome),
    /// It cannot be done, or not now.
    GiveUp(Reason),
}

/// How an attempt ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What came of it.
    pub happened: Happened,
    /// The address that the server saw; `None` when nobody was expected to answer.
    pub seen: Option<IpAddr>,
    /// What had to be put right on the way.
    pub repairs: Repairs,
    /// How many packets it took.
    pub sends: u8,
}

/// What came of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The service is open for the address seen.
    Granted {
        /// For how long.
        seconds: u32,
    },
    /// What was open is closed.
    Closed,
    /// The address is known.
    Seen,
    /// The message has arrived.
    Taken,
    /// The knock was sent, and nobody was expected to answer.
    Sent,
}

/// How often each thing was put right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repairs {
    /// The clocks differed.
    pub clock: u8,
    /// The counter was too low.
    pub counter: u8,
    /// The server saw another address than was claimed.
    pub address: u8,
}

impl Repairs {
    /// Whether nothing had to be put right.
    pub const fn is_none(&self) -> bool {
        self.clock == 0 && self.counter == 0 && self.address == 0
    }
}

/// Why an attempt was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not even the recovery knock was answered.
    #[error(
        "the server did not answer\n  check host, port and keys; it may also be down, out of reach, or told not to answer (then knock without waiting for one); if not, try again in half a minute"
    )]
    Silence,
    /// The recovery knock was answered, what followed it was not.
    #[error(
        "the server answered once and then no more\n  packets are being lost: try again in half a minute"
    )]
    SilenceAfterRecovery,
    /// Answers came, but not often enough.
    #[error("answers came, but too few of them\n  packets are being lost: try again")]
    TriesUsedUp,
    /// The key is good, the service is not for it.
    #[error(
        "this key may not open this service\n  check the service's name, or ask the server's administrator"
    )]
    Forbidden,
    /// The server could not change its gate.
    #[error(
        "the server knows this key but could not open\n  its administrator finds the cause in its log"
    )]
    Unavailable,
    /// There is no room for another grant.
    #[error(
        "the server has as many doors open as it allows\n  try again when one has closed, or close one of yours"
    )]
    Full,
    /// The server saw another address than the only one that was allowed.
    #[error(
        "the server sees {seen}, not {claimed}\n  if {seen} is yours, or your router's, knock for it or leave the address open"
    )]
    SeenElsewhere {
        /// The address that was insisted on.
        claimed: IpAddr,
        /// The address that the server saw.
        seen: IpAddr,
    },
    /// The address was put right, and was wrong again.
    #[error(
        "the server saw a different address each time, the last was {seen}\n  your provider or a proxy changes it from packet to packet: try another network or IPv6"
    )]
    AddressUnsteady {
        /// The last one.
        seen: IpAddr,
    },
    /// The clock was put right, and was wrong again.
    #[error(
        "the clocks drift apart faster than they can be put right\n  set the clock here and on the server, or look for what delays the packets by a minute"
    )]
    ClockUnsteady,
    /// The counter was put right, and was too low again.
    #[error("the server doubts every counter\n  its administrator finds the cause in its log")]
    CounterUnsteady,
    /// There is no higher counter.
    #[error(
        "this key has used up its counters\n  make another with `nightlatch keygen` and have it enrolled"
    )]
    CounterUsedUp,
}
