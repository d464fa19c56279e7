//! Where the lines come from: a daemon's socket, or the folder of one that does not run.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nightlatch_journal::{Numbered, Shelf, folder_in, socket_beside};

use super::error::JournalError;
use crate::options::Journal;

/// Where lines come from.
#[derive(Debug)]
pub(super) enum Source {
    Daemon(Daemon),
    Folder(Folder),
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Said {
    /// An event, as a line of JSON.
    Event(String),
    /// All that was kept is told.
    CaughtUp,
}

/// A daemon that tells.
#[derive(Debug)]
pub(super) struct Daemon {
    socket: PathBuf,
    stream: BufReader<UnixStream>,
    is_caught_up: bool,
}

/// A folder that is read.
#[derive(Debug)]
pub(super) struct Folder {
    shelf: Shelf,
    next: u64,
    lines: VecDeque<String>,
}

impl Source {
    /// The daemon, if it is there and no folder was named; else the folder.
    pub(super) fn open(options: &Journal) -> Result<Self, JournalError> {
        let socket = socket_beside(&options.socket);
        if let Some(state) = &options.state {
            return Folder::open(&folder_in(state)).map(Self::Folder);
        }
        match Daemon::open(&socket) {
            Ok(daemon) => Ok(Self::Daemon(daemon)),
            Err(error @ JournalError::NoDaemon(_)) if options.follow => Err(error),
            Err(JournalError::NoDaemon(_)) => {
                let folder = folder_in(Path::new(USUAL_STATE));
                match Folder::open(&folder) {
                    Err(JournalError::NoJournal(folder)) => {
                        Err(JournalError::None { socket, folder })
                    }
                    opened => opened.map(Self::Folder),
                }
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn next(&mut self) -> Result<Said, JournalError> {
        match self {
            Self::Daemon(daemon) => daemon.next(),
            Self::Folder(folder) => folder.next(),
        }
    }

    /// From now on there is nothing to wait for but what happens.
    pub(super) fn follow(&mut self) -> Result<(), JournalError> {
        match self {
            Self::Daemon(daemon) => daemon.wait_at_most(None),
            // It was named, and nobody writes to it.
            Self::Folder(_) => Err(JournalError::Ended),
        }
    }
}

impl Daemon {
    fn open(socket: &Path) -> Result<Self, JournalError> {
        let stream = UnixStream::connect(socket).map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                JournalError::NoDaemon(socket.into())
            }
            io::ErrorKind::PermissionDenied => JournalError::NoPermission(socket.into()),
            _ => JournalError::Read {
                socket: socket.into(),
                cause,
            },
        })?;
        // The daemon reads nothing from this socket, so there is nothing for us to say.
        let _ = stream.shutdown(Shutdown::Write);
        let daemon = Self {
            socket: socket.into(),
            stream: BufReader::new(stream),
            is_caught_up: false,
        };
        daemon.wait_at_most(Some(PATIENCE))?;
        Ok(daemon)
    }

    fn wait_at_most(&self, patience: Option<Duration>) -> Result<(), JournalError> {
        let set = self.stream.get_ref().set_read_timeout(patience);
        set.map_err(|cause| self.failed(cause))
    }

    fn failed(&self, cause: io::Error) -> JournalError {
        JournalError::Read {
            socket: self.socket.clone(),
            cause,
        }
    }

    fn next(&mut self) -> Result<Said, JournalError> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(_) if line.ends_with('\n') => {}
            // A line without its end is as good as none.
            Ok(_) if self.is_caught_up => return Err(JournalError::Ended),
            Ok(_) => return Err(JournalError::CutShort),
            Err(cause) => return Err(self.failed(cause)),
        }
        if !self.is_caught_up && line.starts_with(MARKER) {
            self.is_caught_up = true;
            return Ok(Said::CaughtUp);
        }
        line.pop();
        Ok(Said::Event(line))
    }
}

impl Folder {
    fn open(folder: &Path) -> Result<Self, JournalError> {
        let shelf = Shelf::open(folder).map_err(JournalError::of)?;
        Ok(Self {
            shelf,
            next: 0,
            lines: VecDeque::new(),
        })
    }

    fn next(&mut self) -> Result<Said, JournalError> {
        if self.lines.is_empty() {
            let events = self
                .shelf
                .read(self.next, AT_ONCE)
                .map_err(JournalError::of)?;
            for (number, event) in &events {
                self.next = number.saturating_add(1);
                let line = serde_json::to_string(&Numbered(*number, event));
                self.lines.extend(line);
            }
        }
        let line = self.lines.pop_front();
        Ok(line.map_or(Said::CaughtUp, Said::Event))
    }
}

/// Where the daemon's state lies unless its configuration says something else.
const USUAL_STATE: &str = "/var/lib/nightlatch";
/// The line behind all that was kept.
const MARKER: &str = "{\"caught_up\":";
/// A daemon that is alive tells what it has at once.
const PATIENCE: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 1024;
