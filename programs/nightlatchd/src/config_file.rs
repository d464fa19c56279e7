//! The file that the configuration stands in: ours, or knockd's as it is.

use std::path::{Path, PathBuf};

use clap::Args;
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

/// Where the configuration stands that a command looks at.
#[derive(Clone, Debug, Args)]
pub(crate) struct Where {
    /// The configuration file [default: /etc/nightlatch/nightlatchd.toml]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// knockd's configuration file in the place of our own.
    #[arg(long, value_name = "FILE", conflicts_with = "config")]
    knockd_config: Option<PathBuf>,
}

impl Where {
    /// The file that is named behind the command, or else the daemon's own.
    pub(crate) fn file_or(&self, daemons: ConfigFile) -> ConfigFile {
        match (&self.config, &self.knockd_config) {
            (Some(path), _) => ConfigFile::Ours(path.clone()),
            (None, Some(path)) => ConfigFile::Knockds(path.clone()),
            (None, None) => daemons,
        }
    }
}
