//! What the person can say on the command line.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::demo::Demo;

/// The command line of `nightlatch`, for those who write its man page and completions.
pub fn command() -> clap::Command {
    Options::command()
}

/// Knocks at servers that are silent to strangers.
#[derive(Debug, Parser)]
#[command(name = "nightlatch", version, arg_required_else_help = true)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES_AND_EXITS)]
pub(crate) struct Options {
    /// What is to be done.
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// One thing that the tool does.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Make a secret key and print its public key
    #[command(after_help = KEYGEN_EXAMPLES)]
    Keygen(Keygen),
    /// Print the public key of a secret key file
    #[command(after_help = "Example:\n  nightlatch public ~/.config/nightlatch/identity.key")]
    Public(Public),
    /// Knock: ask a server to open a service for this address
    #[command(after_help = KNOCK_EXAMPLES)]
    Knock(Knock),
    /// Ask a server to close again what a knock opened
    #[command(after_help = "Example:\n  nightlatch close home ssh")]
    Close(Close),
    /// Knock, then connect standard input and output to a port: for ssh's `ProxyCommand`
    #[command(after_help = CONNECT_EXAMPLES)]
    Connect(Connect),
    /// Knock, then run ssh
    #[command(after_help = SSH_EXAMPLES)]
    Ssh(Ssh),
    /// Show what the daemon on this computer is doing
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Status),
    /// Tell the whole story with real packets, in a network of its own; no root needed
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(Demo),
}

/// The options of `nightlatch keygen`.
#[derive(Debug, Args)]
pub(crate) struct Keygen {
    /// Where to write the secret; an existing file is never overwritten
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Ask for a passphrase and lock the key with it
    #[arg(long, conflicts_with = "preshared")]
    pub(crate) passphrase: bool,
    /// Lock the key with the passphrase that is the first line of this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["preshared", "passphrase"])]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Make a pre-shared secret, which the server and one client both hold, instead of a key
    #[arg(long, requires = "output")]
    pub(crate) preshared: bool,
}

/// The options of `nightlatch public`.
#[derive(Debug, Args)]
pub(crate) struct Public {
    /// The secret key file
    pub(crate) file: PathBuf,
    /// Unlock the key with the passphrase that is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

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
    /// Tell on standard error each packet that is sent and each answer that comes
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

/// What to claim and how to tell the outcome.
#[derive(Debug, Args)]
pub(crate) struct Manner {
    /// Open for this address instead of finding out which one the server sees
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

/// The options of `nightlatch status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Print the daemon's own JSON document
    #[arg(long)]
    pub(crate) json: bool,
    /// The daemon's status socket
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/run/nightlatch/status.sock"
    )]
    pub(crate) socket: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  nightlatch keygen                 make a key; give the public key to the administrator
  nightlatch knock home             open the usual service of the server \"home\"
  nightlatch ssh alice@home         knock, then ssh
  nightlatch status                 on the server: who is in, and for how long";

const EXAMPLES_AND_EXITS: &str = "\
Examples:
  nightlatch keygen                 make a key; give the public key to the administrator
  nightlatch knock home             open the usual service of the server \"home\"
  nightlatch ssh alice@home         knock, then ssh
  nightlatch status                 on the server: who is in, and for how long

Exit codes:
  0   done                          70  a mistake of ours
  64  the command line is wrong     71  the operating system refused
  65  a file's content is wrong     77  the server refused, or a file may not be read
  66  a file is missing             78  the configuration is wrong
  69  no answer, or not possible now";

const KEYGEN_EXAMPLES: &str = "\
Examples:
  nightlatch keygen                        in ~/.config/nightlatch/identity.key
  nightlatch keygen -o work.key --passphrase
  nightlatch keygen --preshared -o home.psk";

const KNOCK_EXAMPLES: &str = "\
Examples:
  nightlatch knock home                    the usual service, as long as the server gives
  nightlatch knock home web --for 10m
  nightlatch knock home --json";

const CONNECT_EXAMPLES: &str = "\
In ~/.ssh/config, so that plain ssh knocks by itself:
  Host home.example.org
    ProxyCommand nightlatch connect %h %p";

const SSH_EXAMPLES: &str = "\
Examples:
  nightlatch ssh home
  nightlatch ssh alice@home.example.org -p 2222 uptime";

const DEMO_EXAMPLES: &str = "\
It needs nightlatchd beside nightlatch, and leaves nothing behind. It ends with 0 when every line
of the story held, with 1 when one did not.

Examples:
  nightlatch demo
  nightlatch demo --json";

const STATUS_EXAMPLES: &str = "\
Examples:
  nightlatch status
  nightlatch status --json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn what_follows_the_host_belongs_to_ssh() {
        let line = [
            "nightlatch",
            "ssh",
            "--service",
            "ssh",
            "alice@home",
            "-v",
            "--",
            "-4",
            "ls",
        ];
        let Task::Ssh(ssh) = Options::parse_from(line).task else {
            panic!("another task")
        };
        assert!(!ssh.way.verbose && !ssh.way.ipv4);
        assert_eq!(ssh.line, ["alice@home", "-v", "--", "-4", "ls"]);
    }
}
