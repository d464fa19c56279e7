//! Every example loads, and without a warning.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::folder::Folder;
use crate::load_server;

#[test]
fn the_example_files_load_without_a_warning() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/examples");
    let files = files_below(&examples);
    let (configs, lists): (Vec<_>, Vec<_>) = files
        .iter()
        .partition(|path| path.extension().is_some_and(|kind| kind == "toml"));
    assert!(configs.len() >= 13 && lists.len() >= 2, "{files:?}");
    for example in configs {
        let folder = Folder::new();
        let mut named = fs::read_to_string(example).unwrap();
        let server = folder.write("nightlatchd.toml", &named);
        for list in lists
            .iter()
            .filter(|list| list.parent() == example.parent())
        {
            let text = fs::read_to_string(list).unwrap();
            folder.list(list.file_name().unwrap().to_str().unwrap(), &text);
            named += &text;
        }
        for secret in secrets_named_in(&named) {
            folder.secret(&secret);
        }
        for secret in named.lines().filter_map(|line| quoted(line, "time-based")) {
            folder.sequence_secret(secret);
        }
        for secret in named.lines().filter_map(|line| quoted(line, "secret")) {
            folder.signing_secret(secret);
        }
        let server =
            load_server(&server).unwrap_or_else(|error| panic!("{}\n{error}", example.display()));
        let warnings: Vec<String> = server.warnings.iter().map(ToString::to_string).collect();
        assert!(
            warnings.is_empty(),
            "{}\n{}",
            example.display(),
            warnings.join("\n")
        );
        assert!(!server.roster.is_empty() || !server.policy.sequences().is_empty());
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn secrets_named_in(text: &str) -> Vec<String> {
    let in_lists = text
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("preshared="));
    let in_tables = text.lines().filter_map(|line| quoted(line, "preshared"));
    in_lists
        .chain(in_tables)
        .filter(|name| *name != "none")
        .map(str::to_owned)
        .collect()
}

/// What stands in quotes behind a key.
fn quoted<'l>(line: &'l str, key: &str) -> Option<&'l str> {
    let value = line.strip_prefix(key)?.strip_prefix(" = ")?;
    value.strip_prefix('"')?.strip_suffix('"')
}
