//! Standing back: a thread that spins without being in anybody's way.

use std::process::Stdio;

use anyhow::Result;
use nightlatch_lab::program;

/// While this lives, the calling thread runs only where nobody else wants to.
///
/// A prober that spins at everybody's rank holds the daemon up for whole slices of the scheduler,
/// and what it measures is itself. At the idle rank it yields at once, and what it starts does not
/// inherit that.
pub(super) struct Modest;

impl Modest {
    pub(super) fn begin() -> Result<Self> {
        rank("--idle")?;
        Ok(Self)
    }
}

impl Drop for Modest {
    fn drop(&mut self) {
        let _ = rank("--other");
    }
}

/// The bench has a single thread of its own that knocks: the first, which bears the process's number.
fn rank(which: &str) -> Result<()> {
    let mut command = program("chrt");
    command.args(["--reset-on-fork", which, "--pid", "0"]);
    command.arg(std::process::id().to_string());
    // Without the program the figures are worse, and true all the same.
    let _ = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(())
}
