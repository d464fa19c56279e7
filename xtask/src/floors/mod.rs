//! Compares the tree with the plan of the house: who imports whom, and how files look.

mod files;
mod imports;
mod page;
mod plan;
mod room;
mod weight;

use std::fmt::{self, Display, Formatter};

use anyhow::{Result, bail};

use crate::say;
use crate::tree::Tree;

/// Something that stands against the plan.
#[derive(Debug, PartialEq, Eq)]
struct Breach {
    place: String,
    wrong: String,
    remedy: &'static str,
}

impl Display for Breach {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n  {}", self.place, self.wrong, self.remedy)
    }
}

/// Refuses every breach, and a table in ARCHITECTURE.md that is not the plan's.
pub(crate) fn check(tree: &Tree) -> Result<()> {
    let mut breaches = files::breaches(tree)?;
    for room in plan::HOUSE {
        breaches.extend(imports::breaches(room, &tree.read(room.manifest())?)?);
    }
    breaches.extend(imports::strangers(tree)?);
    breaches.extend(weight::breaches(tree)?);
    breaches.extend(page::breaches(&tree.read(page::PLACE)?));
    if !breaches.is_empty() {
        let all: Vec<String> = breaches.iter().map(ToString::to_string).collect();
        bail!("against the plan of the house:\n{}", all.join("\n"));
    }
    say::line(&format!("   {} crates as planned", plan::HOUSE.len()));
    Ok(())
}

/// Puts the plan's table into ARCHITECTURE.md.
pub(crate) fn write(tree: &Tree) -> Result<()> {
    let text = page::with_table(&tree.read(page::PLACE)?)?;
    tree.write(page::PLACE, text.as_bytes())
}
