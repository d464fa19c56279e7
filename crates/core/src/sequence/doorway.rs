//! Where a packet knocks: by this alone most packets are told from steps.

use nightlatch_wire::{Family, Message, Transport};

use super::Probe;
use crate::Protocol;

/// A port, or a kind of ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doorway {
    Port(Protocol, u16),
    Icmp(Family, u8),
}

impl Doorway {
    /// Where a packet knocks.
    pub(crate) const fn of(transport: &Transport<'_>) -> Self {
        match transport {
            Transport::Tcp(segment) => Self::Port(Protocol::Tcp, segment.destination_port),
            Transport::Udp(datagram) => Self::Port(Protocol::Udp, datagram.destination_port),
            Transport::Icmp(Message { family, kind, .. }) => Self::Icmp(*family, *kind),
        }
    }

    /// Where a step can be taken: an echo of either family has two doorways, all else one.
    pub(crate) fn all_of(probe: Probe) -> impl Iterator<Item = Self> {
        let (first, second) = match probe {
            Probe::Tcp { port, .. } => (Self::Port(Protocol::Tcp, port), None),
            Probe::Udp { port } => (Self::Port(Protocol::Udp, port), None),
            Probe::Icmp {
                family: Some(family),
                kind,
                ..
            } => (Self::Icmp(family, kind), None),
            Probe::Icmp { family: None, .. } => (
                Self::Icmp(Family::V4, ECHO_REQUEST_V4),
                Some(Self::Icmp(Family::V6, ECHO_REQUEST_V6)),
            ),
        };
        core::iter::once(first).chain(second)
    }
}

/// RFC 792.
pub(super) const ECHO_REQUEST_V4: u8 = 8;
/// RFC 4443 §4.1.
pub(super) const ECHO_REQUEST_V6: u8 = 128;
