//! Which touches count: those of ports where nothing is, and those of decoys.

use nightlatch_wire::{Flags, Observation, Transport};

use super::Failure;
use crate::sequence::PortSet;
use crate::{PortRange, Protocol};

/// Which touches count.
pub(super) struct Ports {
    closed: PortSet,
    decoys: PortSet,
}

impl Ports {
    /// All ports are closed but those in use, and some are decoys, in use or not.
    pub(super) fn new(in_use: &[PortRange], decoys: &[PortRange]) -> Self {
        Self {
            closed: PortSet::all_but(in_use),
            decoys: PortSet::only(decoys),
        }
    }

    /// No port is closed, since nobody has said yet which are in use.
    pub(super) fn unknown(decoys: &[PortRange]) -> Self {
        Self {
            closed: PortSet::none(),
            decoys: PortSet::only(decoys),
        }
    }

    /// What a packet that was no step and no knock does wrong, and at which port; nothing if it
    /// belongs to a connection, or says so.
    pub(super) fn failure(&self, seen: &Observation<'_>) -> Option<(Failure, u16)> {
        let (protocol, port) = match seen.transport {
            Transport::Tcp(segment) if begins(segment.flags) => {
                (Protocol::Tcp, segment.destination_port)
            }
            Transport::Udp(datagram) => (Protocol::Udp, datagram.destination_port),
            Transport::Tcp(_) | Transport::Icmp(_) => return None,
        };
        if self.decoys.contains(protocol, port) {
            return Some((Failure::Decoy, port));
        }
        let is_closed = self.closed.contains(protocol, port);
        is_closed.then_some((Failure::ClosedPort, port))
    }
}

/// Attempts to connect, and odder ones that only scanners send.
const fn begins(flags: Flags) -> bool {
    !flags.contains(Flags::ACK) && !flags.contains(Flags::RST)
}
