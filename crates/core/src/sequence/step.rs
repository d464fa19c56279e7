//! One step of a sequence: the packet that it waits for.

use nightlatch_wire::{Family, Flags};

use super::Traits;

/// How many steps a sequence can have.
pub const MOST_STEPS: usize = 32;

/// One step of a sequence: a packet of this kind with these traits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What kind of packet, and where to.
    pub probe: Probe,
    /// What else its headers and its payload must look like.
    pub traits: Traits,
}

/// What kind of packet a step waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Probe {
    /// A TCP segment to a port.
    Tcp {
        /// The destination port, never 0.
        port: u16,
        /// Which control bits are looked at.
        flags: FlagsWanted,
    },
    /// A UDP datagram to a port.
    Udp {
        /// The destination port, never 0.
        port: u16,
    },
    /// An ICMP message.
    Icmp {
        /// Whose numbers the type is; none: an echo request of either.
        family: Option<Family>,
        /// The type.
        kind: u8,
        /// The code; none: any.
        code: Option<u8>,
    },
}

/// Which control bits must be set and which must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlagsWanted {
    /// These must all be set.
    pub set: Flags,
    /// None of these may be set.
    pub clear: Flags,
}

impl FlagsWanted {
    /// A connection attempt: SYN and neither ACK nor RST nor FIN.
    pub const ATTEMPT: Self = Self {
        set: Flags::SYN,
        clear: Flags::ACK.with(Flags::RST).with(Flags::FIN),
    };

    /// Whether these flags are as wanted.
    pub const fn is_met_by(self, flags: Flags) -> bool {
        flags.contains(self.set) && flags.bits() & self.clear.bits() == 0
    }
}

impl Step {
    /// A connection attempt to a TCP port, whatever else stands in its header.
    pub fn tcp(port: u16) -> Self {
        Self {
            probe: Probe::Tcp {
                port,
                flags: FlagsWanted::ATTEMPT,
            },
            traits: Traits::default(),
        }
    }

    /// A UDP datagram to a port, whatever it carries.
    pub fn udp(port: u16) -> Self {
        Self {
            probe: Probe::Udp { port },
            traits: Traits::default(),
        }
    }
}
