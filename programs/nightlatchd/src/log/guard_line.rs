//! What is said of those who fail: lines that other programs read, too.

use derive_more::Display;
use serde::Serialize;

/// One line of the log about suspects and bans.
#[derive(Clone, Debug, PartialEq, Eq, Display, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub(crate) enum GuardLine {
    /// Somebody failed too often. Programs read this line: it does not change.
    #[display("suspect {source}: {failure}, {count} times")]
    Suspected {
        /// The address, or the network of IPv6.
        source: String,
        /// What it did.
        failure: &'static str,
        /// How often; of closed ports, how many.
        count: u32,
    },
    /// Somebody is banned. Programs read this line: it does not change.
    #[display("banned {source} for {seconds} s: {failure}, {count} times; ban {nth} in a row")]
    Banned {
        /// The address, or the network of IPv6.
        source: String,
        /// What it did.
        failure: &'static str,
        /// How often; of closed ports, how many.
        count: u32,
        /// For how long.
        seconds: u64,
        /// The how-manieth ban in a row.
        nth: u32,
    },
    /// Somebody is banned no more. Programs read this line: it does not change.
    #[display("unbanned {source}: {why}")]
    Unbanned {
        /// The address, or the network of IPv6.
        source: String,
        /// Why.
        why: &'static str,
    },
}
