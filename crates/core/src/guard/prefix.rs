//! Addresses that begin alike: `192.0.2.7`, `192.0.2.0/24`, `2001:db8::/64`.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

/// Addresses of one family that begin with the same bits; often only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// The lowest of them; an IPv4 address is never written as an IPv6 one.
    first: IpAddr,
    length: u8,
}

impl Prefix {
    /// One address alone.
    pub const fn of(address: IpAddr) -> Self {
        let first = address.to_canonical();
        let length = match first {
            IpAddr::V4(_) => V4_BITS,
            IpAddr::V6(_) => V6_BITS,
        };
        Self { first, length }
    }

    /// The network that one customer has of IPv6, around an address; none for IPv4, where neighbours
    /// have nothing in common, also not where a translator writes all of it in one network of IPv6.
    pub const fn network_of(address: IpAddr) -> Option<Self> {
        match address.to_canonical() {
            IpAddr::V6(address) if !is_translated(address) => Some(Self {
                first: IpAddr::V6(Ipv6Addr::from_bits(masked(address.to_bits(), NETWORK))),
                length: NETWORK,
            }),
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        }
    }

    /// The addresses that share so many leading bits with this one; none if there are not so many.
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        let (address, length) = plain(address, length);
        let first = match address {
            IpAddr::V4(address) if length <= V4_BITS => {
                let shift = u32::from(V4_BITS.saturating_sub(length));
                let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) if length <= V6_BITS => {
                IpAddr::V6(Ipv6Addr::from_bits(masked(address.to_bits(), length)))
            }
            _ => return None,
        };
        Some(Self { first, length })
    }

    /// The lowest address.
    pub const fn first(self) -> IpAddr {
        self.first
    }

    /// How many leading bits all have in common.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// The address, if it is one alone.
    pub const fn address(self) -> Option<IpAddr> {
        match (self.first, self.length) {
            (IpAddr::V4(_), V4_BITS) | (IpAddr::V6(_), V6_BITS) => Some(self.first),
            _ => None,
        }
    }

    /// Whether it is what one customer has of IPv6.
    pub const fn is_network(self) -> bool {
        self.length == NETWORK && Self::network_of(self.first).is_some()
    }

    /// Whether the address is one of these.
    pub fn contains(self, address: IpAddr) -> bool {
        Self::new(address.to_canonical(), self.length).is_some_and(|other| other == self)
    }

    /// Whether some address is one of both.
    pub fn overlaps(self, other: Self) -> bool {
        self.contains(other.first) || other.contains(self.first)
    }
}

/// A prefix of IPv4 that is written as one of IPv6 is one of IPv4: nothing else ever lies in it.
fn plain(address: IpAddr, length: u8) -> (IpAddr, u8) {
    let shorter = length.checked_sub(MAPPED);
    match (address.to_canonical(), shorter) {
        (four @ IpAddr::V4(_), Some(shorter)) if address.is_ipv6() => (four, shorter),
        _ => (address, length),
    }
}

/// Whether it is an address of IPv4 in disguise (RFC 6052 §2.1, RFC 8215).
const fn is_translated(address: Ipv6Addr) -> bool {
    matches!(
        address.segments(),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..]
    )
}

const fn masked(bits: u128, length: u8) -> u128 {
    match u128::MAX.checked_shl((V6_BITS as u32).saturating_sub(length as u32)) {
        Some(mask) => bits & mask,
        None => 0,
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address() {
            Some(address) => write!(f, "{address}"),
            None => write!(f, "{}/{}", self.first, self.length),
        }
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let Some((address, length)) = text.split_once('/') else {
            let address = text.parse().map_err(|_| PrefixError::NotAnAddress)?;
            return Ok(Self::of(address));
        };
        let address: IpAddr = address.parse().map_err(|_| PrefixError::NotAnAddress)?;
        let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
        let length = length.parse().ok().filter(|_| is_number);
        let prefix = length.and_then(|length| Self::new(address, length));
        let prefix = prefix.ok_or(PrefixError::NotALength)?;
        if prefix.first == address || prefix.first == address.to_canonical() {
            Ok(prefix)
        } else {
            Err(PrefixError::BitsBeyond(prefix))
        }
    }
}

