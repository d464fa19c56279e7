//! Room for the packets of one call into the kernel.

use std::os::fd::AsFd;

use socket2::Socket;

use crate::{CaptureError, sys};

/// Room for a batch of packets, used again for every call.
#[derive(Debug)]
pub(crate) struct Batch {
    /// On the heap from the start; its pages cost memory only once packets were in them.
    rooms: Box<[[u8; sys::ROOM]]>,
    received: [sys::Received; sys::BATCH],
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self {
            rooms: vec![[0; sys::ROOM]; sys::BATCH].into_boxed_slice(),
            received: [sys::Received::default(); sys::BATCH],
        }
    }

    /// Fetches what has arrived at `socket`, without waiting: each packet with the index of its
    /// interface.
    pub(crate) fn fetch(
        &mut self,
        socket: &Socket,
    ) -> Result<impl Iterator<Item = (&[u8], u32)>, CaptureError> {
        let count = match sys::receive(socket.as_fd(), &mut self.rooms, &mut self.received) {
            Ok(count) => count,
            Err(error) => match error.raw_os_error() {
                // An interface went down or away: the others go on, and it may come back.
                Some(libc::EAGAIN | libc::EINTR | libc::ENETDOWN | libc::ENODEV) => 0,
                _ => return Err(CaptureError::Receive(error)),
            },
        };
        Ok(self
            .rooms
            .iter()
            .zip(&self.received)
            .take(count)
            .filter_map(|(room, received)| {
                room.get(..received.length)
                    .map(|frame| (frame, received.interface))
            }))
    }
}
