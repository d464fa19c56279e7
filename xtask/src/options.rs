//! The tasks and their options, as they are written on the command line.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::bench::{self, Wish};
use crate::ci::{self, Choice, Extent};
use crate::floors;
use crate::fuzz::{self, Campaign};
use crate::man;
use crate::pages;
use crate::say;
use crate::tree::Tree;
use crate::{demo, examples};

/// Runs the task that the command line names; the exit code is 1 when it found something wrong.
pub fn main() -> ExitCode {
    match Options::parse().task.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            say::wrong(&wrong);
            ExitCode::FAILURE
        }
    }
}

/// The command line of this program, for the check of the pages that quote it.
pub(crate) fn command() -> clap::Command {
    Options::command()
}

#[derive(Parser)]
#[command(
    name = "xtask",
    about = "The project's own tasks",
    bin_name = "cargo xtask"
)]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that must hold before a change is handed in; stops at the first failure
    Ci {
        /// Leave out the steps that take minutes
        #[arg(long)]
        quick: bool,
        /// Only list the steps
        #[arg(long)]
        list: bool,
        /// Only these steps, in their usual order
        steps: Vec<String>,
    },
    /// Shows the whole story in network namespaces of its own; arguments go on to `nightlatch demo`
    Demo {
        /// Options of `nightlatch demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Measures speed, floods and memory beside the peers, and writes docs/benchmarks.md
    Bench(Wish),
    /// Compares every import, caption and file length with the plan of the house
    Floors {
        /// Write the table into ARCHITECTURE.md instead of comparing it
        #[arg(long)]
        write: bool,
    },
    /// Compares the man pages and completions with the options
    Man {
        /// Write them instead of comparing them
        #[arg(long)]
        write: bool,
    },
    /// Runs `nightlatchd --check` on every example config
    Examples,
    /// Tries and compares the commands that README and the other pages show
    Pages,
    /// Runs the fuzz targets, one after the other
    Fuzz {
        /// How long each target runs
        #[arg(long, default_value_t = 60)]
        seconds: u32,
        /// Only these targets
        targets: Vec<String>,
    },
}

impl Task {
    fn run(self) -> Result<()> {
        let tree = Tree::find()?;
        match self {
            Self::Ci { list: true, .. } => {
                ci::list();
                Ok(())
            }
            Self::Ci { quick, steps, .. } => {
                let extent = if quick { Extent::Quick } else { Extent::Whole };
                ci::run(&tree, &Choice { extent, steps })
            }
            Self::Demo { arguments } => demo::run(&tree, &arguments),
            Self::Bench(wish) => bench::run(&tree, &wish),
            Self::Floors { write: true } => floors::write(&tree),
            Self::Floors { write: false } => floors::check(&tree),
            Self::Man { write: true } => man::write(&tree),
            Self::Man { write: false } => man::check(&tree),
            Self::Examples => examples::check(&tree),
            Self::Pages => pages::check(&tree),
            Self::Fuzz { seconds, targets } => fuzz::run(&tree, &Campaign { seconds, targets }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }
}
