//! Which addresses this host has.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

use crate::nfnl::{Attributes, Channel, Envelope, NetlinkError, Writer};

/// The addresses of this network namespace's interfaces, as the kernel lists them.
///
/// Needs no privilege, neither to open nor later.
pub struct AddressTable {
    channel: Channel,
}

impl fmt::Debug for AddressTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AddressTable")
            .finish_non_exhaustive()
    }
}

impl AddressTable {
    /// Opens the way to the kernel of the namespace that the thread is in.
    pub fn open() -> Result<Self, AddressesError> {
        let channel = Channel::open(ROUTE).map_err(AddressesError::Open)?;
        Ok(Self { channel })
    }

    /// Lists the addresses of all interfaces in rising order, and no more than so many.
    ///
    /// Of networks that are local as a whole (`ip route add local`) it knows nothing.
    pub fn addresses(&mut self, at_most: usize) -> Result<Vec<IpAddr>, AddressesError> {
        let mut found = BTreeSet::new();
        let of_any_family = |writer: &mut Writer| writer.raw(&[0; HEAD]);
        self.channel
            .dump(LIST, of_any_family, |body| {
                if found.len() < at_most {
                    found.extend(address(body));
                }
            })
            .map_err(AddressesError::List)?;
        Ok(found.into_iter().collect())
    }
}

/// Why it is not known which addresses this host has.
#[derive(Debug, Error)]
pub enum AddressesError {
    /// There is no way to the kernel.
    #[error("the kernel cannot be asked about addresses")]
    Open(#[source] NetlinkError),
    /// The kernel does not list them.
    #[error("the kernel does not list this host's addresses")]
    List(#[source] NetlinkError),
}

fn address(body: &[u8]) -> Option<IpAddr> {
    let attributes = Attributes::of(body.get(HEAD..)?);
    // Of a link between two hosts the first names the other one.
    let octets = attributes.find(LOCAL).or_else(|| attributes.find(ADDRESS));
    let octets = octets?;
    if let Ok(four) = <[u8; 4]>::try_from(octets) {
        return Some(four.into());
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}

const LIST: Envelope = Envelope {
    kind: 22,
    flags: 0,
    doing: "list the addresses",
};

const ROUTE: isize = 0;
/// Family, length of the prefix, flags, scope, interface.
const HEAD: usize = 8;
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_link_between_two_hosts_ours_is_the_local_one() {
        let mut body = vec![0; HEAD];
        body.extend([8, 0, 1, 0, 10, 0, 0, 2]);
        assert_eq!(address(&body), Some(IpAddr::from([10, 0, 0, 2])));
        body.extend([8, 0, 2, 0, 10, 0, 0, 1]);
        assert_eq!(address(&body), Some(IpAddr::from([10, 0, 0, 1])));
    }

    #[test]
    fn an_answer_cut_anywhere_names_no_address() {
        let mut body = vec![0; HEAD];
        body.extend([20, 0, 1, 0]);
        body.extend([0xfd; 16]);
        assert_eq!(address(&body), Some(IpAddr::from([0xfd; 16])));
        for length in 0..body.len() {
            assert_eq!(address(&body[..length]), None);
        }
    }
}
