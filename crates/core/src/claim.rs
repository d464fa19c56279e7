//! The one thing that the listener tells the broker: always 192 bytes, always this shape.

use core::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use nightlatch_ticket::{Epoch, SEALED_LENGTH, Sealed, Tagged};

use crate::ClientId;

/// A packet that carried a valid tag. All of it is the listener's word; only the seal proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose tag it carried.
    pub client: ClientId,
    /// Which of that client's tags.
    pub tagged: Tagged,
    /// Where it came from, and where an answer goes.
    pub source: SocketAddr,
    /// Where it was sent to, and where an answer comes from.
    pub destination: SocketAddr,
    /// The packet.
    pub sealed: Sealed,
}

impl Claim {
    /// How long a claim is between the two processes, whatever it says.
    pub const LENGTH: usize = 192;

    /// Writes it down. Every byte that says nothing is zero.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let (tagged, epoch) = match self.tagged {
            Tagged::Now(Epoch(epoch)) => (TAGGED_NOW, epoch),
            Tagged::Recovery => (TAGGED_RECOVERY, 0),
        };
        let mut bytes = [0; Self::LENGTH];
        let mut writer = Writer(&mut bytes);
        writer.put([VERSION, TICKET, tagged, 0]);
        writer.put(self.client.0.to_be_bytes());
        writer.put(epoch.to_be_bytes());
        writer.put_socket(self.source);
        writer.put_socket(self.destination);
        writer.put(self.sealed);
        bytes
    }

    /// Reads one. Whatever [`Claim::to_bytes`] would not write is an error, and the end of trust.
    pub fn from_bytes(bytes: &[u8; Self::LENGTH]) -> Result<Self, ClaimError> {
        let mut reader = Reader(bytes);
        let [version, kind, tagged, unused] = reader.take()?;
        if version != VERSION {
            return Err(ClaimError::Version(version));
        }
        if kind != TICKET {
            return Err(ClaimError::Kind(kind));
        }
        let client = ClientId(u32::from_be_bytes(reader.take()?));
        let tagged = match (tagged, u64::from_be_bytes(reader.take()?)) {
            (TAGGED_NOW, epoch) => Tagged::Now(Epoch(epoch)),
            (TAGGED_RECOVERY, 0) => Tagged::Recovery,
            _ => return Err(ClaimError::Tagged(tagged)),
        };
        let (source, destination) = (reader.take_socket()?, reader.take_socket()?);
        let sealed = reader.take::<SEALED_LENGTH>()?;
        if unused != 0 || reader.0.iter().any(|byte| *byte != 0) {
            return Err(ClaimError::Unused);
        }
        Ok(Self {
            client,
            tagged,
            source,
            destination,
            sealed,
        })
    }
}

/// Why these bytes are no claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// A listener of another release.
    #[error("claim version {0} is not known\n  listener and broker have to be of one release")]
    Version(u8),
    /// A kind of knock that this broker does not know.
    #[error("claim kind {0} is not known\n  listener and broker have to be of one release")]
    Kind(u8),
    /// Neither the tag of an epoch nor the recovery tag.
    #[error("claim with a tag of kind {0}\n  the listener is not to be trusted any more")]
    Tagged(u8),
    /// An address that is neither IPv4 nor IPv6, or one dressed up as the other.
    #[error("claim with an address of family {0}\n  the listener is not to be trusted any more")]
    Family(u8),
    /// Something where nothing may be.
    #[error(
        "claim with something in its unused bytes\n  the listener is not to be trusted any more"
    )]
    Unused,
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
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ClaimError> {
        // The fields add up to less than a claim: there are always enough bytes left.
        let (field, rest) = self.0.split_first_chunk().ok_or(ClaimError::Unused)?;
        self.0 = rest;
        Ok(*field)
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
}

const VERSION: u8 = 1;
/// A sealed ticket; sequences will bring kinds of their own.
const TICKET: u8 = 1;
const TAGGED_NOW: u8 = 1;
const TAGGED_RECOVERY: u8 = 2;
const FAMILY_V4: u8 = 4;
const FAMILY_V6: u8 = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claim() -> Claim {
        Claim {
            client: ClientId(7),
            tagged: Tagged::Now(Epoch(3)),
            source: "192.0.2.1:4000".parse().unwrap(),
            destination: "[2001:db8::1]:62201".parse().unwrap(),
            sealed: [0xa5; SEALED_LENGTH],
        }
    }

    fn with(place: usize, byte: u8) -> Result<Claim, ClaimError> {
        let mut bytes = claim().to_bytes();
        bytes[place] = byte;
        Claim::from_bytes(&bytes)
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert_eq!(with(0, 2), Err(ClaimError::Version(2)));
        assert_eq!(with(1, 0), Err(ClaimError::Kind(0)));
        assert_eq!(with(2, 3), Err(ClaimError::Tagged(3)));
        assert_eq!(with(16, 5), Err(ClaimError::Family(5)));
    }

    #[test]
    fn a_byte_that_means_nothing_is_zero() {
        assert_eq!(with(3, 1), Err(ClaimError::Unused));
        assert_eq!(with(17, 1), Err(ClaimError::Unused));
        for place in 172..Claim::LENGTH {
            assert_eq!(with(place, 1), Err(ClaimError::Unused), "byte {place}");
        }
    }

    #[test]
    fn an_ipv4_address_has_one_way_to_be_written() {
        // Neither without its prefix nor with a scope.
        assert_eq!(with(20, 1), Err(ClaimError::Family(4)));
        assert_eq!(with(39, 1), Err(ClaimError::Family(4)));
        assert_eq!(with(43, 1), Err(ClaimError::Family(4)));
    }

    #[test]
    fn the_recovery_tag_has_no_epoch() {
        assert_eq!(with(2, TAGGED_RECOVERY), Err(ClaimError::Tagged(2)));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(
            client: u32,
            epoch in proptest::option::of(any::<u64>()),
            source: SocketAddr,
            destination: SocketAddr,
            byte: u8,
        ) {
            let claim = Claim {
                client: ClientId(client),
                tagged: epoch.map_or(Tagged::Recovery, |epoch| Tagged::Now(Epoch(epoch))),
                source,
                destination,
                sealed: [byte; SEALED_LENGTH],
            };
            prop_assert_eq!(Claim::from_bytes(&claim.to_bytes()), Ok(claim));
        }

        #[test]
        fn what_reads_is_what_would_be_written(
            changes in proptest::collection::vec((0..72_usize, any::<u8>()), 0..6),
        ) {
            let mut bytes = claim().to_bytes();
            for (place, byte) in changes {
                bytes[place] = byte;
            }
            if let Ok(claim) = Claim::from_bytes(&bytes) {
                prop_assert_eq!(claim.to_bytes(), bytes);
            }
        }
    }
}
