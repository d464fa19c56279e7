//! The tool and other programs, run to their end in a host of the stage.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nightlatch_lab::{Host, program};

use crate::stage::beside_the_daemon;

/// Why a story cannot be told.
pub(crate) const NO_TOOL: &str = "nightlatch is not built: cargo build -p nightlatch";

/// The tool, where it was built.
pub(crate) fn tool() -> Option<PathBuf> {
    beside_the_daemon("nightlatch")
}

/// A program with its arguments, and with nothing of our surroundings but a home.
pub(crate) fn command(path: &Path, home: &Path, line: &[&str]) -> Command {
    let mut command = program(path);
    command.args(line).env_clear().env("HOME", home);
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command.stdin(Stdio::null());
    command
}

/// What a command says and how it ends.
pub(crate) fn run(host: &Host, mut command: Command) -> Output {
    host.run(|| command.output()).unwrap().unwrap()
}

/// What a command says that ends well.
pub(crate) fn run_well(host: &Host, command: Command) -> String {
    let called: Vec<_> = command.get_args().map(OsStr::to_owned).collect();
    let output = run(host, command);
    let said = String::from_utf8(output.stdout).unwrap();
    let remarks = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{called:?}: {:?} {said} {remarks}",
        output.status
    );
    said
}
