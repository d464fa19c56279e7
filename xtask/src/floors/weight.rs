//! How many crates the daemon brings: a number that only a decision raises.

use std::collections::BTreeSet;

use anyhow::Result;

use super::Breach;
use crate::command::Run;
use crate::tree::Tree;

/// A daemon that grew beyond its budget.
pub(super) fn breaches(tree: &Tree) -> Result<Vec<Breach>> {
    let arguments = [
        "tree",
        "--package",
        "nightlatchd",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ];
    let list = Run::cargo(tree)
        .with(arguments)
        .with(["--format", "{p}", "--offline"])
        .read()?;
    Ok(judge(&list).into_iter().collect())
}

fn judge(list: &str) -> Option<Breach> {
    let crates: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    let theirs = crates
        .iter()
        .filter(|name| !name.starts_with("nightlatch"))
        .count();
    (theirs > DAEMON_CRATES).then(|| Breach {
        place: "programs/nightlatchd".to_owned(),
        wrong: format!("brings {theirs} crates of others, the budget is {DAEMON_CRATES}"),
        remedy: "go without, or raise the budget in xtask/src/floors/weight.rs with a decision",
    })
}

/// The crates of others in the daemon's tree, those that only run in the compiler included.
const DAEMON_CRATES: usize = 110;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_crate_too_many_is_named_with_both_numbers() {
        let list: Vec<String> = (0..=DAEMON_CRATES)
            .map(|n| format!("crate-{n} v1.0.0"))
            .collect();
        let list = list.join(
            "
",
        );
        assert!(
            judge(&list)
                .unwrap()
                .wrong
                .contains(&DAEMON_CRATES.to_string())
        );
    }

    #[test]
    fn our_own_crates_and_repeated_lines_weigh_nothing() {
        let list = "nightlatch-core v0.1.0 (/x)\nlibc v0.2.1\n".repeat(DAEMON_CRATES);
        assert_eq!(judge(&list), None);
    }
}