/// Why a text is no prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// What stands in front is no address.
    #[error("not an address\n  write 192.0.2.7, 192.0.2.0/24, 2001:db8::7 or 2001:db8::/64")]
    NotAnAddress,
    /// The length is no number, or too large.
    #[error("not a length\n  behind the slash stands 0 to 32 for IPv4, 0 to 128 for IPv6")]
    NotALength,
    /// It says more of the address than the length takes.
    #[error("the address says more than the length takes\n  write {0}, or leave the length out")]
    BitsBeyond(Prefix),
}

const V4_BITS: u8 = 32;
const V6_BITS: u8 = 128;
/// How many bits stand before an address of IPv4 in one of IPv6.
const MAPPED: u8 = V6_BITS - V4_BITS;
/// RFC 6177: nobody gets less, and who has it can change his address with every packet.
const NETWORK: u8 = 64;

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use proptest::prelude::*;

    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_prefix_reads_as_it_is_written() {
        for text in [
            "192.0.2.7",
            "192.0.2.0/24",
            "0.0.0.0/0",
            "2001:db8::/64",
            "::/0",
            "fe80::1",
        ] {
            assert_eq!(prefix(text).to_string(), text);
        }
        assert_eq!(prefix("192.0.2.7/32").to_string(), "192.0.2.7");
        assert_eq!(prefix("::ffff:192.0.2.7").to_string(), "192.0.2.7");
        assert_eq!(prefix("::ffff:192.0.2.0/120"), prefix("192.0.2.0/24"));
        assert_eq!(prefix("::ffff:0.0.0.0/96"), prefix("0.0.0.0/0"));
    }

    #[test]
    fn what_is_no_prefix_is_refused_with_its_reason() {
        for text in ["", "192.0.2", "localhost", "/24"] {
            assert_eq!(
                text.parse::<Prefix>(),
                Err(PrefixError::NotAnAddress),
                "{text}"
            );
        }
        for text in [
            "192.0.2.0/33",
            "192.0.2.0/",
            "2001:db8::/129",
            "192.0.2.0/+4",
        ] {
            assert_eq!(
                text.parse::<Prefix>(),
                Err(PrefixError::NotALength),
                "{text}"
            );
        }
        let meant = PrefixError::BitsBeyond(prefix("192.0.2.0/24"));
        assert_eq!("192.0.2.7/24".parse::<Prefix>(), Err(meant));
    }

    #[test]
    fn everything_of_ipv6_is_nothing_of_ipv4() {
        assert!(prefix("::/0").contains(address("2001:db8::1")));
        assert!(!prefix("::/0").contains(address("192.0.2.1")));
        assert!(prefix("0.0.0.0/0").contains(address("::ffff:192.0.2.1")));
        assert!(!prefix("::/0").overlaps(prefix("0.0.0.0/0")));
    }

    #[test]
    fn all_of_ipv4_in_one_network_of_ipv6_is_no_customers() {
        for translated in ["64:ff9b::192.0.2.7", "64:ff9b:1:2::192.0.2.7"] {
            assert_eq!(Prefix::network_of(address(translated)), None);
            assert!(!Prefix::new(address(translated), 64).unwrap().is_network());
        }
        assert!(Prefix::network_of(address("64:ff9c::1")).is_some());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

        #[test]
        fn a_prefix_contains_the_address_it_was_made_of(octets: [u8; 16], length in 0..=128_u8) {
            let address = IpAddr::from(octets);
            let made = Prefix::new(address, length).unwrap();
            prop_assert!(made.contains(address) || address.to_canonical().is_ipv4());
            prop_assert_eq!(made.to_string().parse(), Ok(made));
            prop_assert!(Prefix::of(address).contains(address));
            prop_assert!(made.overlaps(made));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,40}") {
            let _ = text.parse::<Prefix>();
        }
    }
}
