//! All readers: a bounded number, each at his own pace.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;

use nightlatch_journal::Store;
use rustix::event::{PollFd, PollFlags};

use super::reader::{Reader, Turn};

/// Who reads along.
#[derive(Debug)]
pub(super) struct Readers {
    socket: UnixListener,
    all: Vec<Reader>,
}

impl Readers {
    pub(super) const fn at(socket: UnixListener) -> Self {
        Self {
            socket,
            all: Vec::new(),
        }
    }

    /// Lets in who came. Where there is no place, somebody who does not take what he is told has to go;
    /// where everybody does, the newcomer.
    pub(super) fn welcome(&mut self) {
        while let Ok((stream, _)) = self.socket.accept() {
            if self.has_place() {
                self.all.push(Reader::new(stream));
            }
        }
    }

    fn has_place(&mut self) -> bool {
        if self.all.len() < MOST {
            return true;
        }
        let slow = self.all.iter().position(Reader::is_slow);
        slow.map(|slow| self.all.remove(slow)).is_some()
    }

    /// Everybody's turn; says whether somebody could be told more at once.
    pub(super) fn turn(&mut self, store: &Store) -> bool {
        let mut is_more = false;
        self.all.retain_mut(|reader| match reader.turn(store) {
            Turn::More => {
                is_more = true;
                true
            }
            Turn::UpToDate | Turn::Slow => true,
            Turn::Gone => false,
        });
        is_more
    }

    /// What is to be watched: newcomers, who goes away, and who can take more, if there is something to be told.
    pub(super) fn watched(&self, can_tell: bool) -> impl Iterator<Item = PollFd<'_>> {
        let readers = self.all.iter().map(move |reader| {
            let flags = if can_tell && reader.is_slow() {
                PollFlags::OUT
            } else {
                PollFlags::empty()
            };
            PollFd::from_borrowed_fd(reader.as_fd(), flags)
        });
        let socket: BorrowedFd<'_> = self.socket.as_fd();
        core::iter::once(PollFd::from_borrowed_fd(socket, PollFlags::IN)).chain(readers)
    }

    /// Forgets who went away, by what `watched` saw of them, in its order.
    pub(super) fn forget(&mut self, gone: &[bool]) {
        let mut gone = gone.iter();
        self.all
            .retain(|_| !gone.next().copied().unwrap_or_default());
    }
}

/// A person or two, and what collects journals.
const MOST: usize = 8;

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::os::unix::net::UnixStream;
    use std::path::PathBuf;
    use std::time::Duration;

    use nightlatch_journal::{Event, Kind, Limits, UnixMillis};

    use super::*;

    struct House {
        _folder: tempfile::TempDir,
        path: PathBuf,
        store: Store,
        readers: Readers,
    }

    fn house(events: usize) -> House {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            keep: Duration::from_hours(1),
            at_most: 64 << 20,
        };
        let mut store = Store::open(folder.path(), limits).unwrap().store;
        store.append(&vec![event(1); events]).unwrap();
        let path = folder.path().join("sock");
        let socket = UnixListener::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        House {
            _folder: folder,
            path,
            store,
            readers: Readers::at(socket),
        }
    }

    fn event(millis: u64) -> Event {
        Event::new(Kind::Granted, UnixMillis(millis))
    }

    impl House {
        fn come(&mut self) -> BufReader<UnixStream> {
            let stream = UnixStream::connect(&self.path).unwrap();
            self.readers.welcome();
            stream.set_nonblocking(true).unwrap();
            BufReader::new(stream)
        }

        /// Tells him all that he takes.
        fn tell(&mut self, reader: &mut BufReader<UnixStream>) -> String {
            let mut text = Vec::new();
            let mut is_more = true;
            while is_more {
                let before = text.len();
                is_more = self.readers.turn(&self.store);
                let _ = reader.read_to_end(&mut text);
                is_more |= text.len() > before;
            }
            String::from_utf8(text).unwrap()
        }
    }

    #[test]
    fn a_reader_is_told_what_was_kept_then_a_marker_then_what_is_new() {
        let mut house = house(2);
        let mut reader = house.come();
        let kept = house.tell(&mut reader);
        let lines: Vec<_> = kept.lines().collect();
        assert!(lines[0].starts_with("{\"number\":1,"), "{kept}");
        assert!(lines[1].starts_with("{\"number\":2,"), "{kept}");
        assert_eq!(lines[2..], ["{\"caught_up\":true}"]);
        assert_eq!(house.tell(&mut reader), "");
        house.store.append(&[event(7)]).unwrap();
        let fresh = house.tell(&mut reader);
        assert!(fresh.starts_with("{\"number\":3,") && fresh.ends_with("}\n"));
        assert_eq!(fresh.lines().count(), 1);
    }

    #[test]
    fn a_slow_reader_holds_up_nobody_and_loses_nothing() {
        let mut house = house(20_000);
        let mut slow = house.come();
        while house.readers.turn(&house.store) {}
        let mut quick = house.come();
        assert_eq!(house.tell(&mut quick).lines().count(), 20_001);
        let told = house.tell(&mut slow);
        assert_eq!(told.lines().count(), 20_001);
        assert!(told.ends_with("{\"caught_up\":true}\n"));
    }

    #[test]
    fn there_are_places_for_so_many_and_who_is_slow_has_to_go() {
        let mut house = house(20_000);
        let mut slow = house.come();
        while house.readers.turn(&house.store) {}
        let mut others: Vec<_> = (1..MOST).map(|_| house.come()).collect();
        for other in &mut others {
            assert!(!house.tell(other).is_empty());
        }
        assert_eq!(house.readers.all.len(), MOST);
        let mut newcomer = house.come();
        assert!(
            house
                .tell(&mut newcomer)
                .ends_with("{\"caught_up\":true}\n")
        );
        assert_eq!(house.readers.all.len(), MOST);
        // What was on its way arrives, then the end, and no marker.
        let mut text = String::new();
        slow.get_ref().set_nonblocking(false).unwrap();
        while slow.read_line(&mut text).unwrap() > 0 {}
        assert!(!text.contains("caught_up"));
        // Nobody is slow now: who comes later has to go.
        let mut late = house.come();
        assert_eq!(late.read_line(&mut text).unwrap(), 0);
    }

    #[test]
    fn who_goes_away_or_talks_disturbs_nobody() {
        let mut house = house(3);
        let mut rude = house.come();
        rude.get_mut().write_all(&[0xff; 4096]).unwrap();
        assert!(!house.tell(&mut rude).is_empty());
        drop(rude);
        house.store.append(&[event(7)]).unwrap();
        house.readers.turn(&house.store);
        assert!(house.readers.all.is_empty());
        let _idle = house.come();
        house.readers.turn(&house.store);
        house.readers.forget(&[true]);
        assert!(house.readers.all.is_empty());
    }
}
