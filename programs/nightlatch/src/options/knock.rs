//! What the person can say about a knock.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::Touching;
use crate::knock::Means;

/// Which server, which service: what every task that knocks has in common.
#[derive(Debug, Args)]
pub(crate) struct Door {
    /// The server: its name or its host in the configuration
    pub(crate) server: String,
    /// The service, when it is not the server's usual one
    pub(crate) service: Option<String>,
}

/// How to reach the server: what every task that knocks has in common.
#[derive(Debug, Args)]
pub(crate) struct Way {
    /// Use IPv4 only
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    pub ipv4: bool,
    /// Use IPv6 only
    #[arg(short = '6', long)]
    pub ipv6: bool,
    /// The configuration [default: ~/.config/nightlatch/config.toml]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Unlock the key with the passphrase that is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// ticket or encrypted-sequence, when not as the configuration has it
    #[arg(long, value_name = "METHOD", hide_possible_values = true)]
    pub(crate) method: Option<Means>,
    /// Tell on standard error each packet that is sent and each answer that comes
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// What to claim and how to tell the outcome.
#[derive(Debug, Args)]
pub(crate) struct Manner {
    /// Claim to come from this address instead of finding out which one the server sees
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<IpAddr>,
    /// Send and go: the server is one that never answers
    #[arg(long)]
    pub(crate) no_ack: bool,
    /// Print the outcome as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The options of `nightlatch knock`.
#[derive(Debug, Args)]
pub(crate) struct Knock {
    #[command(flatten)]
    pub(crate) door: Door,
    /// How long it shall stay open, as 30s, 2m or 1h30m; the server may give less
    #[arg(long = "for", value_name = "TIME", value_parser = nightlatch_config::read_time_span)]
    pub(crate) lasting: Option<Duration>,
    /// Close again instead of opening
    #[arg(long, conflicts_with = "lasting")]
    pub(crate) close: bool,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(flatten)]
    pub(crate) touching: Touching,
    #[command(flatten)]
    pub(crate) way: Way,
}

/// The options of `nightlatch close`.
#[derive(Debug, Args)]
pub(crate) struct Close {
    #[command(flatten)]
    pub(crate) door: Door,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(flatten)]
    pub(crate) way: Way,
}

/// The options of `nightlatch tell`.
#[derive(Debug, Args)]
pub(crate) struct Tell {
    /// The server: its name or its host in the configuration
    pub(crate) server: String,
    /// The text: at most 1024 bytes in a ticket, 32 in an encrypted sequence; - reads standard input
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) manner: Manner,
    #[command(flatten)]
    pub(crate) way: Way,
}

/// The options of `nightlatch connect`.
#[derive(Debug, Args)]
pub(crate) struct Connect {
    /// The host, or the name of a server in the configuration
    pub(crate) host: String,
    /// The TCP port
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: u16,
    /// The service to knock for, when it is not the server's usual one
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    #[command(flatten)]
    pub(crate) way: Way,
}

/// The options of `nightlatch ssh`.
#[derive(Debug, Args)]
pub(crate) struct Ssh {
    /// The service to knock for, when it is not the server's usual one
    #[arg(long, value_name = "SERVICE")]
    pub(crate) service: Option<String>,
    #[command(flatten)]
    pub(crate) way: Way,
    /// Where to, as ssh is told it ([user@]host), then whatever else ssh is told
    #[arg(value_name = "HOST", required = true, num_args = 1.., trailing_var_arg = true)]
    pub(crate) line: Vec<OsString>,
}
