//! What comes before the namespaces: release builds, the peers' packages, and then this task again.

use std::path::PathBuf;

use anyhow::Result;
use nix::unistd::geteuid;

use super::Wish;
use super::peers::Kind;
use crate::command::Run;
use crate::demo;
use crate::say;
use crate::tree::Tree;

/// Prepares, then measures in a process of its own, which can enter namespaces.
pub(super) fn run(tree: &Tree, wish: &Wish) -> Result<()> {
    let program = if wish.quick {
        demo::build(tree)?;
        std::env::current_exe()?
    } else {
        if !wish.alone {
            install_peers(tree);
        }
        build(tree)?;
        release(tree, "xtask")
    };
    Run::program(&program, tree.root())
        .with(["bench", "--prepared"])
        .with(arguments(wish))
        .go()
}

/// A program as it was built for release.
pub(super) fn release(tree: &Tree, name: &str) -> PathBuf {
    let built = tree.program(name);
    match built.parent().and_then(|folder| folder.parent()) {
        Some(target) => target.join("release").join(name),
        None => built,
    }
}

/// The programs as a user builds them, and ourselves apart: side by side they would share features.
fn build(tree: &Tree) -> Result<()> {
    let release = || Run::cargo(tree).with(["build", "--release", "--quiet"]);
    say::timed(
        "release builds (minutes when they are not there yet)",
        || {
            release()
                .with(["-p", "nightlatch", "-p", "nightlatchd"])
                .go()?;
            release().with(["-p", "xtask"]).go()
        },
    )
}

/// Whoever cannot be installed is left out of the comparison, and the page says so.
fn install_peers(tree: &Tree) {
    let packages: Vec<&str> = Kind::ALL
        .into_iter()
        .filter(|peer| !peer.is_installed())
        .flat_map(Kind::packages)
        .copied()
        .collect();
    if packages.is_empty() {
        return;
    }
    let names = packages.join(" ");
    if !geteuid().is_root() {
        say::loud(&format!(
            "measured without peers: install {names}, or run this as root"
        ));
        return;
    }
    let install = Run::program("apt-get", tree.root())
        .setting("DEBIAN_FRONTEND", "noninteractive")
        .with(["install", "--yes", "--no-install-recommends"])
        .with(&packages);
    let update = Run::program("apt-get", tree.root()).with(["update"]);
    // The lists are often missing or stale.
    let is_there = install.works() || (update.works() && install.works());
    if !is_there {
        say::loud(&format!(
            "measured without {names}: apt-get cannot install them"
        ));
    }
    // A package may start what it brings; here it runs in namespaces only.
    for peer in Kind::ALL {
        let service = ["disable", "--now", peer.service()];
        let _ = Run::program("systemctl", tree.root()).with(service).works();
    }
}

fn arguments(wish: &Wish) -> Vec<String> {
    let parts = wish
        .only
        .iter()
        .flat_map(|part| ["--only".to_owned(), format!("{part:?}").to_lowercase()]);
    let flags = [
        (wish.quick, "--quick"),
        (wish.alone, "--alone"),
        (wish.json, "--json"),
    ];
    flags
        .into_iter()
        .filter(|(wanted, _)| *wanted)
        .map(|(_, flag)| flag.to_owned())
        .chain(parts)
        .collect()
}
