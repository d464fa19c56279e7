//! What the person can say on the command line.

mod examples;
mod journal;
mod knock;
mod sequence;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use examples::{
    CONNECT_EXAMPLES, DEMO_EXAMPLES, EXAMPLES, EXAMPLES_AND_EXITS, JOURNAL_EXAMPLES,
    KEYGEN_EXAMPLES, KNOCK_EXAMPLES, SEQUENCE_EXAMPLES, SSH_EXAMPLES, STATUS_EXAMPLES,
    TELL_EXAMPLES,
};
pub(crate) use journal::Journal;
pub(crate) use knock::{Close, Connect, Door, Knock, Manner, Ssh, Tell, Way};
pub(crate) use sequence::{Lines, New, Sequence, Show, Timed, Touching};

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
    #[command(after_help = "Examples:\n  nightlatch public\n  nightlatch public work.key")]
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
    /// Tell a server something: its log, or a command that its administrator chose
    #[command(after_help = TELL_EXAMPLES)]
    Tell(Tell),
    /// Sequences of ports: show those of the moment, make secrets and lists
    #[command(after_help = SEQUENCE_EXAMPLES, subcommand)]
    Sequence(Sequence),
    /// Show what the daemon on this computer is doing
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Status),
    /// Show what happened: grants, refusals, bans, restarts, reloads
    #[command(after_help = JOURNAL_EXAMPLES)]
    Journal(Journal),
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
    /// The secret key file; without it the one that `nightlatch keygen` writes
    pub(crate) file: Option<PathBuf>,
    /// Unlock the key with the passphrase that is the first line of this file
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
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
