//! Writes a claim down, so that it crosses from one process to the other.

use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use nightlatch_ticket::{Epoch, Tagged};

use super::kinds::{Claim, FramesClaim, SequenceClaim};
use super::layout::{
    FAMILY_V4, FAMILY_V6, FRAMES, MESSAGE, SEQUENCE, TAGGED_NOW, TAGGED_RECOVERY, TICKET, VERSION,
};
use crate::ClientId;

impl Claim {
    /// Writes it down in [`Claim::LENGTH`] bytes, or [`Claim::LONG`] where it brings a message.
    /// Every byte that says nothing is zero.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length()];
        let mut writer = Writer(&mut bytes);
        match self {
            Self::Ticket(claim) => {
                let ends = (claim.source, claim.destination);
                writer.put_tagged(TICKET, claim.client, claim.tagged, ends);
                writer.put(claim.sealed);
            }
            Self::Message(claim) => {
                let ends = (claim.source, claim.destination);
                writer.put_tagged(MESSAGE, claim.client, claim.tagged, ends);
                writer.put(claim.sealed);
            }
            Self::Frames(claim) => writer.put_frames(claim),
            Self::Sequence(claim) => writer.put_sequence(claim),
        }
        bytes
    }

    /// Whether it brings a message, and so is written in [`Claim::LONG`] bytes.
    pub const fn is_long(&self) -> bool {
        matches!(self, Self::Message(_))
    }

    const fn length(&self) -> usize {
        if self.is_long() {
            Self::LONG
        } else {
            Self::LENGTH
        }
    }
}

struct Writer<'a>(&'a mut [u8]);

impl Writer<'_> {
    fn put<const N: usize>(&mut self, field: [u8; N]) {
        // The fields add up to less than a claim: nothing can be cut off here.
        if let Some((here, rest)) = core::mem::take(&mut self.0).split_first_chunk_mut() {
            *here = field;
            self.0 = rest;
        }
    }

    fn put_tagged(
        &mut self,
        kind: u8,
        client: ClientId,
        tagged: Tagged,
        (source, destination): (SocketAddr, SocketAddr),
    ) {
        let (tagged, epoch) = match tagged {
            Tagged::Now(Epoch(epoch)) => (TAGGED_NOW, epoch),
            Tagged::Recovery => (TAGGED_RECOVERY, 0),
        };
        self.put([VERSION, kind, tagged, 0]);
        self.put(client.0.to_be_bytes());
        self.put(epoch.to_be_bytes());
        self.put_socket(source);
        self.put_socket(destination);
    }

    fn put_frames(&mut self, claim: &FramesClaim) {
        let frames = claim.frames.as_slice();
        let count = u8::try_from(frames.len()).unwrap_or(0);
        self.put([VERSION, FRAMES, count, 0]);
        self.put(claim.client.0.to_be_bytes());
        self.put(claim.epoch.0.to_be_bytes());
        self.put_address(claim.source);
        self.put_address(claim.destination);
        for frame in frames {
            self.put(*frame);
        }
    }

    fn put_sequence(&mut self, claim: &SequenceClaim) {
        self.put([VERSION, SEQUENCE]);
        self.put(claim.edition.to_be_bytes());
        self.put(claim.sequence.0.to_be_bytes());
        self.put(claim.number.to_be_bytes());
        self.put_address(claim.source);
        self.put_address(claim.destination);
    }

    /// 28 bytes: family, nothing, port, address, scope, flow.
    fn put_socket(&mut self, socket: SocketAddr) {
        let (family, address, scope, flow) = match socket {
            SocketAddr::V4(v4) => (FAMILY_V4, v4.ip().to_ipv6_mapped(), 0, 0),
            SocketAddr::V6(v6) => (FAMILY_V6, *v6.ip(), v6.scope_id(), v6.flowinfo()),
        };
        self.put([family, 0]);
        self.put(socket.port().to_be_bytes());
        self.put(address.octets());
        self.put(scope.to_be_bytes());
        self.put(flow.to_be_bytes());
    }

    /// 18 bytes: family, nothing, address.
    fn put_address(&mut self, address: IpAddr) {
        let (family, address) = match address {
            IpAddr::V4(v4) => (FAMILY_V4, v4.to_ipv6_mapped()),
            IpAddr::V6(v6) => (FAMILY_V6, v6),
        };
        self.put([family, 0]);
        self.put(address.octets());
    }
}
