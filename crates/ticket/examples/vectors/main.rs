//! Writes the vectors: `cargo run -p nightlatch-ticket --example vectors [FOLDER]`.
//!
//! They are made by `pages::forge`, not by the library that is tested against them.

mod pages;

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let ours = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors");
    let folder = env::args_os().nth(1).map_or(ours, PathBuf::from);
    fs::create_dir_all(&folder)?;
    pages::pages()
        .iter()
        .try_for_each(|(name, page)| fs::write(folder.join(name), page))
}
