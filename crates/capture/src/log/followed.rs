//! One file, and how far it was read.

use std::{
    fs::{File, Metadata, OpenOptions},
    io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    },
    path::Path,
};

use super::lines::Lines;

/// One open file, and how far it was read.
#[derive(Debug)]
pub(super) struct Followed {
    file: File,
    identity: (u64, u64),
    offset: u64,
    lines: Lines,
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begin {
    AtStart,
    AtEnd,
}

/// Whether there is more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    AtEnd,
}

/// Why a file cannot be followed.
#[derive(Debug)]
pub(super) enum Unfollowable {
    /// There is none.
    Absent,
    /// A folder, a pipe, a device.
    NotAFile,
    Closed(io::Error),
}

/// What stands at a path, whether or not it may be read.
pub(super) struct Standing(Metadata);

impl Standing {
    pub(super) fn look(path: &Path) -> Option<Self> {
        // Not by the path itself: a confined process may ask only about what it has open.
        let place = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_PATH)
            .open(path);
        place.ok()?.metadata().ok().map(Self)
    }

    pub(super) fn is_file(&self) -> bool {
        self.0.is_file()
    }
}

impl Followed {
    /// Opens the file at this path; a pipe does not make it wait.
    pub(super) fn open(path: &Path, begin: Begin) -> Result<Self, Unfollowable> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open(path)
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => Unfollowable::Absent,
                _ => Unfollowable::Closed(error),
            })?;
        let about = file.metadata().map_err(Unfollowable::Closed)?;
        if !about.is_file() {
            return Err(Unfollowable::NotAFile);
        }
        let mut followed = Self {
            file,
            identity: identity(&about),
            offset: 0,
            lines: Lines::new(),
        };
        if begin == Begin::AtEnd {
            followed.pass(about.len());
        }
        Ok(followed)
    }

    /// Begins behind everything that stands there; a line that has begun already is an old one.
    fn pass(&mut self, length: u64) {
        self.offset = length;
        let mut last = [b'\n'];
        let before = length.checked_sub(1);
        let read = before.map(|offset| self.file.read_at(&mut last, offset));
        if !matches!(read, None | Some(Ok(1))) || last != [b'\n'] {
            self.lines.begin_inside();
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.identity == other.identity
    }

    pub(super) fn is_what(&self, stands: &Standing) -> bool {
        self.identity == identity(&stands.0)
    }

    pub(super) fn too_long(&self) -> u64 {
        self.lines.too_long()
    }

    pub(super) fn has_begun(&self) -> bool {
        self.offset > 0
    }

    /// Reads once, and hands over every line that is complete then.
    pub(super) fn read_on(
        &mut self,
        room: &mut [u8],
        each: &mut dyn FnMut(&[u8]),
    ) -> io::Result<(usize, Progress)> {
        let length = self.file.read_at(room, self.offset)?;
        if length == 0 {
            return Ok((0, self.look_at_length()?));
        }
        let bytes = room.get(..length).unwrap_or_default();
        let handed_over = self.lines.take(bytes, each);
        self.offset = self
            .offset
            .saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        Ok((handed_over, Progress::More))
    }

    /// A file that is shorter than what was read was emptied, and begins anew.
    fn look_at_length(&mut self) -> io::Result<Progress> {
        let length = self.file.metadata()?.len();
        if length >= self.offset {
            return Ok(Progress::AtEnd);
        }
        self.offset = 0;
        self.lines.begin();
        Ok(if length == 0 {
            Progress::AtEnd
        } else {
            Progress::More
        })
    }
}

impl AsFd for Followed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn identity(about: &Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}
