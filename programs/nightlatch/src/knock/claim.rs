//! Which address a first knock claims when nobody has told us ours.

use std::net::IpAddr;

/// An address to claim where nobody will say whether it is the right one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claimed {
    /// Named by the person, seen by the server before, or public.
    Known(IpAddr),
    /// Private, towards a server that is not: a NAT puts another in its place.
    Guessed(IpAddr),
}

impl Claimed {
    /// The address.
    pub(super) const fn address(self) -> IpAddr {
        match self {
            Self::Known(address) | Self::Guessed(address) => address,
        }
    }
}

/// The address to claim from a socket's own address, or nothing where the server must be asked.
///
/// A wrong claim costs what asking costs, one round trip; a right one saves it. A private address
/// is right only towards a server that is private as well: towards others a NAT stands between.
pub(super) fn likely(local: IpAddr, server: IpAddr) -> Option<IpAddr> {
    let (local, server) = (local.to_canonical(), server.to_canonical());
    (!local.is_unspecified() && (is_near(server) || !is_near(local))).then_some(local)
}

/// Whether an address means something only near it.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let carrier = address
                .octets()
                .first_chunk()
                .is_some_and(|[first, second]| {
                    *first == 100 && (64..128).contains(second) // RFC 6598: a carrier's NAT
                });
            address.is_private() || address.is_loopback() || address.is_link_local() || carrier
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likely_text(local: &str, server: &str) -> Option<String> {
        likely(local.parse().unwrap(), server.parse().unwrap()).map(|address| address.to_string())
    }

    #[test]
    fn a_public_address_is_claimed_at_once() {
        assert_eq!(
            likely_text("203.0.113.7", "198.51.100.1").as_deref(),
            Some("203.0.113.7")
        );
        assert_eq!(
            likely_text("2001:db8::7", "2001:db8::1").as_deref(),
            Some("2001:db8::7")
        );
    }

    #[test]
    fn behind_a_nat_the_server_is_asked() {
        for local in ["192.168.1.2", "10.0.0.2", "100.64.0.2", "169.254.1.1"] {
            assert_eq!(likely_text(local, "198.51.100.1"), None, "{local}");
        }
        assert_eq!(likely_text("fd77::2", "2001:db8::1"), None);
    }

    #[test]
    fn in_one_private_network_the_private_address_is_claimed() {
        assert_eq!(
            likely_text("10.77.0.2", "10.77.0.1").as_deref(),
            Some("10.77.0.2")
        );
        assert_eq!(
            likely_text("127.0.0.1", "127.0.0.1").as_deref(),
            Some("127.0.0.1")
        );
        assert_eq!(
            likely_text("fd77::2", "fd77::1").as_deref(),
            Some("fd77::2")
        );
        assert_eq!(
            likely_text("::ffff:10.0.0.2", "::ffff:10.0.0.1").as_deref(),
            Some("10.0.0.2")
        );
    }

    #[test]
    fn an_address_not_known_yet_is_not_claimed() {
        assert_eq!(likely_text("0.0.0.0", "127.0.0.1"), None);
    }
}
