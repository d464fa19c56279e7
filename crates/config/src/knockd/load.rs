//! knockd's file from the disk: translated for people, or taken for our own.

use std::path::Path;

use super::{
    convert::{Commands, Converted, convert_knockd},
    trace::meaning_of,
};
use crate::{
    complaint::Complaints,
    load::ConfigError,
    server::Server,
    trust::{Care, Trusted, check_folder_of},
};

/// Our text for a file of knockd's, and whether it will do.
#[derive(Debug)]
pub struct Imported {
    /// The text.
    pub converted: Converted,
    /// What a server would refuse it for; each points at knockd's file.
    pub refused: Option<Complaints>,
}

/// Reads a file of knockd's, whoever may have written it, and translates it.
pub fn import_knockd(path: &Path, commands: Commands) -> Result<Imported, ConfigError> {
    let bytes = Trusted::open(path, Care::Nothing)?.bytes(LONGEST_FILE)?;
    let converted = convert_knockd(path, &bytes, commands)?;
    let refused = meaning_of(path, &bytes, &converted).err();
    Ok(Imported { converted, refused })
}

/// Reads a file of knockd's in the place of a server's configuration.
///
/// As our own it must not be writable by others: what it says is run as root.
pub fn load_knockd(path: &Path, commands: Commands) -> Result<Server, ConfigError> {
    let mut file = Trusted::open(path, Care::Public)?;
    check_folder_of(path)?;
    let bytes = file.bytes(LONGEST_FILE)?;
    let converted = convert_knockd(path, &bytes, commands)?;
    let server = meaning_of(path, &bytes, &converted)?;
    let warnings = converted.warnings;
    server
        .map(|server| Server { warnings, ..server })
        .ok_or(ConfigError::Empty)
}

/// Far more than knockd has a use for.
const LONGEST_FILE: usize = 1 << 20;
