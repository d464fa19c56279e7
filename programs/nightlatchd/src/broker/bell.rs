//! The bell: threads of the broker leave their results and ring; the round hears it while it waits.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rustix::event::{EventfdFlags, eventfd};

/// The waiting end.
#[derive(Debug)]
pub(super) struct Bell<T> {
    results: Receiver<T>,
    fd: Arc<OwnedFd>,
}

/// The ringing end.
#[derive(Debug)]
pub(super) struct Rope<T> {
    results: Sender<T>,
    fd: Arc<OwnedFd>,
}

impl<T> Bell<T> {
    pub(super) fn new() -> io::Result<(Self, Rope<T>)> {
        let fd = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (sender, results) = channel();
        Ok((
            Self {
                results,
                fd: Arc::clone(&fd),
            },
            Rope {
                results: sender,
                fd,
            },
        ))
    }

    /// All that was left since the last look.
    pub(super) fn answer(&self) -> impl Iterator<Item = T> {
        // Nothing there is the usual case, and the next ring will come.
        let _ = rustix::io::read(&self.fd, &mut [0; 8]);
        self.results.try_iter()
    }
}

impl<T> AsFd for Bell<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl<T> Clone for Rope<T> {
    fn clone(&self) -> Self {
        Self {
            results: self.results.clone(),
            fd: Arc::clone(&self.fd),
        }
    }
}

impl<T> Rope<T> {
    /// Leaves a result and rings.
    pub(super) fn ring(&self, result: T) {
        if self.results.send(result).is_ok() {
            let _ = rustix::io::write(&self.fd, &1_u64.to_ne_bytes());
        }
    }
}
