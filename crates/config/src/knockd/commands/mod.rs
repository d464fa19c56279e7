//! What a command of knockd's does to the firewall, as far as it can be known.
//!
//! ```text
//! command line ─► words ─► iptables · ufw · firewalld · nft · helper ─► Change: opens or closes ports for %IP%
//! ```

mod change;
#[cfg(test)]
mod examples;
mod firewalld;
mod helper;
mod iptables;
mod line;
mod nft;
mod ports;
mod ufw;
mod words;

pub(super) use change::{Act, Change, Unread};
pub(super) use line::read;
pub(super) use words::split;
