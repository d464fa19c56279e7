//! An address together with the length of its network's prefix.

use std::net::IpAddr;
use std::str::FromStr;

use thiserror::Error;

/// An address with the prefix length of its network, as in `10.77.0.1/24`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Subnet {
    /// The address itself, host part included.
    pub address: IpAddr,
    /// How many leading bits name the network.
    pub prefix: u8,
}

/// Why a text is not an address with a prefix length.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{0:?} is not an address with a prefix length\n  write it as 10.77.0.1/24 or fd77::1/64")]
pub struct SubnetError(pub String);

impl FromStr for Subnet {
    type Err = SubnetError;

    fn from_str(text: &str) -> Result<Self, SubnetError> {
        let wrong = || SubnetError(text.to_owned());
        let (address, prefix) = text.split_once('/').ok_or_else(wrong)?;
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let prefix: u8 = prefix.parse().map_err(|_| wrong())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if prefix > longest {
            return Err(wrong());
        }
        Ok(Self { address, prefix })
    }
}
