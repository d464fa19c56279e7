//! Replies: sealed acks on their way out.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use nightlatch_ticket::{SEALED_LENGTH, Sealed};

use super::word::REPLY;

/// A sealed ack and its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The address that was knocked at.
    pub(crate) from: IpAddr,
    /// Who knocked.
    pub(crate) to: SocketAddr,
    /// What he is told, in 100 bytes that only he can open.
    pub(crate) sealed: Sealed,
}

impl Reply {
    pub(super) fn to_bytes(self) -> [u8; REPLY_LENGTH] {
        let mut bytes = [0; REPLY_LENGTH];
        let scope = match self.to {
            SocketAddr::V4(_) => 0,
            SocketAddr::V6(to) => to.scope_id(),
        };
        let parts: [&[u8]; 6] = [
            &[REPLY],
            &octets(self.from),
            &octets(self.to.ip()),
            &self.to.port().to_be_bytes(),
            &scope.to_be_bytes(),
            &self.sealed,
        ];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    pub(super) fn from_bytes(body: &[u8]) -> Option<Self> {
        let (from, body) = body.split_first_chunk::<16>()?;
        let (to, body) = body.split_first_chunk::<16>()?;
        let (port, body) = body.split_first_chunk::<2>()?;
        let (scope, body) = body.split_first_chunk::<4>()?;
        let sealed: &[u8; SEALED_LENGTH] = body.try_into().ok()?;
        let mut to = SocketAddr::new(
            Ipv6Addr::from(*to).to_canonical(),
            u16::from_be_bytes(*port),
        );
        if let SocketAddr::V6(to) = &mut to {
            to.set_scope_id(u32::from_be_bytes(*scope));
        }
        Some(Self {
            from: Ipv6Addr::from(*from).to_canonical(),
            to,
            sealed: *sealed,
        })
    }
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

const REPLY_LENGTH: usize = 1 + 16 + 16 + 2 + 4 + SEALED_LENGTH;
