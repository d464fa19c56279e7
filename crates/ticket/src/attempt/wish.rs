//! What the client wants, and what it remembers of the server.

use core::net::IpAddr;

use crate::{Counter, Epoch, Kind, ServiceHash, UnixTime};

/// What somebody wants of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Open, close, take a text, or only tell the address.
    pub kind: Kind,
    /// Which service.
    pub service: ServiceHash,
    /// For how many seconds; 0 leaves it to the service.
    pub wanted: u32,
    /// Whether the server is expected to answer, and so what is known of the address beforehand.
    pub answer: Answer,
}

/// Whether there will be an answer to repair anything from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The server answers; what the address is need not be known for certain.
    Awaited(AddressClaim),
    /// The server keeps silent: one knock, nothing to wait for, and the address must be right.
    NotExpected {
        /// The address to open for.
        claimed: IpAddr,
    },
}

/// What the client says about the address that the server will see it at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClaim {
    /// This one and no other: should the server see another, nothing is opened and that is said.
    Only(IpAddr),
    /// This one unless another is remembered; taken from the answer when the server sees another.
    Likely(IpAddr),
    /// The remembered one; else the answer tells.
    Unknown,
}

/// What a client remembers of a server: kept per server, the address per network and family too.
///
/// Losing it costs one round trip. It holds no secret, but tells which address was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// The last counter that was used, whether or not anybody took it.
    pub last: Counter,
    /// What the server's latest answer named: a counter above it is neither refused nor in doubt.
    pub named: Counter,
    /// By how many milliseconds the server's clock is ahead of the one here; negative: behind.
    pub offset: i64,
    /// The address that the server saw last.
    pub address: Option<IpAddr>,
}

impl Memory {
    /// The counter that the next one has to be above, when the server's clock is thought to show `time`.
    ///
    /// One that was used by a clock which ran far ahead does not count unless the server named it: no
    /// server could take it, and to go on from there would take the server along.
    pub fn above(&self, time: UnixTime) -> Counter {
        let within_reach = Epoch::of_counter(self.last) <= Epoch::at(time).next();
        let counted_on = self.last.0.saturating_sub(self.named.0) <= COUNTED_ON;
        if within_reach || counted_on {
            self.last.max(self.named)
        } else {
            self.named
        }
    }

    /// The address to claim, if one can be named.
    pub(super) fn claim(&self, claim: AddressClaim) -> Option<IpAddr> {
        match claim {
            AddressClaim::Only(address) => Some(address),
            AddressClaim::Likely(likely) => {
                // What was seen over the other family says nothing about this one.
                let seen = self
                    .address
                    .filter(|seen| seen.is_ipv4() == likely.is_ipv4());
                Some(seen.unwrap_or(likely))
            }
            AddressClaim::Unknown => self.address,
        }
    }
}

/// How far the counters may run ahead of the server's where they are counted one by one.
const COUNTED_ON: u64 = 1 << 16;
