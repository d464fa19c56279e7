//! knockd's file from the disk: translated for people, or taken for our own.

use std::path::Path;

use super::convert::{Commands, Converted, convert_knockd};
use crate::{
    desk::Desk,
    load::ConfigError,
    meaning,
    server::Server,
    source::Source,
    trust::{Care, Trusted, check_folder_of},
};

/// Reads a file of knockd's, whoever may have written it, and translates it.
pub fn import_knockd(path: &Path, commands: Commands) -> Result<Converted, ConfigError> {
    let bytes = Trusted::open(path, Care::Nothing)?.bytes(LONGEST_FILE)?;
    Ok(convert_knockd(path, &bytes, commands)?)
}

/// Reads a file of knockd's in the place of a server's configuration.
///
/// As our own it must not be writable by others: what it says is run as root.
pub fn load_knockd(path: &Path, commands: Commands) -> Result<Server, ConfigError> {
    let mut file = Trusted::open(path, Care::Public)?;
    check_folder_of(path)?;
    let Converted { text, warnings } = convert_knockd(path, &file.bytes(LONGEST_FILE)?, commands)?;
    let shown = path.with_added_extension("as-imported");
    let mut desk = Desk::new(Source::new(&shown, &text));
    let server = meaning::server(path, &text, &mut desk);
    // What is odd about the translation has been said about the original.
    desk.close()?;
    server
        .map(|server| Server { warnings, ..server })
        .ok_or(ConfigError::Empty)
}

/// Far more than knockd has a use for.
const LONGEST_FILE: usize = 1 << 20;
