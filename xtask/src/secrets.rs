//! The secret files that a shown configuration names: made anew, since none of them is ever committed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use getrandom::SysRng;
use nightlatch_config::write_sequence_secret;
use nightlatch_ticket::SequenceSecret;
use rand_core::UnwrapErr;

use crate::command::Run;
use crate::tree::Tree;

/// Makes every secret that the text names, in the folder where it looks for them.
pub(crate) fn make(tree: &Tree, folder: &Path, text: &str) -> Result<()> {
    for name in ["server.key", "identity.key"] {
        keygen(tree, &folder.join(name), &[])?;
    }
    for name in shared(text) {
        keygen(tree, &folder.join(name), &["--preshared"])?;
    }
    for name in named(text, "time-based") {
        let path = folder.join(name);
        if !path.exists() {
            let secret = SequenceSecret::generate(&mut UnwrapErr(SysRng));
            write_sequence_secret(&path, &secret)?;
        }
    }
    for name in named(text, "one-time") {
        list(&folder.join(name))?;
    }
    for name in named(text, "secret") {
        private(&folder.join(name), SIGNING_SECRET)?;
    }
    for name in named(text, "ca") {
        fs::write(folder.join(name), CERTIFICATE)?;
    }
    Ok(())
}

/// A list of one-time sequences is as secret as a key, which no file in a repository is.
fn list(path: &Path) -> Result<()> {
    private(path, "40123 4711:udp 19283\n")
}

fn private(path: &Path, text: &str) -> Result<()> {
    if !path.exists() {
        fs::write(path, text)?;
    }
    Ok(fs::set_permissions(path, Permissions::from_mode(0o600))?)
}

/// What stands in quotes behind a key of a table.
fn named<'t>(text: &'t str, key: &str) -> impl Iterator<Item = &'t str> {
    text.lines().filter_map(move |line| {
        let value = line.strip_prefix(key)?.strip_prefix(" = ")?;
        value.strip_prefix('"')?.strip_suffix('"')
    })
}

/// A public key that belongs to nobody else there.
pub(crate) fn stranger(tree: &Tree, folder: &Path) -> Result<String> {
    let path = folder.join("stranger.key");
    keygen(tree, &path, &[])?;
    let said = Run::program(&tree.program("nightlatch"), folder)
        .with(["public"])
        .with([path])
        .read()?;
    let key = said
        .split_whitespace()
        .find(|word| word.starts_with("nightlatch-pub1"));
    key.map(str::to_owned)
        .with_context(|| format!("`nightlatch public` says no key:\n{said}"))
}

fn keygen(tree: &Tree, path: &Path, kind: &[&str]) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let keygen = Run::program(&tree.program("nightlatch"), tree.root()).with(["keygen", "-o"]);
    keygen.with([path]).with(kind).read().map(drop)
}

/// The files of shared secrets: `preshared = "FILE"` in a table, `preshared=FILE` in a list of clients.
fn shared(text: &str) -> impl Iterator<Item = &str> {
    let named = text.lines().filter_map(|line| {
        let (before, after) = line.split_once("preshared")?;
        let value = after.trim_start().strip_prefix('=')?.trim_start();
        let is_remark = before.contains('#');
        let end = |letter: char| letter == '"' || letter.is_whitespace();
        (!is_remark)
            .then(|| value.trim_start_matches('"').split(end).next())
            .flatten()
    });
    named.filter(|name| !name.is_empty() && *name != "none" && !name.starts_with("nightlatch-psk"))
}

/// One that everybody knows: the Standard Webhooks specification's own.
const SIGNING_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";

/// Nobody's: it is only looked at, and believes nobody.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_sequences_are_named_in_tables() {
        let text = "#one-time = \"no\"\none-time = \"a.lines\"\nsteps = [\"one-time\"]\n";
        assert_eq!(named(text, "one-time").collect::<Vec<_>>(), ["a.lines"]);
    }

    #[test]
    fn secrets_are_named_in_tables_and_in_lists() {
        let text = "preshared = \"psk/a\"\npreshared = \"none\"\nalice key may=ssh preshared=alice.psk # a guest\n\
                    # NAME preshared=FILE\nbob key preshared=none\ncarol key preshared=nightlatch-psk1qq\n";
        assert_eq!(shared(text).collect::<Vec<_>>(), ["psk/a", "alice.psk"]);
    }
}
