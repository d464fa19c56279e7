//! The fuzz targets, built on the stable compiler and run one after the other.

use anyhow::{Result, bail, ensure};

use crate::command::Run;
use crate::say;
use crate::tree::Tree;

/// Which targets run, and how long each.
pub(crate) struct Campaign {
    pub(crate) seconds: u32,
    /// None means all.
    pub(crate) targets: Vec<String>,
}

/// Builds the targets once, then runs each for its time; a finding ends it.
pub(crate) fn run(tree: &Tree, campaign: &Campaign) -> Result<()> {
    let all = targets(tree)?;
    if let Some(unknown) = campaign.targets.iter().find(|name| !all.contains(name)) {
        bail!(
            "no fuzz target is called {unknown}\n  there are: {}",
            all.join(", ")
        );
    }
    let chosen = if campaign.targets.is_empty() {
        &all
    } else {
        &campaign.targets
    };
    cargo_fuzz(tree).with(["build"]).go()?;
    for target in chosen {
        say::timed(&format!("fuzz {target}"), || {
            one(tree, target, campaign.seconds)
        })?;
    }
    Ok(())
}

/// The finds of a run go into `fuzz/corpus`, which git ignores; `fuzz/seeds` is only read.
fn one(tree: &Tree, target: &str, seconds: u32) -> Result<()> {
    let corpus = format!("fuzz/corpus/{target}");
    std::fs::create_dir_all(tree.path(&corpus))?;
    let mut folders = vec![corpus];
    let seeds = format!("fuzz/seeds/{target}");
    if tree.path(&seeds).is_dir() {
        folders.push(seeds);
    }
    let time = format!("-max_total_time={seconds}");
    let fuzzer = cargo_fuzz(tree)
        .with(["run", target])
        .with(&folders)
        .with(["--", &time])
        .with(LIMITS);
    let output = fuzzer.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{said}\n{}: fuzz {target}",
        output.status
    );
    let tried = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
    say::line(&format!("   {} inputs", tried.unwrap_or("no").trim()));
    Ok(())
}

fn targets(tree: &Tree) -> Result<Vec<String>> {
    let list = cargo_fuzz(tree).with(["list"]).read()?;
    Ok(list.lines().map(str::to_owned).collect())
}

/// The sanitizer's flags are unstable ones; this setting lets the stable compiler take them.
fn cargo_fuzz(tree: &Tree) -> Run {
    Run::cargo(tree)
        .with(["fuzz"])
        .setting("RUSTC_BOOTSTRAP", "1")
}

/// A hang is a finding: no input of these sizes may take seconds. Long inputs come from the beginning on,
/// since short ones tell short stories.
const LIMITS: [&str; 5] = [
    "-timeout=5",
    "-rss_limit_mb=1024",
    "-max_len=1024",
    "-len_control=0",
    "-print_final_stats=1",
];
