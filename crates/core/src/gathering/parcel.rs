//! Frames that are whole, by source: those of one request until the last is there, and the latest
//! ones for a while, so that what is left of their symbols is known for what it is.

use nightlatch_ticket::{FRAME_LENGTH, Frame, MOST_FRAMES, SYMBOLS, SequenceTag, Symbol, head_of};

use super::heard::WINDOW;
use crate::bounded::WAYS;
use crate::{FrameList, Instant};

/// The latest frames of one source.
#[derive(Clone, Default)]
pub(super) struct Parcel {
    who: u64,
    last: Instant,
    kept: [Kept; MOST_FRAMES],
}

/// One frame that was whole.
#[derive(Clone, Copy, Default)]
struct Kept {
    state: State,
    since: Instant,
    frame: Frame,
    values: [u8; SYMBOLS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Nothing,
    /// Others of its request are missing.
    Waiting,
    /// It was handed on.
    Told,
}

impl Parcel {
    /// The parcel of this source; one that is new takes the place of who has been silent longest.
    pub(super) fn among(set: &mut [Self; WAYS], who: u64) -> Option<&mut Self> {
        let oldest = |parcel: &&mut Self| (!parcel.is_of(who), parcel.last);
        let parcel = set.iter_mut().min_by_key(oldest)?;
        if !parcel.is_of(who) {
            *parcel = Self {
                who,
                ..Self::default()
            };
        }
        Some(parcel)
    }

    /// Whether it is this source's.
    pub(super) const fn is_of(&self, who: u64) -> bool {
        self.who == who
    }

    /// Whether this symbol is left over from one of the frames.
    ///
    /// The heads of all frames of a client are nearly the same for ten minutes, and what is the same
    /// is not left over: the next frame may need it.
    pub(super) fn has(&self, symbol: Symbol, now: Instant) -> bool {
        let position = usize::from(symbol.position);
        position >= HEAD_LENGTH
            && self
                .fresh(now)
                .any(|kept| kept.values.get(position) == Some(&symbol.value))
    }

    /// Puts a frame in, in the place of the oldest.
    pub(super) fn put(&mut self, frame: Frame, values: [u8; SYMBOLS], now: Instant) {
        self.last = now;
        let age = |kept: &&mut Kept| (kept.state != State::Nothing, kept.since);
        if let Some(oldest) = self.kept.iter_mut().min_by_key(age) {
            *oldest = Kept {
                state: State::Waiting,
                since: now,
                frame,
                values,
            };
        }
    }

    /// All frames of the request under this tag, if they are there; they are handed on once.
    pub(super) fn letter(&mut self, tag: SequenceTag, now: Instant) -> Option<FrameList> {
        let last = self.newest(tag, now, |_, is_last| is_last)?;
        let count = usize::from(head_of(&last).index).saturating_add(1);
        let mut frames = [[0; FRAME_LENGTH]; MOST_FRAMES];
        let wanted = frames.get_mut(..count)?;
        for (index, frame) in (0_u8..).zip(wanted.iter_mut()) {
            let is_last = usize::from(index).saturating_add(1) == count;
            *frame = self.newest(tag, now, |other, last| (other, last) == (index, is_last))?;
        }
        let letter = FrameList::new(wanted)?;
        for kept in self
            .kept
            .iter_mut()
            .filter(|kept| wanted.contains(&kept.frame))
        {
            kept.state = State::Told;
        }
        Some(letter)
    }

    /// The newest frame that waits for others of its request, of those with this index.
    fn newest(
        &self,
        tag: SequenceTag,
        now: Instant,
        is_wanted: impl Fn(u8, bool) -> bool,
    ) -> Option<Frame> {
        let wanted = self.fresh(now).filter(|kept| {
            let head = head_of(&kept.frame);
            let is_its = kept.state == State::Waiting && head.tag == tag;
            is_its && is_wanted(head.index, head.is_last)
        });
        wanted.max_by_key(|kept| kept.since).map(|kept| kept.frame)
    }

    fn fresh(&self, now: Instant) -> impl Iterator<Item = &Kept> {
        let kept = self.kept.iter();
        kept.filter(move |kept| {
            kept.state != State::Nothing && now.saturating_since(kept.since) <= WINDOW
        })
    }
}

/// The bytes of a frame by which it is recognised.
const HEAD_LENGTH: usize = 4;
