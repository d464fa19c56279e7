//! Which files are believed: nobody else may write a config, nobody else may read a secret.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use rustix::{fs::Stat, process::geteuid};
use zeroize::Zeroizing;

/// How carefully a file has to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// Everybody may read it; only its owner and root may change it.
    Public,
    /// Nobody but its owner and root may even read it.
    Secret,
    /// Anybody may have written it: nothing happens because of it.
    Nothing,
}

/// A file that passed: open, with its mode as it was when opened.
pub(crate) struct Trusted {
    pub(crate) file: File,
    path: PathBuf,
    mode: u32,
}

impl Trusted {
    /// Opens a file and looks at the open file itself, so that nobody can swap it between look and use.
    pub(crate) fn open(path: &Path, care: Care) -> Result<Self, ReadError> {
        let file = open_without_waiting(path)?;
        let stat = rustix::fs::fstat(&file).map_err(|error| from_io(path, error.into()))?;
        if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
            return Err(ReadError::NotAFile(path.to_owned()));
        }
        if care != Care::Nothing && !is_ours(&stat) {
            return Err(ReadError::ForeignOwner {
                path: path.to_owned(),
                owner: stat.st_uid,
            });
        }
        let mode = stat.st_mode & 0o7777;
        match care {
            Care::Public if mode & 0o022 != 0 => Err(ReadError::OthersMayWrite {
                path: path.to_owned(),
                mode,
            }),
            Care::Secret if mode & 0o077 != 0 => Err(ReadError::OthersMayRead {
                path: path.to_owned(),
                mode,
            }),
            Care::Public | Care::Secret | Care::Nothing => Ok(Self {
                file,
                path: path.to_owned(),
                mode,
            }),
        }
    }

    /// Whether nobody but the owner can read it, so that it may hold secrets.
    pub(crate) fn is_private(&self) -> bool {
        matches!(self.mode & 0o077, 0)
    }

    /// Reads it whole, `most` bytes at the most.
    pub(crate) fn bytes(&mut self, most: usize) -> Result<Zeroizing<Vec<u8>>, ReadError> {
        let length = rustix::fs::fstat(&self.file).map_or(0, |stat| stat.st_size);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > most {
            return Err(ReadError::TooLong(self.path.clone()));
        }
        // Room for all of it from the start: a growing vector would leave copies of secrets behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(length.saturating_add(1)));
        let limit = u64::try_from(length).unwrap_or(u64::MAX);
        Read::by_ref(&mut self.file)
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|error| from_io(&self.path, error))?;
        Ok(bytes)
    }

    /// Reads it whole as text, `most` bytes at the most.
    pub(crate) fn text(&mut self, most: usize) -> Result<Zeroizing<String>, ReadError> {
        let mut bytes = self.bytes(most)?;
        String::from_utf8(std::mem::take(&mut *bytes))
            .map(Zeroizing::new)
            .map_err(|error| {
                let at = error.utf8_error().valid_up_to();
                drop(Zeroizing::new(error.into_bytes()));
                ReadError::NotText {
                    path: self.path.clone(),
                    at,
                }
            })
    }
}

/// Refuses a folder in which others could put another file in the place of ours.
pub(crate) fn check_folder_of(path: &Path) -> Result<(), ReadError> {
    check_folder(folder_of(path))?;
    // A link may lead elsewhere: there, too, nobody may put another file in its place.
    let Ok(real) = path.canonicalize() else {
        return Ok(());
    };
    check_folder(folder_of(&real))
}

/// The folder that a file lies in; `.` for a bare name.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is none.
    #[error("{}: there is no such file\n  check the path, or make the file", .0.display())]
    Missing(PathBuf),
    /// The user we run as may not read it.
    #[error("{0}: this user may not read it\n  run it as root or as the file's owner", .path.display())]
    Forbidden {
        /// The file.
        path: PathBuf,
    },
    /// A folder, a device, a pipe.
    #[error("{}: not a regular file\n  name a file", .0.display())]
    NotAFile(PathBuf),
    /// Longer than any honest file of its kind.
    #[error("{}: too long to be what it should be\n  check that it is the right file", .0.display())]
    TooLong(PathBuf),
    /// Not UTF-8.
    #[error("{}: not text (byte {at} is not UTF-8)\n  save it as UTF-8, or check that it is the right file", .path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// How many bytes were good.
        at: usize,
    },
    /// Its owner could change it under us.
    #[error("{0}: it belongs to user {owner}, who could change it\n  chown {1} {0}", .path.display(), geteuid().as_raw())]
    ForeignOwner {
        /// The file or folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// Group or world may write it.
    #[error("{0}: others may write it (mode {mode:04o})\n  chmod go-w {0}", .path.display())]
    OthersMayWrite {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Group or world may write its folder.
    #[error("{0}: others may write this folder and put another file in place of ours (mode {mode:04o})\n  chmod go-w {0}", .folder.display())]
    OthersMayWriteFolder {
        /// The folder.
        folder: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// Group or world may read a secret.
    #[error("{0}: others may read this secret (mode {mode:04o})\n  chmod 600 {0}", .path.display())]
    OthersMayRead {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The system said no.
    #[error("{}: cannot be read\n  check the path and the disk", .path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

fn open_without_waiting(path: &Path) -> Result<File, ReadError> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK a pipe in the file's place would hold us forever.
    rustix::fs::open(
        path,
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK,
        Mode::empty(),
    )
    .map(File::from)
    .map_err(|error| from_io(path, error.into()))
}

fn check_folder(folder: &Path) -> Result<(), ReadError> {
    let stat = rustix::fs::stat(folder).map_err(|error| from_io(folder, error.into()))?;
    if !is_ours(&stat) {
        return Err(ReadError::ForeignOwner {
            path: folder.to_owned(),
            owner: stat.st_uid,
        });
    }
    let mode = stat.st_mode & 0o7777;
    // In a sticky folder such as /tmp others can add files and cannot replace ours.
    if mode & 0o022 != 0 && mode & 0o1000 == 0 {
        return Err(ReadError::OthersMayWriteFolder {
            folder: folder.to_owned(),
            mode,
        });
    }
    Ok(())
}

fn is_ours(stat: &Stat) -> bool {
    stat.st_uid == 0 || stat.st_uid == geteuid().as_raw()
}

pub(crate) fn from_io(path: &Path, cause: io::Error) -> ReadError {
    match cause.kind() {
        io::ErrorKind::NotFound => ReadError::Missing(path.to_owned()),
        io::ErrorKind::PermissionDenied => ReadError::Forbidden {
            path: path.to_owned(),
        },
        _ => ReadError::System {
            path: path.to_owned(),
            cause,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_may_not_be_read_says_so() {
        let path = Path::new("/etc/nightlatch/server.key");
        let error = from_io(path, io::ErrorKind::PermissionDenied.into()).to_string();
        // No advice to give root's files away.
        assert_eq!(
            error,
            "/etc/nightlatch/server.key: this user may not read it\n  run it as root or as the file's owner"
        );
    }

    #[test]
    fn a_bare_name_lies_in_the_folder_where_we_are() {
        assert_eq!(folder_of(Path::new("nightlatchd.toml")), Path::new("."));
        assert_eq!(folder_of(Path::new("/etc/n.toml")), Path::new("/etc"));
    }
}
