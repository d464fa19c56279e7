//! The ear: a helper's end of the way that events come on.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nightlatch_journal::{EVENT_LENGTH, Event};

use super::Tidings;
use crate::channel::ChannelError;
use crate::way::Way;

/// Where a helper hears of events.
#[derive(Debug)]
pub(crate) struct Ear {
    way: Way,
    place: [u8; EVENT_LENGTH],
}

impl Ear {
    /// On the standard input.
    pub(crate) fn from_stdin() -> io::Result<Self> {
        Way::from_stdin().map(Self::over)
    }

    pub(crate) const fn over(way: Way) -> Self {
        Self {
            way,
            place: [0; EVENT_LENGTH],
        }
    }

    /// The events that are there, up to so many; none where none is. The end of the broker is an error,
    /// once everything that it said was taken.
    pub(crate) fn take(&mut self, most: usize) -> Result<Vec<Event>, ChannelError> {
        let mut events = Vec::new();
        while events.len() < most {
            match self.event() {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(ChannelError::Closed) if !events.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        Ok(events)
    }

    fn event(&mut self) -> Result<Option<Event>, ChannelError> {
        let Some(heard) = self.way.take(&mut self.place)? else {
            return Ok(None);
        };
        let event = Event::from_bytes(heard).map_err(|_| ChannelError::Malformed)?;
        Ok(Some(event))
    }

    /// Tells the broker how things are, unless it has no room for it or is gone: then it has no use for it.
    pub(crate) fn tell(&self, tidings: Tidings) {
        let _ = self.way.send(&tidings.to_bytes());
    }
}

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.way.as_fd()
    }
}
