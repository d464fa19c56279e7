//! Man pages and completions, made from the options themselves.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::say;
use crate::tree::Tree;

/// Compares the committed pages with the options.
pub(crate) fn check(tree: &Tree) -> Result<()> {
    let wanted = pages()?;
    let mut differing = Vec::new();
    for (path, text) in &wanted {
        if std::fs::read(tree.path(path)).ok().as_ref() != Some(text) {
            differing.push(path.display().to_string());
        }
    }
    for path in FOLDERS
        .iter()
        .map(|folder| tree.files(folder))
        .collect::<Result<Vec<_>>>()?
        .concat()
    {
        if !wanted.contains_key(&path) {
            differing.push(format!("{} (of no command)", path.display()));
        }
    }
    let list = differing.join("\n  ");
    ensure!(
        differing.is_empty(),
        "not as the options are:\n  {list}\n  `cargo xtask man --write` mends it"
    );
    say::line(&format!("   {} pages and completions", wanted.len()));
    Ok(())
}

/// Writes the pages, and removes those of commands that are gone.
pub(crate) fn write(tree: &Tree) -> Result<()> {
    for folder in FOLDERS {
        let folder = tree.path(folder);
        if folder.is_dir() {
            std::fs::remove_dir_all(&folder)?;
        }
    }
    for (path, text) in pages()? {
        tree.write(&path, &text)?;
    }
    Ok(())
}

type Pages = BTreeMap<PathBuf, Vec<u8>>;

fn pages() -> Result<Pages> {
    let mut pages = Pages::new();
    for (command, section) in [(nightlatch::command(), "1"), (nightlatchd::command(), "8")] {
        completions(&command, &mut pages);
        let mut built = command;
        built.build();
        manual(&built, section, &mut pages)?;
    }
    Ok(pages)
}

/// One page for a command and one for each below it, as git does it.
fn manual(command: &Command, section: &str, pages: &mut Pages) -> Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let mut text = Vec::new();
    Man::new(command.clone())
        .title(name.to_uppercase())
        .section(section)
        .render(&mut text)?;
    pages.insert(PathBuf::from(format!("docs/man/{name}.{section}")), text);
    for below in command.get_subcommands() {
        if !below.is_hide_set() && below.get_name() != "help" {
            manual(below, section, pages)?;
        }
    }
    Ok(())
}

fn completions(command: &Command, pages: &mut Pages) {
    let name = command.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command.clone(), &name, &mut text);
        let file = match shell {
            Shell::Bash => format!("{name}.bash"),
            Shell::Zsh => format!("_{name}"),
            _ => format!("{name}.fish"),
        };
        pages.insert(PathBuf::from("docs/completions").join(file), text);
    }
}

const FOLDERS: [&str; 2] = ["docs/completions", "docs/man"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_both_programs_has_its_page() {
        let pages = pages().unwrap();
        for page in [
            "docs/man/nightlatch.1",
            "docs/man/nightlatch-knock.1",
            "docs/man/nightlatchd.8",
        ] {
            assert!(pages.contains_key(&PathBuf::from(page)), "{page}");
        }
    }

    #[test]
    fn the_same_options_make_the_same_pages() {
        assert_eq!(pages().unwrap(), pages().unwrap());
    }
}
