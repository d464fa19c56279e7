//! `cargo demo`: builds the two programs and lets them tell their story.

use std::ffi::OsString;

use anyhow::Result;

use crate::command::Run;
use crate::tree::Tree;

/// Builds the programs and runs `nightlatch demo` with the arguments given.
pub(crate) fn run(tree: &Tree, arguments: &[OsString]) -> Result<()> {
    build(tree)?;
    let nightlatch = tree.program("nightlatch");
    Run::program(&nightlatch, tree.root())
        .with(["demo"])
        .with(arguments)
        .go()
}

/// Builds both programs as `cargo xtask` itself was built, so that nothing is compiled twice.
///
/// Not optimised: their dependencies are, and a fresh clone tells its story minutes earlier.
pub(crate) fn build(tree: &Tree) -> Result<()> {
    // Naming xtask beside them keeps cargo's choice of features the same as in `cargo run -p xtask`.
    let packages = ["-p", "xtask", "-p", "nightlatch", "-p", "nightlatchd"];
    Run::cargo(tree)
        .with(["build", "--quiet"])
        .with(packages)
        .go()
}
