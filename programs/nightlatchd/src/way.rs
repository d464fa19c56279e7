//! The way between the broker and a helper of its: a socket on which neither ever waits for the other.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType, recv, send, shutdown,
    socketpair, sockopt,
};

use crate::channel::ChannelError;

/// One end.
#[derive(Debug)]
pub(crate) struct Way {
    socket: OwnedFd,
}

impl Way {
    /// Both ends: one for the broker, one to become the helper's standard input.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        for end in [&ours, &theirs] {
            let _ = sockopt::set_socket_send_buffer_size_force(end, QUEUE)
                .or_else(|_| sockopt::set_socket_send_buffer_size(end, QUEUE));
        }
        Ok((Self { socket: ours }, theirs))
    }

    /// The helper's end: its standard input.
    pub(crate) fn from_stdin() -> io::Result<Self> {
        Ok(Self::over(io::stdin().as_fd().try_clone_to_owned()?))
    }

    pub(crate) const fn over(socket: OwnedFd) -> Self {
        Self { socket }
    }

    /// Sends without waiting; says whether there was room.
    pub(crate) fn send(&self, bytes: &[u8]) -> Result<bool, ChannelError> {
        loop {
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match send(&self.socket, bytes, flags) {
                Ok(_) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::PIPE | Errno::CONNRESET) => return Err(ChannelError::Closed),
                Err(errno) => return Err(ChannelError::Io(errno.into())),
            }
        }
    }

    /// Takes what came next, if something came; what does not fit its place has no form that exists.
    pub(crate) fn take<'p>(&self, place: &'p mut [u8]) -> Result<Option<&'p [u8]>, ChannelError> {
        let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
        match recv(&self.socket, &mut *place, flags) {
            Ok((_, 0)) | Err(Errno::CONNRESET) => Err(ChannelError::Closed),
            Ok((_, length)) => place.get(..length).ok_or(ChannelError::Malformed).map(Some),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(errno) => Err(ChannelError::Io(errno.into())),
        }
    }

    /// Says that nothing more will come; what the other end says is still heard.
    pub(crate) fn finish(&self) {
        // Where the other end is gone, it knows.
        let _ = shutdown(&self.socket, Shutdown::Write);
    }
}

impl AsFd for Way {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Room for some thousands of errands or events while a helper waits for a disk.
const QUEUE: usize = 8 << 20;
