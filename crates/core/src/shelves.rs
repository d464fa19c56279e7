//! Both shelves: who can be recognised by a ticket, and who by a frame.

use alloc::sync::Arc;
use alloc::vec::Vec;

use nightlatch_ticket::{Epoch, SequenceTag, Tag, TagKey, Tagged, UnixTime};

use crate::ClientId;
use crate::labels::Labels;
use crate::shelf::Shelf;

/// Everybody who can be recognised.
pub(crate) struct Shelves {
    tickets: Shelf,
    /// Only where encrypted sequences are heard.
    frames: Option<Shelf>,
}

/// What is listened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    Tickets,
    TicketsAndFrames,
}

impl Shelves {
    /// Empty shelves for these clients; [`Shelves::build`] fills them.
    pub(crate) fn new(keys: Vec<TagKey>, hearing: Hearing, now: UnixTime) -> Self {
        let keys: Arc<[TagKey]> = keys.into();
        let frames = || Shelf::new(Arc::clone(&keys), Labels::Frames, now);
        Self {
            frames: (hearing == Hearing::TicketsAndFrames).then(frames),
            tickets: Shelf::new(keys, Labels::Tickets, now),
        }
    }

    /// Whose ticket this is.
    pub(crate) fn by_ticket(&self, tag: Tag, draw: u8) -> Option<(ClientId, Tagged)> {
        self.tickets.find(Labels::of_ticket(tag), draw)
    }

    /// Whose frame this may be: with 28 bits of tag two clients have the same now and then.
    pub(crate) fn by_frame(&self, tag: SequenceTag) -> Vec<(ClientId, Epoch)> {
        let all = self
            .frames
            .iter()
            .flat_map(|frames| frames.all(Labels::of_frame(tag)));
        let dated = all.filter_map(|(client, tagged)| match tagged {
            Tagged::Now(epoch) => Some((client, epoch)),
            Tagged::Recovery => None,
        });
        dated.collect()
    }

    /// Does some of what is to be done at `now`; true if a ticket's tag came or went.
    pub(crate) fn build(&mut self, steps: usize, now: UnixTime) -> bool {
        if let Some(frames) = &mut self.frames {
            frames.build(steps, now);
        }
        self.tickets.build(steps, now)
    }

    /// Whether everything is in.
    pub(crate) fn is_complete(&self) -> bool {
        self.each().all(Shelf::is_complete)
    }

    /// Whether a client with a right clock may be taken for noise at `now`.
    pub(crate) fn is_behind(&self, now: UnixTime) -> bool {
        self.each().any(|shelf| shelf.is_behind(now))
    }

    /// Every tag of a ticket that is recognised now.
    pub(crate) fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.tickets.tags()
    }

    fn each(&self) -> impl Iterator<Item = &Shelf> {
        core::iter::once(&self.tickets).chain(&self.frames)
    }
}
