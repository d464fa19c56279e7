//! What a command of knockd's does to the firewall, as far as it can be known.
//!
//! ```text
//! command line ─► words ─► iptables · ufw · firewalld · nft · knockd's script ─► Change: opens or closes ports for %IP%
//! ```

mod change;
#[cfg(test)]
mod examples;
mod firewalld;
#[cfg(test)]
mod hostile;
mod iptables;
mod knock_script;
mod line;
mod nft;
mod ports;
mod ufw;
mod words;

pub(super) use change::{Act, Change, Unread};
pub(super) use line::read;
pub(super) use words::split;
