//! Packets that the host's own firewall chooses (nftables' `log group`, iptables' `NFLOG`).

mod packets;
mod source;

pub use source::{Nflog, NflogError};
