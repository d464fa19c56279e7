//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use nightlatch_config::Commands;

use crate::clerk::Plan;
use crate::config_file::{ConfigFile, Where};

/// Guards ports: strangers see nothing, a sealed knock opens one port for one address.
#[derive(Debug, Parser)]
#[command(name = "nightlatchd", version, after_help = EXAMPLES)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) run: Daemon,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What running takes.
#[derive(Clone, Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of a command line are just that"
)]
pub(crate) struct Daemon {
    /// The configuration file.
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/nightlatch/nightlatchd.toml"
    )]
    pub(crate) config: PathBuf,
    /// knockd's configuration file in the place of our own; its commands run beside the grants.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    pub(crate) knockd_config: Option<PathBuf>,
    /// Only read the configuration, say what is wrong with it, and end.
    #[arg(long)]
    pub(crate) check: bool,
    /// Hear and judge knocks, but only tell what the firewall would be told.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Judge the packets of a recording (pcap; `-` is standard input) by its own clock; opens nothing without --carry-out.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "dry_run"])]
    pub(crate) read: Option<PathBuf>,
    /// Open on this host what a recording opens, from now on for its whole time; no daemon may run here. Used counters and
    /// lines are not asked about: the same recording opens again each time.
    #[arg(long, requires = "read")]
    pub(crate) carry_out: bool,
    /// What a recording comes to as JSON, one object a line.
    #[arg(long, requires = "read")]
    pub(crate) json: bool,
}

/// For whom something is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Human,
    /// For programs.
    Json,
}

impl Form {
    /// As `--json` says.
    pub(crate) const fn of_switch(is_json: bool) -> Self {
        if is_json { Self::Json } else { Self::Human }
    }
}

/// What becomes of what a recording comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deeds {
    /// It is told.
    Told,
    /// It is told and done.
    CarriedOut,
}

/// Where the gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// In the kernel.
    Kernel,
    /// On paper: what would be done is told.
    Paper,
}

impl Daemon {
    /// Where the configuration stands.
    pub(crate) fn file(&self) -> ConfigFile {
        match &self.knockd_config {
            Some(path) => ConfigFile::Knockds(path.clone()),
            None => ConfigFile::Ours(self.config.clone()),
        }
    }

    /// What becomes of what a recording comes to.
    pub(crate) const fn deeds(&self) -> Deeds {
        if self.carry_out {
            Deeds::CarriedOut
        } else {
            Deeds::Told
        }
    }

    /// Where the gate is to be.
    pub(crate) const fn means(&self) -> Means {
        if self.dry_run {
            Means::Paper
        } else {
            Means::Kernel
        }
    }
}

/// What else it does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at the gate, or take it away.
    Gate {
        #[command(subcommand)]
        what: GateCommand,
    },
    /// Try every source of knocks: which of them work on this host, and why others do not.
    #[command(after_help = SOURCES_EXAMPLES)]
    Sources {
        /// As one JSON list, for programs.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: Where,
    },
    /// Print the ruleset that has the firewall log what sequences need, or send what is needed to an NFLOG group.
    #[command(after_help = LOG_RULESET_EXAMPLES)]
    LogRuleset {
        /// As a script for iptables and ip6tables instead of nft's text.
        #[arg(long)]
        iptables: bool,
        #[command(flatten)]
        at: Where,
    },
    /// Translate a configuration of knockd's into ours, with a comment on each line that changed.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(Import),
    /// Try a notification, or make the secret of one.
    Notify {
        #[command(subcommand)]
        what: NotifyCommand,
    },
    /// The half that reads the network; started by the daemon itself.
    #[command(hide = true)]
    Listener,
    /// The half that runs the commands of actions; started by the daemon itself.
    #[command(hide = true)]
    Runner {
        /// The state folder.
        state: PathBuf,
    },
    /// The process that keeps the journal; started by the daemon itself.
    #[command(hide = true)]
    Clerk {
        /// What it keeps, where and for how long.
        plan: Plan,
    },
    /// The half that tells others what happens; started by the daemon itself.
    #[command(hide = true)]
    Herald,
    /// Becomes a command and its user; started by the runner itself.
    #[command(hide = true)]
    Hand {
        /// The user's number.
        user: u32,
        /// His group's number.
        group: u32,
        /// The command.
        #[arg(last = true, required = true)]
        words: Vec<OsString>,
    },
}

