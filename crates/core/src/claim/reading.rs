//! Reads a claim, and takes nothing that would not have been written so.

use alloc::boxed::Box;
use core::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use nightlatch_ticket::{Epoch, Frame, MOST_FRAMES, Tagged};

use super::kinds::{Claim, FrameList, FramesClaim, MessageClaim, SequenceClaim, TicketClaim};
use super::layout::{
    FAMILY_V4, FAMILY_V6, FRAMES, MESSAGE, SEQUENCE, TAGGED_NOW, TAGGED_RECOVERY, TICKET, VERSION,
};
use crate::{ClientId, SequenceId};

/// Why these bytes are no claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Neither of the two lengths, or not the one that this kind has.
    #[error("claim of {0} bytes\n  the listener is not to be trusted any more")]
    Length(usize),
    /// A listener of another release.
    #[error("claim version {0} is not known\n  listener and broker have to be of one release")]
    Version(u8),
    /// A kind of knock that this broker does not know.
    #[error("claim kind {0} is not known\n  listener and broker have to be of one release")]
    Kind(u8),
    /// Neither the tag of an epoch nor the recovery tag.
    #[error("claim with a tag of kind {0}\n  the listener is not to be trusted any more")]
    Tagged(u8),
    /// No frames, or more than an encrypted sequence has.
    #[error("claim with {0} frames\n  the listener is not to be trusted any more")]
    Frames(u8),
    /// An address that is neither IPv4 nor IPv6, or one dressed up as the other.
    #[error("claim with an address of family {0}\n  the listener is not to be trusted any more")]
    Family(u8),
    /// Something where nothing may be.
    #[error(
        "claim with something in its unused bytes\n  the listener is not to be trusted any more"
    )]
    Unused,
}

impl Claim {
    /// Reads one. Whatever [`Claim::to_bytes`] would not write is an error, and the end of trust.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ClaimError> {
        let mut reader = Reader(bytes);
        let Ok([version, kind]) = reader.take() else {
            return Err(ClaimError::Length(bytes.len()));
        };
        if version != VERSION {
            return Err(ClaimError::Version(version));
        }
        let length = match kind {
            TICKET | FRAMES | SEQUENCE => Self::LENGTH,
            MESSAGE => Self::LONG,
            _ => return Err(ClaimError::Kind(kind)),
        };
        if bytes.len() != length {
            return Err(ClaimError::Length(bytes.len()));
        }
        let claim = match kind {
            TICKET => Self::Ticket(reader.take_ticket()?),
            MESSAGE => Self::Message(reader.take_message()?),
            FRAMES => Self::Frames(reader.take_frames()?),
            _ => Self::Sequence(reader.take_sequence()?),
        };
        reader.end()?;
        Ok(claim)
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ClaimError> {
        // The fields add up to less than a claim: there are always enough bytes left.
        let (field, rest) = self.0.split_first_chunk().ok_or(ClaimError::Unused)?;
        self.0 = rest;
        Ok(*field)
    }

    fn end(&self) -> Result<(), ClaimError> {
        let is_empty = self.0.iter().all(|byte| *byte == 0);
        is_empty.then_some(()).ok_or(ClaimError::Unused)
    }

    fn take_ticket(&mut self) -> Result<TicketClaim, ClaimError> {
        let (client, tagged) = self.take_tagged()?;
        Ok(TicketClaim {
            client,
            tagged,
            source: self.take_socket()?,
            destination: self.take_socket()?,
            sealed: self.take()?,
        })
    }

    fn take_message(&mut self) -> Result<Box<MessageClaim>, ClaimError> {
        let (client, tagged) = self.take_tagged()?;
        Ok(Box::new(MessageClaim {
            client,
            tagged,
            source: self.take_socket()?,
            destination: self.take_socket()?,
            sealed: self.take()?,
        }))
    }

    fn take_frames(&mut self) -> Result<FramesClaim, ClaimError> {
        let [count, unused] = self.take()?;
        let client = ClientId(u32::from_be_bytes(self.take()?));
        let epoch = Epoch(u64::from_be_bytes(self.take()?));
        let (source, destination) = (self.take_address()?, self.take_address()?);
        let mut frames = [Frame::default(); MOST_FRAMES];
        let wanted = frames.get_mut(..count.into()).unwrap_or_default();
        for frame in wanted.iter_mut() {
            *frame = self.take()?;
        }
        let frames = FrameList::new(wanted).ok_or(ClaimError::Frames(count))?;
        if unused != 0 {
            return Err(ClaimError::Unused);
        }
        Ok(FramesClaim {
            client,
            epoch,
            source,
            destination,
            frames,
        })
    }

    fn take_sequence(&mut self) -> Result<SequenceClaim, ClaimError> {
        Ok(SequenceClaim {
            edition: u32::from_be_bytes(self.take()?),
            sequence: SequenceId(u16::from_be_bytes(self.take()?)),
            number: u64::from_be_bytes(self.take()?),
            source: self.take_address()?,
            destination: self.take_address()?,
        })
    }

