//! What inotify tells about a file and its place.

use std::{
    ffi::OsString,
    mem::MaybeUninit,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
};

use rustix::{
    fs::inotify::{self, ReadFlags, WatchFlags},
    io::{self, Errno},
};

/// Watches one place in a folder, and the files that are there.
#[derive(Debug)]
pub(super) struct News {
    inotify: OwnedFd,
    folder: i32,
    name: OsString,
}

/// What has happened at the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// Nothing, or something was written.
    Nothing,
    /// A file was made there: all of it is younger than we are.
    Made,
    /// A file was put there that was something before: what stands in it may be old.
    Moved,
    /// The file is gone, or others may read it now, or nobody knows.
    Changed,
}

impl News {
    pub(super) fn follow(folder: &Path, name: OsString) -> io::Result<Self> {
        let inotify =
            inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let comings_and_goings = WatchFlags::CREATE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::DELETE
            | WatchFlags::ATTRIB
            | WatchFlags::ONLYDIR;
        let folder = inotify::add_watch(&inotify, folder, comings_and_goings)?;
        Ok(Self {
            inotify,
            folder,
            name,
        })
    }

    /// Hears of what is written into this file, whatever stands at its place by now; says the number
    /// of the watch.
    pub(super) fn hear_of(&self, file: &impl AsFd) -> io::Result<i32> {
        let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        inotify::add_watch(&self.inotify, path, WatchFlags::MODIFY)
    }

    pub(super) fn forget(&self, watch: i32) {
        // A file that is gone took its watch with it.
        let _ = inotify::remove_watch(&self.inotify, watch);
    }

    /// Takes what waits, up to a bound, and says the last thing that happened at the place.
    pub(super) fn take(&self) -> io::Result<Happened> {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut reader = inotify::Reader::new(&self.inotify, &mut room);
        let mut happened = Happened::Nothing;
        for _ in 0..MOST_AT_ONCE {
            match reader.next() {
                Ok(one) => happened = self.sort(&one, happened),
                Err(Errno::AGAIN | Errno::INTR) => break,
                Err(errno) => return Err(errno),
            }
        }
        Ok(happened)
    }

    fn sort(&self, one: &inotify::Event<'_>, before: Happened) -> Happened {
        let kind = one.events();
        if kind.contains(ReadFlags::QUEUE_OVERFLOW) {
            return Happened::Changed;
        }
        let is_here = one.wd() == self.folder
            && one
                .file_name()
                .is_some_and(|name| name.to_bytes() == self.name.as_bytes());
        match before {
            _ if !is_here => before,
            _ if kind.contains(ReadFlags::CREATE) => Happened::Made,
            _ if kind.contains(ReadFlags::MOVED_TO) => Happened::Moved,
            Happened::Nothing => Happened::Changed,
            // That its owner changed does not make it older.
            Happened::Made | Happened::Moved | Happened::Changed => before,
        }
    }
}

impl AsFd for News {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }
}

/// Room for some pieces of news; one with the longest name takes 272 bytes.
const ROOM: usize = 4096;
/// Others may make and remove files in the folder without end.
const MOST_AT_ONCE: usize = 1024;
