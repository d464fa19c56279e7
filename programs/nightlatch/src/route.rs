//! From a host's name to the places where it can be knocked at, and a socket to each.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};

/// One of the two internets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address; an IPv4 address written as an IPv6 one is IPv4.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(_) => Self::V4,
            IpAddr::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// The addresses of a host in one family, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The family.
    pub family: Family,
    /// Where to knock: address and knock port.
    pub places: Vec<SocketAddr>,
}

/// Looks a host up. The family that the system prefers comes first (RFC 6724).
pub fn resolve(host: &str, port: u16, only: Option<Family>) -> Result<Vec<Route>, ResolveError> {
    let found = (host, port)
        .to_socket_addrs()
        .map_err(|cause| ResolveError::Unknown {
            host: host.to_owned(),
            cause,
        })?;
    let routes =
        sorted(found.filter(|place| only.is_none_or(|only| Family::of(place.ip()) == only)));
    match (routes.is_empty(), only) {
        (false, _) => Ok(routes),
        (true, Some(family)) => Err(ResolveError::NotInFamily {
            host: host.to_owned(),
            family,
        }),
        (true, None) => Err(ResolveError::Nowhere(host.to_owned())),
    }
}

/// Opens a socket to one place, and tells this computer's own address towards it. No packet is
/// sent; only the kernel's own routes are asked.
///
/// The socket is connected: the kernel then drops what comes from anywhere else, and tells us of
/// ICMP errors, which anybody can forge and which therefore are hints and never answers.
pub fn open(place: SocketAddr) -> io::Result<(UdpSocket, IpAddr)> {
    let anywhere: IpAddr = match place {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((anywhere, 0))?;
    socket.connect(place)?;
    let local = socket.local_addr()?.ip().to_canonical();
    Ok((socket, local))
}

/// Why a host has no address.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The name is not known.
    #[error(
        "the host \"{host}\" is not found: {cause}\n  check its name, and that this computer is online"
    )]
    Unknown {
        /// The name.
        host: String,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// There are addresses, but none of the family that was asked for.
    #[error(
        "the host \"{host}\" has no {family} address\n  leave the option away that asks for {family} only"
    )]
    NotInFamily {
        /// The name.
        host: String,
        /// The family.
        family: Family,
    },
    /// The name is known and means nothing.
    #[error("the host \"{0}\" has no address\n  check its name")]
    Nowhere(String),
}

fn sorted(found: impl Iterator<Item = SocketAddr>) -> Vec<Route> {
    let mut routes: Vec<Route> = Vec::new();
    for place in found {
        let family = Family::of(place.ip());
        let position = routes.iter().position(|route| route.family == family);
        match position.and_then(|position| routes.get_mut(position)) {
            Some(route) if route.places.contains(&place) || route.places.len() >= PLACES => {}
            Some(route) => route.places.push(place),
            None => routes.push(Route {
                family,
                places: vec![place],
            }),
        }
    }
    routes
}

/// A second chance for a host with several lines; a name with hundreds shall not take minutes.
const PLACES: usize = 2;

#[cfg(test)]
mod tests {
    use super::*;

    fn places(texts: &[&str]) -> Vec<Route> {
        sorted(texts.iter().map(|text| text.parse().unwrap()))
    }

    #[test]
    fn addresses_are_sorted_by_family_in_the_systems_order() {
        let routes = places(&[
            "[2001:db8::1]:9",
            "192.0.2.1:9",
            "[2001:db8::2]:9",
            "192.0.2.1:9",
        ]);
        let families: Vec<_> = routes.iter().map(|route| route.family).collect();
        assert_eq!(families, [Family::V6, Family::V4]);
        assert_eq!(routes[0].places.len(), 2);
        assert_eq!(routes[1].places.len(), 1);
    }

    #[test]
    fn a_host_with_very_many_addresses_is_cut() {
        let many: Vec<_> = (1..100).map(|last| format!("192.0.2.{last}:9")).collect();
        let routes = places(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(routes[0].places.len(), PLACES);
    }

    #[test]
    fn a_literal_address_has_one_family_only() {
        let error = resolve("127.0.0.1", 9, Some(Family::V6)).unwrap_err();
        assert!(error.to_string().contains("no IPv6 address"), "{error}");
    }
}
