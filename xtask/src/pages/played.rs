//! Runs a `console` block in an empty folder and compares what it says.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;
use tempfile::TempDir;

use super::blocks::Block;
use crate::command::Run;
use crate::tree::Tree;

/// What differs between the page and a real run, as text; empty if nothing does.
pub(super) fn differences(tree: &Tree, block: &Block) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let mut wrong = Vec::new();
    for (command, shown) in turns(&block.lines) {
        let said = play(tree, &folder, command)?;
        if !matches(&shown, &said.lines().collect::<Vec<_>>()) {
            wrong.push(format!("`{command}` says otherwise\n{}", said.trim_end()));
        }
    }
    Ok(wrong)
}

/// Each command with the lines that follow it.
fn turns(lines: &[String]) -> Vec<(&str, Vec<&str>)> {
    let mut turns: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), turns.last_mut()) {
            (Some(command), _) => turns.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => {}
        }
    }
    turns
}

/// A real shell, since pages use pipes; our programs come first in its search path.
fn play(tree: &Tree, folder: &TempDir, command: &str) -> Result<String> {
    let output = Run::program("sh", folder.path())
        .with(["-c", &format!("{{ {command}\n}} 2>&1")])
        .setting("PATH", &search_path(&tree.program("")).to_string_lossy())
        .setting("HOME", &folder.path().to_string_lossy())
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn search_path(first: &Path) -> OsString {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let folders = [first.to_owned()]
        .into_iter()
        .chain(std::env::split_paths(&rest));
    std::env::join_paths(folders).unwrap_or(rest)
}

/// `[..]` stands for anything within a line, a line of `...` for any number of lines.
fn matches(shown: &[&str], said: &[&str]) -> bool {
    match (shown, said) {
        ([], []) => true,
        (["...", more @ ..], _) => {
            matches(more, said)
                || said
                    .split_first()
                    .is_some_and(|(_, said)| matches(shown, said))
        }
        ([wanted, shown @ ..], [line, said @ ..]) => is_like(wanted, line) && matches(shown, said),
        _ => false,
    }
}

fn is_like(wanted: &str, line: &str) -> bool {
    match wanted.split_once("[..]") {
        None => wanted.trim_end() == line.trim_end(),
        Some((before, after)) => line.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices()
                .map(|(at, _)| at)
                .chain([rest.len()])
                .any(|at| rest.get(at..).is_some_and(|rest| is_like(after, rest)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_what_changes_from_run_to_run() {
        assert!(matches(
            &["key [..] made", "...", "end"],
            &["key 17 made", "x", "y", "end"]
        ));
        assert!(!matches(&["key [..] made"], &["key 17 lost"]));
        assert!(!matches(&["one"], &["one", "two"]));
        assert!(matches(&["...",], &[]));
    }

    #[test]
    fn each_command_keeps_its_own_answer() {
        let lines = ["$ a", "1", "2", "$ b"].map(str::to_owned);
        assert_eq!(turns(&lines), [("a", vec!["1", "2"]), ("b", vec![])]);
    }
}
