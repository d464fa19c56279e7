//! Why an address did not get into a set, and the command that makes the set right.

use std::fmt;

use nightlatch_core::{AddressSet, IpVersion, SetPlace};
use thiserror::Error;

use crate::nfnl::NetlinkError;

/// Why an address did not get into a set of the administrator's.
#[derive(Debug, Error)]
pub enum SetError {
    /// The set is not there, or is none that we can use.
    #[error("{} {fault}\n  make it like this: {}", set.place, made_by(set))]
    Unfit {
        /// Which.
        set: Box<AddressSet>,
        /// What is wrong with it.
        fault: Fault,
    },
    /// It holds as many addresses as it may.
    #[error("{} is full\n  take something out of it, or make it larger", .0.place)]
    Full(Box<AddressSet>),
    /// The kernel has no ipset.
    #[error(
        "this kernel has no ipset, or not the type hash:ip\n  load it with `modprobe ip_set_hash_ip`, or name a set of nftables"
    )]
    NoIpset,
    /// The kernel said no.
    #[error("{} could not be changed\n  look for a table that another program owns", set.place)]
    Netlink {
        /// Which.
        set: Box<AddressSet>,
        /// What it said.
        #[source]
        cause: NetlinkError,
    },
}

/// What is wrong with a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is none.
    Missing,
    /// It holds something else, or addresses of the other IP version.
    OtherThings,
    /// It holds addresses together with ports or the like.
    Concatenated,
    /// What is put in stays for ever.
    NoTimeouts,
    /// It holds ranges: a single address would be the beginning of one without an end.
    Ranges,
    /// It takes a whole network for each address.
    Networks,
    /// It maps addresses to something.
    Map,
    /// Nothing can be added to it.
    Constant,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is not there",
            Self::OtherThings => "holds other things than such addresses",
            Self::Concatenated => "holds addresses together with something else",
            Self::NoTimeouts => "has no timeouts, so nobody who got in would ever go",
            Self::Ranges => "holds ranges, where a single address would let half the world in",
            Self::Networks => "takes a whole network for each address",
            Self::Map => "is a map",
            Self::Constant => "is constant",
        })
    }
}

/// The command that makes such a set.
pub(crate) fn made_by(set: &AddressSet) -> String {
    match &set.place {
        SetPlace::Nftables {
            family,
            table,
            set: name,
        } => {
            let kind = match set.version {
                IpVersion::V4 => "ipv4_addr",
                IpVersion::V6 => "ipv6_addr",
            };
            format!("nft add set {family} {table} {name} '{{ type {kind}; flags timeout; }}'")
        }
        SetPlace::Ipset { set: name } => {
            let family = match set.version {
                IpVersion::V4 => "inet",
                IpVersion::V6 => "inet6",
            };
            format!("ipset create {name} hash:ip family {family} timeout 0")
        }
    }
}

impl SetError {
    pub(super) fn unfit(set: &AddressSet, fault: Fault) -> Self {
        Self::Unfit {
            set: Box::new(set.clone()),
            fault,
        }
    }

    pub(super) fn netlink(set: &AddressSet, cause: NetlinkError) -> Self {
        Self::Netlink {
            set: Box::new(set.clone()),
            cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_set_comes_with_the_command_that_makes_it_right() {
        let said = |text: &str, fault| SetError::unfit(&text.parse().unwrap(), fault).to_string();
        assert_eq!(
            said("ipv4 into nftables inet filter admins", Fault::Missing),
            "nftables inet filter admins is not there\n  make it like this: nft add set inet filter admins '{ type ipv4_addr; flags timeout; }'"
        );
        assert_eq!(
            said("ipv6 into ipset admins6", Fault::NoTimeouts),
            "ipset admins6 has no timeouts, so nobody who got in would ever go\n  make it like this: ipset create admins6 hash:ip family inet6 timeout 0"
        );
    }
}
