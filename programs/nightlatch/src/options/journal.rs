//! The options of `nightlatch journal`.

use std::path::PathBuf;

use clap::Args;
use nightlatch_core::Prefix;
use nightlatch_journal::Kind;

use crate::journal::{When, kind, when};

/// The options of `nightlatch journal`.
#[derive(Debug, Args)]
pub(crate) struct Journal {
    /// Only what happened since then: 2h, 7d, 2026-11-27 or "2026-11-27 10:15" in UTC
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub(crate) since: Option<When>,
    /// Only what happened until then
    #[arg(long, value_name = "WHEN", value_parser = when)]
    pub(crate) until: Option<When>,
    /// Only what this client did, or whoever walked the sequence of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// Only what is about this service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only what came from this address or network
    #[arg(long, value_name = "ADDRESS[/LENGTH]")]
    pub(crate) address: Option<Prefix>,
    /// Only events of this kind, such as granted, refused or banned; may be said several times
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub(crate) event: Vec<Kind>,
    /// Only the last so many of them
    #[arg(short = 'n', long, value_name = "COUNT")]
    pub(crate) lines: Option<usize>,
    /// Go on with what happens from now on
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// The daemon's status socket; the journal's is beside it
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/run/nightlatch/status.sock"
    )]
    pub(crate) socket: PathBuf,
    /// Read the journal in this state folder, whose daemon does not run
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["follow", "socket"])]
    pub(crate) state: Option<PathBuf>,
}
