//! The sockets, opened once.

use std::collections::BTreeSet;

use rustix::io::Errno;
use thiserror::Error;

use super::verbs::{GET_TABLE, about_our_table, asking};
use super::watch::Watch;
use super::{Abilities, Nftables};
use crate::gate::Hold;
use crate::nfnl::{Channel, NO_NF_TABLES, NO_PERMISSION, NetlinkError};
use crate::sets::Sets;

/// Why there can be no gate on this machine.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The process lacks the capability.
    #[error("{NO_PERMISSION}")]
    NoPermission,
    /// The kernel has no `nf_tables`.
    #[error("{NO_NF_TABLES}")]
    NoNfTables,
    /// A socket call failed.
    #[error("the firewall could not be reached")]
    Netlink(#[source] NetlinkError),
}

impl Nftables {
    /// Opens the sockets and asks the kernel one question, so that missing permission shows now and not at the first knock.
    pub fn open() -> Result<Self, OpenError> {
        let mut channel = Channel::open(NETFILTER).map_err(sort)?;
        channel
            .dump(asking(GET_TABLE), about_our_table, |_| {})
            .map_err(sort)?;
        let watch = Watch::open(channel.port()).map_err(sort)?;
        let diagnosis = Channel::open(SOCKET_DIAGNOSIS).map_err(sort)?;
        Ok(Self {
            channel,
            diagnosis,
            watch,
            abilities: None,
            hold: Hold::Shared,
            cuts: BTreeSet::default(),
            sets: Sets::default(),
        })
    }

    /// The same, but takes `abilities` for granted instead of trying what the kernel can do.
    ///
    /// For kernels that lie, and for tests of what happens on older ones.
    pub fn open_with(abilities: Abilities) -> Result<Self, OpenError> {
        Self::open().map(|opened| Self {
            abilities: Some(abilities),
            ..opened
        })
    }
}

fn sort(error: NetlinkError) -> OpenError {
    match (&error, error.code().map(Errno::from_raw_os_error)) {
        (NetlinkError::NoPermission, _) | (_, Some(Errno::PERM)) => OpenError::NoPermission,
        // The kernel calls a subsystem that it does not have an invalid argument.
        (NetlinkError::NoNfTables, _) | (_, Some(Errno::INVAL | Errno::OPNOTSUPP)) => {
            OpenError::NoNfTables
        }
        _ => OpenError::Netlink(error),
    }
}

const NETFILTER: isize = 12;
const SOCKET_DIAGNOSIS: isize = 4;
