//! Where the project lies, and its files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The project's folder on this machine.
pub(crate) struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Finds the folder above this crate.
    pub(crate) fn find() -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.parent().context("xtask lies in no project")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.join(inside)
    }

    /// A program that `cargo build` made, in the one profile that all tasks share.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |folder| self.root.join(folder));
        target.join("debug").join(name)
    }

    pub(crate) fn read(&self, inside: impl AsRef<Path>) -> Result<String> {
        let path = self.path(inside);
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    }

    pub(crate) fn write(&self, inside: impl AsRef<Path>, text: &[u8]) -> Result<()> {
        let path = self.path(inside);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Every file below a folder, named from the project's folder, in the order of their names.
    pub(crate) fn files(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        self.walk(&self.path(folder), &mut found)?;
        found.sort();
        Ok(found)
    }

    fn walk(&self, folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
        if !folder.is_dir() {
            return Ok(());
        }
        for child in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = child?.path();
            if path.is_dir() && !path.ends_with("target") {
                self.walk(&path, found)?;
            } else if let Ok(inside) = path.strip_prefix(&self.root) {
                found.push(inside.to_owned());
            }
        }
        Ok(())
    }
}
