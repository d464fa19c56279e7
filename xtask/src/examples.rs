//! Every example config is taken by the program that it is for.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::command::Run;
use crate::demo;
use crate::say;
use crate::secrets;
use crate::tree::Tree;

/// Tries each config below `config/`, in a copy of its folder that has the secrets it names.
pub(crate) fn check(tree: &Tree) -> Result<()> {
    demo::build(tree)?;
    let mut checked: u32 = 0;
    for file in tree.files("config")? {
        if file.extension().is_some_and(|kind| kind == "toml") {
            if let Some(wrong) = copied(tree, &file)? {
                bail!("{}\n{wrong}", file.display());
            }
            say::line(&format!("   {}", file.display()));
            checked = checked.saturating_add(1);
        }
    }
    ensure!(checked > 0, "config/ holds no example: nothing was checked");
    Ok(())
}

/// Why a config is refused. A server's goes through the daemon's `--check`, a person's through the loader.
pub(crate) fn refusal(tree: &Tree, path: &Path, text: &str) -> Result<Option<String>> {
    if !text.lines().any(|line| line == "[server]") {
        return Ok(nightlatch_config::load_person(path, path.parent())
            .err()
            .map(|wrong| wrong.to_string()));
    }
    let check = Run::program(&tree.program("nightlatchd"), tree.root())
        .with(["--check", "--config"])
        .with([path]);
    let output = check.output()?;
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    Ok((!output.status.success()).then(said))
}

fn copied(tree: &Tree, file: &Path) -> Result<Option<String>> {
    let folder = tempfile::tempdir()?;
    let mut whole = String::new();
    let lists = file
        .parent()
        .filter(|folder| folder.components().count() > 2);
    for beside in lists
        .map(|lists| tree.files(lists))
        .transpose()?
        .unwrap_or_default()
    {
        let text = tree.read(&beside)?;
        fs::write(
            folder.path().join(beside.file_name().unwrap_or_default()),
            &text,
        )?;
        whole += &text;
    }
    let text = said_aloud(&tree.read(file)?);
    secrets::make(tree, folder.path(), &(whole + &text))?;
    let path = folder.path().join("example.toml");
    fs::write(&path, &text)?;
    // What the reference names as a possibility has to be there when it is said aloud.
    let list = folder.path().join("clients");
    if !list.exists() {
        fs::write(list, "")?;
    }
    refusal(tree, &path, &text)
}

/// The reference shows every option behind a `#` without a space: taken away, all of them hold.
fn said_aloud(text: &str) -> String {
    if text.lines().any(|line| line.starts_with('[')) {
        return text.to_owned();
    }
    let aloud = |line: &str| match line.strip_prefix('#') {
        Some(option)
            if option.starts_with(|letter: char| letter == '[' || letter.is_ascii_lowercase()) =>
        {
            option.to_owned() + "\n"
        }
        _ => line.to_owned() + "\n",
    };
    text.lines().map(aloud).collect()
}

#[cfg(test)]
mod tests {
    use super::said_aloud;

    #[test]
    fn the_reference_is_tried_with_every_option_on() {
        assert_eq!(
            said_aloud("# A remark\n#[server]\n#guard = []\n"),
            "# A remark\n[server]\nguard = []\n"
        );
        assert_eq!(
            said_aloud("[server]\n#guard = []\n"),
            "[server]\n#guard = []\n"
        );
    }
}
