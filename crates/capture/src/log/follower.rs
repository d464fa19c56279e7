//! Follows a log file wherever rotation puts it.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

use nightlatch_wire::Link;
use rustix::event::{EventfdFlags, epoll, eventfd};

use super::{
    deafness::Deafness,
    followed::{Begin, Followed, Progress, Standing, Unfollowable},
    losses::LogLosses,
    news::{Happened, News},
    place::{FollowError, place_of},
};
use crate::{Arrival, CaptureError, Source};

/// A log file, followed from its end; each line is one frame.
///
/// Lines that stood there before are never handed over. When another file takes its place, what is
/// still written into the old one is read too, until the writer has moved on. Memory does not grow
/// with the file. Every look at the place opens a file: whoever confines the process must leave it
/// that.
#[derive(Debug)]
pub struct LogFollower {
    path: PathBuf,
    news: News,
    /// Readable while there is more to read than one call hands over.
    more: OwnedFd,
    readiness: OwnedFd,
    current: Option<Watched>,
    /// The file that was there before, while its writer may not have noticed.
    previous: Option<Watched>,
    /// How to begin with a file that could not be opened yet.
    pending: Option<Begin>,
    deafness: Option<Deafness>,
    losses: LogLosses,
    room: Box<[u8]>,
}

#[derive(Debug)]
struct Watched {
    file: Followed,
    watch: i32,
}

impl LogFollower {
    /// Begins at the end of the file, or with the first file that appears there.
    pub fn open(path: &Path) -> Result<Self, FollowError> {
        let folder_error = |error| FollowError::Folder(path.to_owned(), error);
        let (folder, name) = place_of(path)?;
        let news =
            News::follow(&folder, name.clone()).map_err(|errno| folder_error(errno.into()))?;
        let more = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|errno| folder_error(errno.into()))?;
        let readiness = readiness_of(&news, &more).map_err(|errno| folder_error(errno.into()))?;
        let mut follower = Self {
            path: folder.join(name),
            news,
            more,
            readiness,
            current: None,
            previous: None,
            pending: None,
            deafness: None,
            losses: LogLosses::default(),
            room: vec![0; ROOM].into(),
        };
        follower.current = match follower.find(Begin::AtEnd) {
            Ok(found) => Some(found),
            Err(Unfollowable::Absent) => {
                follower.pending = Some(Begin::AtEnd);
                follower.deafness = Some(Deafness::Absent);
                None
            }
            Err(Unfollowable::NotAFile) => return Err(FollowError::NotAFile(path.to_owned())),
            Err(Unfollowable::Closed(error)) => {
                return Err(FollowError::Closed(path.to_owned(), error));
            }
        };
        Ok(follower)
    }

    /// The folder in which it opens files again: whoever confines the process leaves it that.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or_else(|| Path::new("."))
    }

    /// What it writes to, so that it is called again: nothing else is ever written.
    pub fn mark(&self) -> BorrowedFd<'_> {
        self.more.as_fd()
    }

    /// Why nothing more will be heard of it, while that is so.
    pub const fn deafness(&self) -> Option<Deafness> {
        self.deafness
    }

    /// What was lost since `open`, and why.
    pub fn losses(&self) -> LogLosses {
        let open = self.current.iter().chain(&self.previous);
        let too_long = open.fold(self.losses.too_long, |sum, watched| {
            sum.saturating_add(watched.file.too_long())
        });
        LogLosses {
            too_long,
            ..self.losses
        }
    }

    /// Opens what is there now, and hears of it. What is put there meanwhile is news of its own.
    fn find(&self, begin: Begin) -> Result<Watched, Unfollowable> {
        let file = Followed::open(&self.path, begin)?;
        let watch = self
            .news
            .hear_of(&file)
            .map_err(|errno| Unfollowable::Closed(errno.into()))?;
        Ok(Watched { file, watch })
    }

    fn look(&mut self, begin: Begin) {
        let is_the_same = |found: &Watched, current: &Option<Watched>| {
            current.as_ref().is_some_and(|now| now.file.is(&found.file))
        };
        match self.find(begin) {
            Ok(found) if is_the_same(&found, &self.current) => self.deafness = None,
            Ok(found) => {
                (self.pending, self.deafness) = (None, None);
                let before = self.current.replace(found);
                self.retire(before);
            }
            Err(why) => {
                self.count(&why);
                self.deafness = self.deaf_by(&why);
                self.pending = Some(begin);
            }
        }
    }

    /// What is open stays readable, whatever has become of its mode. To a confined process a folder is
    /// only closed.
    fn deaf_by(&self, why: &Unfollowable) -> Option<Deafness> {
        let current = self.current.as_ref();
        match Standing::look(&self.path) {
            Some(standing) if current.is_some_and(|now| now.file.is_what(&standing)) => None,
            Some(standing) if !standing.is_file() => Some(Deafness::NotAFile),
            _ => Some(why.into()),
        }
    }

    fn count(&mut self, why: &Unfollowable) {
        if matches!(why, Unfollowable::Absent) && self.pending.is_some() {
            // It is still gone.
            return;
        }
        let place = match why {
            Unfollowable::Absent => &mut self.losses.vanished,
            Unfollowable::NotAFile => &mut self.losses.not_a_file,
            Unfollowable::Closed(_) => &mut self.losses.unreadable,
        };
        *place = place.saturating_add(1);
    }

    /// Keeps a file that has lost its place, and lets go of the one before it.
    fn retire(&mut self, before: Option<Watched>) {
        let forgotten = if before.is_some() {
            std::mem::replace(&mut self.previous, before)
        } else {
            None
        };
        self.forget(forgotten);
    }

    fn forget(&mut self, watched: Option<Watched>) {
        if let Some(Watched { file, watch }) = watched {
            self.losses.too_long = self.losses.too_long.saturating_add(file.too_long());
            self.news.forget(watch);
        }
    }
}

