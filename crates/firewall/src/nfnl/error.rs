//! What can go wrong on the way to the kernel and back.

use std::io;

use thiserror::Error;

pub(crate) const NO_PERMISSION: &str = "no permission to change the firewall: CAP_NET_ADMIN is missing
  start as root, or give it: `AmbientCapabilities=CAP_NET_ADMIN` in the unit, `setcap cap_net_admin+ep` on the program";
pub(crate) const NO_NF_TABLES: &str = "this kernel has no nf_tables
  load it with `modprobe nf_tables`, or boot a kernel built with CONFIG_NF_TABLES_INET";

/// Why the kernel did not do what it was asked.
#[derive(Debug, Error)]
pub enum NetlinkError {
    /// The process lacks the capability.
    #[error("{NO_PERMISSION}")]
    NoPermission,
    /// The kernel has no `nf_tables`.
    #[error("{NO_NF_TABLES}")]
    NoNfTables,
    /// The kernel refused one message, and with it the whole transaction.
    #[error("the kernel refused to {doing}: {cause}{}", said.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Refused {
        /// What the message would have done.
        doing: &'static str,
        /// The error number in words.
        cause: io::Error,
        /// The kernel's own text, where it gave one.
        said: Option<String>,
    },
    /// A socket call failed.
    #[error("the netlink socket failed")]
    Socket(#[source] io::Error),
    /// The kernel's answer did not come or was cut.
    #[error("the kernel's answer was lost\n  ask again; if it stays, look for a full memory")]
    AnswerLost,
    /// More than one message can hold.
    #[error("the message is longer than netlink can carry\n  guard fewer ports")]
    TooLong,
}

impl NetlinkError {
    /// The error number of a refusal.
    pub(crate) fn code(&self) -> Option<i32> {
        match self {
            Self::Refused { cause, .. } => cause.raw_os_error(),
            _ => None,
        }
    }
}