/// What a translation takes.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// A file that knockd 0.8 takes.
    pub(crate) file: PathBuf,
    /// Where to write the configuration; nothing that exists is written over. Without it: standard output.
    #[arg(short, long, value_name = "OUT")]
    pub(crate) output: Option<PathBuf>,
    /// Run the firewall commands beside the grants, for a host whose own firewall drops the ports.
    #[arg(long)]
    pub(crate) keep_commands: bool,
}

impl Import {
    /// What becomes of the commands that a grant can stand for.
    pub(crate) const fn commands(&self) -> Commands {
        if self.keep_commands {
            Commands::RunAsWell
        } else {
            Commands::BecomeGrants
        }
    }
}

/// What can be done to the gate while no daemon runs.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum GateCommand {
    /// Take the gate away: every guarded port is as open as the rest of the firewall leaves it.
    Down,
    /// Print the gate of a configuration as nftables text, without touching anything.
    Show(Where),
}

/// What can be done for notifications.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum NotifyCommand {
    /// Send one that says so to a receiver, and tell what it answers. The daemon need not run.
    #[command(after_help = NOTIFY_EXAMPLES)]
    Test {
        /// Its name: NAME of the table [notify.NAME].
        name: String,
        #[command(flatten)]
        at: Where,
    },
    /// Print a new secret that signs webhooks.
    #[command(after_help = NOTIFY_EXAMPLES)]
    Secret,
}

const NOTIFY_EXAMPLES: &str = "\
Examples:
  (umask 077; nightlatchd notify secret > /etc/nightlatch/ops.secret)
  nightlatchd notify test ops

The receiver gets {\"event\":\"test\", …}. Exit code 69: it does not come over.";

const IMPORT_EXAMPLES: &str = "\
Examples:
  nightlatchd import /etc/knockd.conf
  nightlatchd import /etc/knockd.conf -o /etc/nightlatch/nightlatchd.toml
  nightlatchd --check              looks at what was written

Warnings go to standard error, and stand in the text as comments. Exit code 65:
it is written, but no server takes it as it stands; 78: knockd would not take
the file either.

Commands of iptables, nft, ufw and firewalld that open ports for %IP% become
grants: the gate opens, and no command is run. If your own firewall drops these
ports by itself, let it accept them, or keep the commands.";

const SOURCES_EXAMPLES: &str = "\
Examples:
  nightlatchd sources
  nightlatchd sources --json --config ./nightlatchd.toml

Each is opened and closed again; nothing is read. One that another program has, or the daemon that runs, does not
open a second time. Exit code 69: the configuration names one that does not work.";

const LOG_RULESET_EXAMPLES: &str = "\
Examples:
  nightlatchd log-ruleset > /etc/nftables.d/nightlatch-log.nft
  nightlatchd log-ruleset | nft -f -
  nightlatchd log-ruleset --iptables | sh

Nothing is changed by printing it. The lines go where the kernel's go: sources = [\"log:/var/log/kern.log\"], or
\"kmsg\", or \"journal\". For \"nflog:5\" the rules send knocks and touches of closed ports to that group; rules of
your own have to stand in front of the gate, too: at a priority below -150, or in the table raw of iptables. The gate
drops knocks, so no rule in INPUT sees any. For a source like \"packets\" no rule is needed.

Each source has a limit of its own, 50 touches a second, so that noise of others hides nothing.";

const EXAMPLES: &str = "\
Examples:
  nightlatchd --check --config /etc/nightlatch/nightlatchd.toml
  nightlatchd --dry-run --config ./nightlatchd.toml
  nightlatchd --knockd-config /etc/knockd.conf
  nightlatchd --read street.pcap   what the packets of a recording come to, and who failed
  nightlatchd --read - --carry-out opens what a recording opens
  nightlatchd gate down            when you want your ports back

SIGHUP reads the configuration anew; a wrong one changes nothing. SIGTERM stops the daemon and leaves
the gate closed.";