impl Source for LogFollower {
    fn fd(&self) -> BorrowedFd<'_> {
        self.readiness.as_fd()
    }

    /// Hands over lines as they stand there, without looking at them.
    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        // The mark is set again below where there is more.
        let _ = rustix::io::read(&self.more, &mut [0_u8; 8]);
        self.look_where_asked()?;
        let has_moved_on = self
            .current
            .as_ref()
            .is_some_and(|now| now.file.has_begun());
        let mut each_line = |line: &[u8]| {
            each(Arrival {
                frame: line,
                link: Link::FirewallLog,
                interface: None,
                recorded: None,
            });
        };
        let (handed_over, progress) = self.read_both(&mut each_line);
        if progress == Progress::More {
            let _ = rustix::io::write(&self.more, &1_u64.to_ne_bytes());
        } else if has_moved_on {
            let forgotten = self.previous.take();
            self.forget(forgotten);
        }
        Ok(handed_over)
    }
}

impl LogFollower {
    /// In their order: the younger file waits until the older one has been read.
    fn read_both(&mut self, each: &mut dyn FnMut(&[u8])) -> (usize, Progress) {
        let mut handed_over: usize = 0;
        for watched in self.previous.iter_mut().chain(&mut self.current) {
            let (lines, read) = read_some(&mut watched.file, &mut self.room, each);
            handed_over = handed_over.saturating_add(lines);
            match read {
                Ok(Progress::More) => return (handed_over, Progress::More),
                Ok(Progress::AtEnd) => {}
                Err(_) => self.losses.unreadable = self.losses.unreadable.saturating_add(1),
            }
        }
        (handed_over, Progress::AtEnd)
    }

    fn look_where_asked(&mut self) -> Result<(), CaptureError> {
        let happened = self
            .news
            .take()
            .map_err(|errno| CaptureError::LogNews(errno.into()))?;
        match happened {
            Happened::Nothing => {}
            Happened::Made => self.look(Begin::AtStart),
            Happened::Moved => self.look(Begin::AtEnd),
            Happened::Changed => self.look(self.pending.unwrap_or(Begin::AtEnd)),
        }
        Ok(())
    }
}

/// Reads until there is no more, or enough for one call.
fn read_some(
    file: &mut Followed,
    room: &mut [u8],
    each: &mut dyn FnMut(&[u8]),
) -> (usize, io::Result<Progress>) {
    let mut handed_over: usize = 0;
    for _ in 0..READS {
        match file.read_on(room, each) {
            Ok((lines, progress)) => {
                handed_over = handed_over.saturating_add(lines);
                if progress == Progress::AtEnd {
                    return (handed_over, Ok(progress));
                }
            }
            Err(error) => return (handed_over, Err(error)),
        }
    }
    (handed_over, Ok(Progress::More))
}

fn readiness_of(news: &News, more: &OwnedFd) -> rustix::io::Result<OwnedFd> {
    let readiness = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for descriptor in [news.as_fd(), more.as_fd()] {
        let nothing_to_tell = epoll::EventData::new_u64(0);
        epoll::add(
            &readiness,
            descriptor,
            nothing_to_tell,
            epoll::EventFlags::IN,
        )?;
    }
    Ok(readiness)
}

/// Some hundred lines, so that one call into the kernel brings many.
const ROOM: usize = 64 << 10;
/// How often one call reads: a thousand lines, a millisecond.
const READS: usize = 4;
