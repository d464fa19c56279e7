//! Signals, heard where everything else is heard: as something to read.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

/// Asked to end, asked to reload.
#[derive(Debug)]
pub(super) struct Signals {
    end: UnixStream,
    reload: UnixStream,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        let (end, ends) = UnixStream::pair()?;
        let (reload, reloads) = UnixStream::pair()?;
        end.set_nonblocking(true)?;
        reload.set_nonblocking(true)?;
        pipe::register(SIGTERM, ends.try_clone()?)?;
        pipe::register(SIGINT, ends)?;
        pipe::register(SIGHUP, reloads)?;
        Ok(Self { end, reload })
    }

    pub(super) fn end_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }

    pub(super) fn reload_fd(&self) -> BorrowedFd<'_> {
        self.reload.as_fd()
    }

    /// Whether the daemon was asked to end.
    pub(super) fn asked_to_end(&mut self) -> bool {
        heard(&mut self.end)
    }

    /// Whether the daemon was asked to reload, however often.
    pub(super) fn asked_to_reload(&mut self) -> bool {
        heard(&mut self.reload)
    }
}

fn heard(stream: &mut UnixStream) -> bool {
    stream.read(&mut [0; 64]).is_ok_and(|length| length > 0)
}
