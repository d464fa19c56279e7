//! The file that the configuration stands in: ours, or knockd's as it is.

use std::path::{Path, PathBuf};

use nightlatch_config::{Commands, ConfigError, Server, load_knockd, load_server};

/// Where the configuration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ConfigFile {
    /// In a file of our own.
    Ours(PathBuf),
    /// In knockd's.
    Knockds(PathBuf),
}

impl ConfigFile {
    /// Reads it and every file that it names.
    pub(crate) fn load(&self) -> Result<Server, ConfigError> {
        match self {
            Self::Ours(path) => load_server(path),
            // Whoever runs knockd's file has a firewall that knockd opened: it has to go on being opened.
            Self::Knockds(path) => load_knockd(path, Commands::RunAsWell),
        }
    }

    /// The file itself.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Ours(path) | Self::Knockds(path) => path,
        }
    }
}
