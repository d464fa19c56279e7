//! What the pages say of commands, configurations and tests: it must exist, and be as it is shown.

mod blocks;
mod configs;
mod played;
mod proofs;
mod spoken;
mod words;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::demo;
use crate::say;
use crate::tree::Tree;
use blocks::{Block, Kind};
use proofs::Proofs;

/// Checks the commands of every page of the project.
pub(crate) fn check(tree: &Tree) -> Result<()> {
    demo::build(tree)?;
    let proofs = Proofs::gather(tree)?;
    let mut wrong = Vec::new();
    let mut blocks: usize = 0;
    for page in pages(tree)? {
        let text = tree.read(&page)?;
        let found = blocks::read(&text);
        blocks = blocks.saturating_add(found.len());
        for block in &found {
            wrong.extend(judge(tree, &page, block)?);
        }
        let unproved = proofs
            .missing(&text)
            .map(|name| format!("there is no test `{name}`"));
        let said = spoken::inline(&text).into_iter().chain(unproved);
        wrong.extend(said.map(|no| format!("{}: {no}", page.display())));
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    say::line(&format!(
        "   {blocks} blocks of commands and configurations"
    ));
    Ok(())
}

fn judge(tree: &Tree, page: &Path, block: &Block) -> Result<Vec<String>> {
    let mut wrong: Vec<String> = block
        .commands()
        .filter_map(|line| spoken::line(line).err())
        .collect();
    match block.kind {
        Kind::Console if wrong.is_empty() => wrong.extend(played::differences(tree, block)?),
        Kind::Toml => wrong.extend(configs::refusal(tree, block)?),
        Kind::Console | Kind::Sh => {}
    }
    let place = format!("{}:{}", page.display(), block.line);
    Ok(wrong
        .into_iter()
        .map(|no| format!("{place}: {no}"))
        .collect())
}

/// Man pages are made from the options and need no look; all else that people read does.
fn pages(tree: &Tree) -> Result<Vec<PathBuf>> {
    let mut pages: Vec<PathBuf> = std::fs::read_dir(tree.root())?
        .filter_map(|child| Some(PathBuf::from(child.ok()?.file_name())))
        .chain(tree.files("docs")?)
        .filter(|path| path.extension().is_some_and(|kind| kind == "md"))
        .collect();
    pages.sort();
    Ok(pages)
}
