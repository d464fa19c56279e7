//! What the daemon on this computer is doing: its status socket, read to the end.

mod aligned;
mod document;
mod guard;
mod table;

use std::io::{self, Read};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use table::table;

/// The daemon's document, for people.
pub(crate) fn for_people(socket: &Path) -> Result<String, StatusError> {
    let text = read(socket)?;
    let document = serde_json::from_slice(&text).map_err(|cause| StatusError::Strange {
        socket: socket.into(),
        cause,
    })?;
    Ok(table(&document))
}

/// The daemon's document, for programs: all of it, also what this release does not know.
pub(crate) fn for_programs(socket: &Path) -> Result<String, StatusError> {
    let text = read(socket)?;
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|cause| StatusError::NotJson {
            socket: socket.into(),
            cause,
        })?;
    Ok(value.to_string())
}

/// Why the daemon's status is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StatusError {
    /// There is no such socket.
    #[error(
        "no daemon on this computer: there is no {}\n  \
         start nightlatchd, or name its status socket with --socket",
        .0.display()
    )]
    NoSocket(PathBuf),
    /// A socket is there, but nobody listens at it.
    #[error(
        "{} is there, but no daemon listens at it\n  \
         nightlatchd has ended without tidying up: start it again",
        .0.display()
    )]
    NoDaemon(PathBuf),
    /// The socket may not be opened.
    #[error("{} may not be opened by this user\n  try again with sudo", .0.display())]
    NoPermission(PathBuf),
    /// The socket gave up half-way.
    #[error("{socket} could not be read: {cause}", socket = .socket.display())]
    Read {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The document has no end.
    #[error("{} gave more than {LONGEST} bytes without an end\n  this is not nightlatchd's socket", .0.display())]
    TooLong(PathBuf),
    /// What came is no JSON.
    #[error("{socket} gave something that is not JSON: {cause}\n  this is not nightlatchd's socket", socket = .socket.display())]
    NotJson {
        /// The socket.
        socket: PathBuf,
        /// Where the text stops being JSON.
        #[source]
        cause: serde_json::Error,
    },
    /// What came is JSON and not what we know.
    #[error("{socket} tells something that this release does not understand: {cause}\n  \
             look at it with --json, or use the nightlatch of the daemon's release", socket = .socket.display())]
    Strange {
        /// The socket.
        socket: PathBuf,
        /// What is not understood.
        #[source]
        cause: serde_json::Error,
    },
}

fn read(socket: &Path) -> Result<Vec<u8>, StatusError> {
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::NotFound => StatusError::NoSocket(socket.into()),
        io::ErrorKind::ConnectionRefused => StatusError::NoDaemon(socket.into()),
        io::ErrorKind::PermissionDenied => StatusError::NoPermission(socket.into()),
        _ => StatusError::Read {
            socket: socket.into(),
            cause,
        },
    };
    let stream = UnixStream::connect(socket).map_err(failed)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
    // The daemon reads nothing from this socket, so there is nothing for us to say. A daemon that
    // has already gone makes this fail, and its document is there to be read all the same.
    let _ = stream.shutdown(Shutdown::Write);
    let mut text = Vec::new();
    let longest = LONGEST.saturating_add(1);
    let length = stream
        .take(longest)
        .read_to_end(&mut text)
        .map_err(failed)?;
    match u64::try_from(length) {
        Ok(0..=LONGEST) => Ok(text),
        _ => Err(StatusError::TooLong(socket.into())),
    }
}

/// A daemon that is alive writes its document at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// A hundred thousand grants, at 160 bytes each: more would help nobody.
const LONGEST: u64 = 16 * 1024 * 1024;
