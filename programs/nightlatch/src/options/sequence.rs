//! What the person can say about sequences of ports.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use nightlatch_core::Protocol;

use super::examples::{LINES_EXAMPLES, NEW_EXAMPLES, SHOW_EXAMPLES};
use crate::sequence::PortSpan;
use crate::touch::{Touches, read_pause};

/// Ports to touch where a server knows no key.
#[derive(Debug, Args)]
#[command(mut_arg("secret", |arg| arg.conflicts_with_all(WITH_A_KEY)))]
pub(crate) struct Touching {
    /// Touch these ports of a host instead of knocking with a key: 7000,8000:udp,9000
    #[arg(long, value_name = "PORTS", conflicts_with_all = WITH_A_KEY, conflicts_with = "secret")]
    pub(crate) sequence: Option<Touches>,
    #[command(flatten)]
    pub(crate) timed: Timed,
    /// Wait so long between two touches [default: 50ms; 2ms in an encrypted sequence]
    #[arg(short = 'd', long, value_name = "TIME", value_parser = read_pause)]
    pub(crate) pause: Option<Duration>,
}

/// A sequence that changes with the time, said in full.
#[derive(Clone, Debug, Args)]
pub(crate) struct Timed {
    /// Take the ports that follow from the time and the secret in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) secret: Option<PathBuf>,
    /// How many ports a set has, 3 to 8, as the server has it [default: 4]
    #[arg(long, value_name = "NUMBER", requires = "secret")]
    #[arg(value_parser = clap::value_parser!(u8).range(3..=8))]
    pub(crate) ports: Option<u8>,
    /// Where they lie, as the server has it [default: 20000-29999]
    #[arg(long, value_name = "PORT-PORT", requires = "secret")]
    pub(crate) span: Option<PortSpan>,
    /// How long a set is good, as the server has it [default: 30s]
    #[arg(long, value_name = "TIME", requires = "secret")]
    #[arg(value_parser = nightlatch_config::read_time_span)]
    pub(crate) every: Option<Duration>,
    /// tcp or udp, as the server has it [default: tcp]
    #[arg(long, value_name = "PROTOCOL", requires = "secret")]
    pub(crate) protocol: Option<Protocol>,
}

/// The options of `nightlatch sequence`.
#[derive(Debug, Subcommand)]
pub(crate) enum Sequence {
    /// Show the ports to touch now, for somebody who has nothing but nc
    #[command(after_help = SHOW_EXAMPLES)]
    Show(Show),
    /// Make the secret of a sequence that changes with the time
    #[command(after_help = NEW_EXAMPLES)]
    New(New),
    /// Make a list of sequences that are used once each
    #[command(after_help = LINES_EXAMPLES)]
    Lines(Lines),
}

/// The options of `nightlatch sequence show`.
#[derive(Debug, Args)]
#[command(mut_arg("secret", |arg| arg.required(true)))]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) timed: Timed,
    /// The host that stands in the lines to paste
    #[arg(
        long,
        value_name = "HOST",
        default_value = "HOST",
        hide_default_value = true
    )]
    pub(crate) host: String,
    /// Print this many sets with their times, this one and the next: for paper
    #[arg(long, value_name = "NUMBER")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) times: Option<u16>,
    /// Print the sets as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// The options of `nightlatch sequence new`.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Where to write the secret; an existing file is never overwritten
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// The options of `nightlatch sequence lines`.
#[derive(Debug, Args)]
pub(crate) struct Lines {
    /// How many sequences, at most 10000
    #[arg(
        short = 'n',
        long = "number",
        value_name = "NUMBER",
        default_value_t = 20
    )]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) number: u16,
    /// How many ports each has, 3 to 32
    #[arg(long, value_name = "NUMBER", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u8).range(3..=32))]
    pub(crate) steps: u8,
    /// Where the ports lie
    #[arg(long, value_name = "PORT-PORT", default_value_t = PortSpan::USUAL)]
    pub(crate) span: PortSpan,
    /// tcp or udp
    #[arg(long, value_name = "PROTOCOL", default_value_t = Protocol::Tcp)]
    pub(crate) protocol: Protocol,
    /// Above each sequence, as a comment, the line that touches its ports of this host with nc
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Write them to this file instead; an existing file is never overwritten
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What only a knock with a key has.
const WITH_A_KEY: [&str; 8] = [
    "service",
    "lasting",
    "close",
    "address",
    "no_ack",
    "config",
    "method",
    "passphrase_file",
];
