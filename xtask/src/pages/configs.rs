//! Configurations that a page shows: each must be taken, with a real key in the place of the dots.

use anyhow::Result;

use super::blocks::Block;
use crate::examples;
use crate::secrets;
use crate::tree::Tree;

/// Why a shown configuration is refused, as the program says it.
pub(super) fn refusal(tree: &Tree, block: &Block) -> Result<Option<String>> {
    let folder = tempfile::tempdir()?;
    let text = block
        .lines
        .join("\n")
        .replace(DOTS, &secrets::stranger(tree, folder.path())?);
    secrets::make(tree, folder.path(), &text)?;
    let path = folder.path().join("shown.toml");
    std::fs::write(&path, &text)?;
    examples::refusal(tree, &path, &text)
}

const DOTS: &str = "nightlatch-pub1…";