    fn take_tagged(&mut self) -> Result<(ClientId, Tagged), ClaimError> {
        let [tagged, unused] = self.take()?;
        let client = ClientId(u32::from_be_bytes(self.take()?));
        let tagged = match (tagged, u64::from_be_bytes(self.take()?)) {
            (TAGGED_NOW, epoch) => Tagged::Now(Epoch(epoch)),
            (TAGGED_RECOVERY, 0) => Tagged::Recovery,
            _ => return Err(ClaimError::Tagged(tagged)),
        };
        if unused != 0 {
            return Err(ClaimError::Unused);
        }
        Ok((client, tagged))
    }

    fn take_socket(&mut self) -> Result<SocketAddr, ClaimError> {
        let [family, unused] = self.take()?;
        let port = u16::from_be_bytes(self.take()?);
        let address = Ipv6Addr::from(self.take::<16>()?);
        let scope = u32::from_be_bytes(self.take()?);
        let flow = u32::from_be_bytes(self.take()?);
        if unused != 0 {
            return Err(ClaimError::Unused);
        }
        match (family, address.to_ipv4_mapped()) {
            (FAMILY_V4, Some(v4)) if scope == 0 && flow == 0 => {
                Ok(SocketAddr::new(IpAddr::V4(v4), port))
            }
            (FAMILY_V6, _) => Ok(SocketAddrV6::new(address, port, flow, scope).into()),
            _ => Err(ClaimError::Family(family)),
        }
    }

