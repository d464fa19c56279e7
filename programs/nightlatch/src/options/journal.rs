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
    /// Only the last so many of them; with --follow ten, unless --since says from when on
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

impl Journal {
    /// How many of the last lines are printed that were kept so far; all, if nothing limits them.
    pub(crate) fn last_lines(&self) -> Option<usize> {
        let to_follow = (self.follow && self.since.is_none()).then_some(BEFORE_FOLLOWING);
        self.lines.or(to_follow)
    }
}

/// What `tail` and `journalctl` print before they follow.
const BEFORE_FOLLOWING: usize = 10;

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::options::{Options, Task};

    fn last_lines(arguments: &[&str]) -> Option<usize> {
        let program = ["nightlatch", "journal"].iter().chain(arguments);
        match Options::try_parse_from(program).unwrap().task {
            Task::Journal(options) => options.last_lines(),
            _ => panic!("another task"),
        }
    }

    #[test]
    fn who_follows_does_not_read_years_first_unless_he_wants_to() {
        assert_eq!(last_lines(&[]), None);
        assert_eq!(last_lines(&["--follow", "--event", "granted"]), Some(10));
        assert_eq!(last_lines(&["--follow", "-n", "25"]), Some(25));
        assert_eq!(last_lines(&["--follow", "--since", "90d"]), None);
    }
}
