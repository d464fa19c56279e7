//! The one place of the person's tool where the environment is read: where its files are.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where the person's configuration lies when no option names another file.
pub(crate) fn config_file() -> Result<PathBuf, HomelessError> {
    Ok(below("XDG_CONFIG_HOME", ".config", |name| env::var_os(name))?.join("config.toml"))
}

/// Where the person's secret key lies when nothing names another file.
pub(crate) fn key_file() -> Result<PathBuf, HomelessError> {
    Ok(below("XDG_CONFIG_HOME", ".config", |name| env::var_os(name))?.join("identity.key"))
}

/// The folder in which is remembered what servers told: counters, clocks, addresses.
pub(crate) fn memory_folder() -> Result<PathBuf, HomelessError> {
    below("XDG_STATE_HOME", ".local/state", |name| env::var_os(name))
}

/// The person's home folder, for paths that begin with `~/`.
pub(crate) fn home() -> Option<PathBuf> {
    env::var_os("HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}

/// Why no file of ours can be found.
#[derive(Debug, thiserror::Error)]
#[error(
    "there is no home folder: neither {0} nor HOME is set\n  name the file with --config, or set HOME"
)]
pub(crate) struct HomelessError(&'static str);

fn below(
    variable: &'static str,
    otherwise: &str,
    read: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, HomelessError> {
    // The XDG specification: a path that is not absolute is to be ignored.
    let absolute = |name: &str| {
        read(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute(variable)
        .or_else(|| Some(absolute("HOME")?.join(otherwise)))
        .map(|folder| folder.join("nightlatch"))
        .ok_or(HomelessError(variable))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(set: &[(&str, &str)]) -> Option<PathBuf> {
        let read = |name: &str| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        };
        below("XDG_CONFIG_HOME", ".config", read).ok()
    }

    #[test]
    fn the_xdg_folder_comes_before_home() {
        let set = [("XDG_CONFIG_HOME", "/x"), ("HOME", "/home/alice")];
        assert_eq!(folder(&set), Some("/x/nightlatch".into()));
    }

    #[test]
    fn home_is_used_when_the_xdg_folder_is_unset_or_relative() {
        let home = Some(PathBuf::from("/home/alice/.config/nightlatch"));
        assert_eq!(folder(&[("HOME", "/home/alice")]), home);
        assert_eq!(
            folder(&[("XDG_CONFIG_HOME", "x"), ("HOME", "/home/alice")]),
            home
        );
    }

    #[test]
    fn without_any_home_it_says_so() {
        assert_eq!(folder(&[]), None);
    }
}