    fn take_address(&mut self) -> Result<IpAddr, ClaimError> {
        let [family, unused] = self.take()?;
        let address = Ipv6Addr::from(self.take::<16>()?);
        if unused != 0 {
            return Err(ClaimError::Unused);
        }
        match (family, address.to_ipv4_mapped()) {
            (FAMILY_V4, Some(v4)) => Ok(IpAddr::V4(v4)),
            (FAMILY_V6, _) => Ok(IpAddr::V6(address)),
            _ => Err(ClaimError::Family(family)),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use nightlatch_ticket::{MESSAGE_LENGTH, SEALED_LENGTH};
    use proptest::prelude::*;

    use super::*;

    fn ticket() -> TicketClaim {
        TicketClaim {
            client: ClientId(7),
            tagged: Tagged::Now(Epoch(3)),
            source: "192.0.2.1:4000".parse().unwrap(),
            destination: "[2001:db8::1]:62201".parse().unwrap(),
            sealed: [0xa5; SEALED_LENGTH],
        }
    }

    fn message() -> Claim {
        let TicketClaim {
            client,
            tagged,
            source,
            destination,
            ..
        } = ticket();
        Claim::Message(Box::new(MessageClaim {
            client,
            tagged,
            source,
            destination,
            sealed: [0xa5; MESSAGE_LENGTH],
        }))
    }

    fn frames(count: usize) -> Claim {
        Claim::Frames(FramesClaim {
            client: ClientId(7),
            epoch: Epoch(3),
            source: "192.0.2.1".parse().unwrap(),
            destination: "2001:db8::1".parse().unwrap(),
            frames: FrameList::new(&[[0xa5; 17]; 4][..count]).unwrap(),
        })
    }

    fn sequence() -> Claim {
        Claim::Sequence(SequenceClaim {
            edition: 5,
            sequence: SequenceId(7),
            number: 3,
            source: "192.0.2.1".parse().unwrap(),
            destination: "2001:db8::1".parse().unwrap(),
        })
    }

    fn each_kind() -> [Claim; 5] {
        let ticket = Claim::Ticket(ticket());
        [ticket, message(), frames(1), frames(4), sequence()]
    }

    fn with(claim: &Claim, place: usize, byte: u8) -> Result<Claim, ClaimError> {
        let mut bytes = claim.to_bytes();
        bytes[place] = byte;
        Claim::from_bytes(&bytes)
    }

    #[test]
    fn each_kind_has_its_length_and_no_other() {
        for claim in each_kind() {
            let mut bytes = claim.to_bytes();
            let is_long = matches!(claim, Claim::Message(_));
            let length = if is_long { Claim::LONG } else { Claim::LENGTH };
            assert_eq!(bytes.len(), length);
            assert_eq!(Claim::from_bytes(&bytes), Ok(claim));
            bytes.push(0);
            assert_eq!(
                Claim::from_bytes(&bytes),
                Err(ClaimError::Length(length + 1))
            );
            bytes.resize(Claim::LENGTH + Claim::LONG - length, 0);
            assert_eq!(
                Claim::from_bytes(&bytes),
                Err(ClaimError::Length(bytes.len()))
            );
        }
        assert_eq!(Claim::from_bytes(&[]), Err(ClaimError::Length(0)));
        assert_eq!(Claim::from_bytes(&[1]), Err(ClaimError::Length(1)));
    }

    #[test]
    fn what_is_unknown_is_refused() {
        let ticket = Claim::Ticket(ticket());
        assert_eq!(with(&ticket, 0, 2), Err(ClaimError::Version(2)));
        assert_eq!(with(&ticket, 1, 0), Err(ClaimError::Kind(0)));
        assert_eq!(with(&ticket, 1, 5), Err(ClaimError::Kind(5)));
        assert_eq!(with(&ticket, 2, 3), Err(ClaimError::Tagged(3)));
        assert_eq!(with(&ticket, 16, 5), Err(ClaimError::Family(5)));
        assert_eq!(with(&frames(1), 2, 0), Err(ClaimError::Frames(0)));
        assert_eq!(with(&frames(4), 2, 5), Err(ClaimError::Frames(5)));
        assert_eq!(with(&sequence(), 16, 5), Err(ClaimError::Family(5)));
    }

    #[test]
    fn a_byte_that_means_nothing_is_zero() {
        let nothing = [
            (Claim::Ticket(ticket()), [3, 17, 45], 172),
            (message(), [3, 17, 45], 1196),
            (frames(1), [3, 17, 35], 69),
            (frames(4), [3, 17, 35], 120),
            (sequence(), [17, 35, 35], 52),
        ];
        for (claim, within, behind) in nothing {
            for place in within.into_iter().chain(behind..claim.to_bytes().len()) {
                let read = with(&claim, place, 1);
                assert_eq!(read, Err(ClaimError::Unused), "byte {place} of {claim:?}");
            }
        }
    }

    #[test]
    fn an_ipv4_address_has_one_way_to_be_written() {
        // Neither without its prefix nor with a scope.
        let ticket = Claim::Ticket(ticket());
        assert_eq!(with(&ticket, 20, 1), Err(ClaimError::Family(4)));
        assert_eq!(with(&ticket, 39, 1), Err(ClaimError::Family(4)));
        assert_eq!(with(&ticket, 43, 1), Err(ClaimError::Family(4)));
        assert_eq!(with(&sequence(), 18, 1), Err(ClaimError::Family(4)));
    }

    #[test]
    fn the_recovery_tag_has_no_epoch() {
        let ticket = Claim::Ticket(ticket());
        assert_eq!(
            with(&ticket, 2, TAGGED_RECOVERY),
            Err(ClaimError::Tagged(2))
        );
    }

    fn any_claim() -> impl Strategy<Value = Claim> {
        let tagged = proptest::option::of(any::<u64>())
            .prop_map(|epoch| epoch.map_or(Tagged::Recovery, |epoch| Tagged::Now(Epoch(epoch))));
        let ticket = (
            any::<u32>(),
            tagged,
            any::<(SocketAddr, SocketAddr)>(),
            any::<u8>(),
        );
        let frames = (
            any::<(u32, u64, IpAddr, IpAddr)>(),
            proptest::collection::vec(any::<Frame>(), 1..=MOST_FRAMES),
        );
        let sequence = any::<(u16, u64, IpAddr, IpAddr)>();
        prop_oneof![
            (ticket, any::<bool>()).prop_map(|((client, tagged, ends, byte), is_long)| {
                let client = ClientId(client);
                let (source, destination) = ends;
                if is_long {
                    let sealed = [byte; MESSAGE_LENGTH];
                    Claim::Message(Box::new(MessageClaim {
                        client,
                        tagged,
                        source,
                        destination,
                        sealed,
                    }))
                } else {
                    let sealed = [byte; SEALED_LENGTH];
                    Claim::Ticket(TicketClaim {
                        client,
                        tagged,
                        source,
                        destination,
                        sealed,
                    })
                }
            }),
            frames.prop_map(|((client, epoch, source, destination), frames)| {
                Claim::Frames(FramesClaim {
                    client: ClientId(client),
                    epoch: Epoch(epoch),
                    source,
                    destination,
                    frames: FrameList::new(&frames).unwrap(),
                })
            }),
            sequence.prop_map(|(sequence, number, source, destination)| {
                Claim::Sequence(SequenceClaim {
                    edition: 5,
                    sequence: SequenceId(sequence),
                    number,
                    source,
                    destination,
                })
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(claim in any_claim()) {
            prop_assert_eq!(Claim::from_bytes(&claim.to_bytes()), Ok(claim));
        }

        #[test]
        fn what_reads_is_what_would_be_written(
            claim in any_claim(),
            changes in proptest::collection::vec((0..128_usize, any::<u8>()), 0..6),
        ) {
            let mut bytes: Vec<u8> = claim.to_bytes();
            for (place, byte) in changes {
                bytes[place] = byte;
            }
            if let Ok(claim) = Claim::from_bytes(&bytes) {
                prop_assert_eq!(claim.to_bytes(), bytes);
            }
        }

        #[test]
        fn any_bytes_become_a_value(bytes in proptest::collection::vec(any::<u8>(), 0..1300)) {
            let _ = Claim::from_bytes(&bytes);
        }
    }
}
