//! The steps that are a program's own work: cargo and its companions.

use anyhow::{Result, bail};

use crate::command::Run;
use crate::demo as demonstration;
use crate::fuzz as fuzzing;
use crate::say;
use crate::tree::Tree;

pub(super) fn fmt(tree: &Tree) -> Result<()> {
    Run::cargo(tree).with(["fmt", "--all", "--check"]).go()?;
    // The fuzz targets live in a workspace of their own, which needs a compiler for the sanitizer.
    Run::cargo(tree)
        .with(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])
        .go()
}

pub(super) fn clippy(tree: &Tree) -> Result<()> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    Run::cargo(tree).with(arguments).go()
}

/// Nextest where it is installed, since it also names the slow ones; cargo's own runner elsewhere.
/// Either tells all that fails, not only what failed first.
pub(super) fn tests(tree: &Tree) -> Result<()> {
    if Run::cargo(tree).with(["nextest", "--version"]).works() {
        return Run::cargo(tree)
            .with([
                "nextest",
                "run",
                "--workspace",
                "--locked",
                "--no-fail-fast",
            ])
            .go();
    }
    let targets = ["--lib", "--bins", "--tests"];
    Run::cargo(tree)
        .with(["test", "--workspace", "--locked", "--no-fail-fast"])
        .with(targets)
        .go()
}

/// What the library changes, and no more: three crates, and the tests that name it.
pub(super) fn libpcap(tree: &Tree) -> Result<()> {
    if !Run::program("pcap-config", tree.root())
        .with(["--version"])
        .works()
    {
        return absent_for("libpcap", "apt-get install libpcap-dev");
    }
    let crates = ["nightlatch-capture", "nightlatch-config", "nightlatchd"];
    let crates = crates.iter().flat_map(|name| ["--package", name]);
    let features = "nightlatch-capture/libpcap,nightlatch-config/libpcap,nightlatchd/libpcap";
    let built = crates.chain(["--features", features, "--locked"]);
    let built: Vec<&str> = built.collect();
    Run::cargo(tree)
        .with(["clippy", "--all-targets"])
        .with(built.clone())
        .with(["--", "-D", "warnings"])
        .go()?;
    Run::cargo(tree)
        .with(["test", "--lib", "--tests"])
        .with(built)
        .with(["libpcap"])
        .go()
}

pub(super) fn doctests(tree: &Tree) -> Result<()> {
    Run::cargo(tree)
        .with(["test", "--workspace", "--locked", "--doc", "--quiet"])
        .go()
}

pub(super) fn doc(tree: &Tree) -> Result<()> {
    let arguments = ["doc", "--workspace", "--no-deps", "--locked", "--quiet"];
    Run::cargo(tree)
        .with(arguments)
        .setting("RUSTDOCFLAGS", "-D warnings")
        .go()
}

/// Offline: it judges the lock file and what was downloaded to build it.
pub(super) fn deny(tree: &Tree) -> Result<()> {
    if !Run::cargo(tree).with(["deny", "--version"]).works() {
        return absent("cargo-deny");
    }
    let arguments = [
        "deny",
        "--offline",
        "--locked",
        "--log-level",
        "warn",
        "check",
    ];
    Run::cargo(tree)
        .with(arguments)
        .with(["bans", "licenses", "sources"])
        .go()
}

pub(super) fn demo(tree: &Tree) -> Result<()> {
    demonstration::run(tree, &[])
}

pub(super) fn fuzz(tree: &Tree) -> Result<()> {
    if !Run::cargo(tree).with(["fuzz", "--version"]).works() {
        return absent("cargo-fuzz");
    }
    fuzzing::run(
        tree,
        &fuzzing::Campaign {
            seconds: SMOKE_SECONDS,
            targets: Vec::new(),
        },
    )
}

fn absent(tool: &str) -> Result<()> {
    absent_for(tool, &format!("cargo install --locked {tool}"))
}

/// At home a missing tool costs its step; on the CI machine it costs the run.
fn absent_for(tool: &str, remedy: &str) -> Result<()> {
    if std::env::var_os("CI").is_some() {
        bail!("{tool} is not installed, and CI leaves nothing out\n  {remedy}");
    }
    say::loud(&format!(
        "{tool} is not installed: THIS STEP WAS NOT RUN. `{remedy}`"
    ));
    Ok(())
}

/// Long enough for some 10,000 inputs to each target; finding more is a campaign's work.
const SMOKE_SECONDS: u32 = 8;
