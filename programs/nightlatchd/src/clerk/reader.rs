//! One reader: told everything in pieces, and never read.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use nightlatch_journal::{Numbered, Store};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};

/// Somebody who connected.
#[derive(Debug)]
pub(super) struct Reader {
    stream: UnixStream,
    /// The number that he is told next.
    next: u64,
    /// What he has not taken yet.
    piece: Vec<u8>,
    is_caught_up: bool,
}

/// How far a turn came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// There is more to tell at once.
    More,
    /// He knows everything.
    UpToDate,
    /// He has to take first what he was told.
    Slow,
    /// He went away.
    Gone,
}

impl Reader {
    pub(super) const fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            next: 0,
            piece: Vec::new(),
            is_caught_up: false,
        }
    }

    /// Tells him some pieces of what he does not know, and never waits for him.
    pub(super) fn turn(&mut self, store: &Store) -> Turn {
        for _ in 0..PIECES_A_TURN {
            if self.piece.is_empty() && !self.fill(store) {
                return Turn::UpToDate;
            }
            match self.push() {
                Ok(()) if self.piece.is_empty() => {}
                Ok(()) => return Turn::Slow,
                Err(Gone) => return Turn::Gone,
            }
        }
        Turn::More
    }

    /// Whether there is anything that he does not know.
    fn fill(&mut self, store: &Store) -> bool {
        // What cannot be read now is told once it can.
        let Ok(events) = store.read(self.next, EVENTS_A_PIECE) else {
            return false;
        };
        for (number, event) in &events {
            if let Ok(line) = serde_json::to_vec(&Numbered(*number, event)) {
                self.piece.extend_from_slice(&line);
                self.piece.push(b'\n');
            }
            self.next = number.saturating_add(1);
        }
        if events.is_empty() && !self.is_caught_up {
            self.is_caught_up = true;
            self.piece.extend_from_slice(MARKER);
        }
        !self.piece.is_empty()
    }

    fn push(&mut self) -> Result<(), Gone> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        match send(&self.stream, &self.piece, flags) {
            Ok(taken) => {
                self.piece.drain(..taken.min(self.piece.len()));
                Ok(())
            }
            Err(Errno::AGAIN | Errno::INTR) => Ok(()),
            Err(_) => Err(Gone),
        }
    }

    /// Whether he has to take something first.
    pub(super) const fn is_slow(&self) -> bool {
        !self.piece.is_empty()
    }
}

impl AsFd for Reader {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// He went away.
struct Gone;

/// The line behind all that was kept; what follows it has happened since.
const MARKER: &[u8] = b"{\"caught_up\":true}\n";
/// Some 50 KiB.
const EVENTS_A_PIECE: usize = 256;
/// Events of the broker have their turn in between.
const PIECES_A_TURN: usize = 16;
