//! A run leaves the work tree as it found it.

use anyhow::{Result, ensure};

use crate::command::Run;
use crate::tree::Tree;

/// The work tree before the first step.
pub(super) struct Before {
    state: String,
}

impl Before {
    pub(super) fn look(tree: &Tree) -> Result<Self> {
        Ok(Self {
            state: state(tree)?,
        })
    }

    /// Compares with now. What a person has not committed yet does not count; what the run did, does.
    pub(super) fn compare(&self, tree: &Tree) -> Result<()> {
        let now = state(tree)?;
        let fresh: Vec<&str> = now
            .lines()
            .filter(|line| !self.state.lines().any(|old| old == *line))
            .collect();
        ensure!(
            fresh.is_empty(),
            "the run changed the work tree:\n{}",
            fresh.join("\n")
        );
        Ok(())
    }
}

/// Names of what differs from the last commit, and the content of what differs in files that git knows.
fn state(tree: &Tree) -> Result<String> {
    let git = || Run::program("git", tree.root());
    let names = git()
        .with(["status", "--porcelain", "--untracked-files=all"])
        .read()?;
    let changes = git().with(["diff", "--no-ext-diff"]).read()?;
    Ok(names + &changes)
}
