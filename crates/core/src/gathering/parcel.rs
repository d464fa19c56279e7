//! Frames of one source: those of one request until all are there, and the latest ones for a while,
//! so that what is left of their symbols is known for what it is.

use nightlatch_ticket::{FRAME_LENGTH, Frame, MOST_FRAMES, SYMBOLS, SequenceTag, Symbol, head_of};

use super::heard::WINDOW;
use crate::bounded::WAYS;
use crate::{FrameList, Instant};

/// The latest frames of one source.
#[derive(Clone, Default)]
pub(super) struct Parcel {
    who: u64,
    last: Instant,
    kept: [Kept; KEPT],
}

/// One frame that may be right.
#[derive(Clone, Copy, Default)]
struct Kept {
    since: Instant,
    /// The positions at which something was heard that agrees with it; none: no frame.
    agreed: u32,
    is_told: bool,
    frame: Frame,
    values: Values,
}

/// A frame's value at each position.
pub(super) type Values = [u8; SYMBOLS];

/// What a symbol is to the frames that are there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// It may belong to another one.
    Over,
    /// It belongs to one that is beyond doubt.
    Known,
    /// It belongs to one that is beyond doubt by this symbol: all of its symbols are of no more use.
    Proof(Values),
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
    pub(super) fn note(&mut self, symbol: Symbol, now: Instant) -> Left {
        let position = usize::from(symbol.position);
        if position < HEAD_LENGTH {
            return Left::Over;
        }
        let mut fresh = self.kept.iter_mut().filter(|kept| kept.is_fresh(now));
        let is_its = |kept: &&mut Kept| kept.values.get(position) == Some(&symbol.value);
        let Some(kept) = fresh.find(is_its) else {
            return Left::Over;
        };
        if kept.is_proved() {
            return Left::Known;
        }
        kept.agreed |= bit(symbol.position);
        if kept.is_proved() {
            Left::Proof(kept.values)
        } else {
            Left::Over
        }
    }

    /// Whether this frame is there already.
    pub(super) fn contains(&self, frame: &Frame, now: Instant) -> bool {
        let mut fresh = self.kept.iter().filter(|kept| kept.is_fresh(now));
        fresh.any(|kept| kept.frame == *frame)
    }

    /// Puts a frame in, in the place of the one of least use; says whether it is beyond doubt.
    pub(super) fn put(
        &mut self,
        (frame, values): (Frame, Values),
        agreed: u32,
        now: Instant,
    ) -> bool {
        self.last = now;
        let oldest = self.kept.iter_mut();
        let Some(oldest) = oldest.min_by_key(|kept| kept.worth(now)) else {
            return false;
        };
        *oldest = Kept {
            since: now,
            agreed,
            is_told: false,
            frame,
            values,
        };
        oldest.is_proved()
    }

    /// All frames of a request to which this one belongs, if they are there.
    pub(super) fn letter(&mut self, frame: &Frame, now: Instant) -> Option<FrameList> {
        let head = head_of(frame);
        let last = if head.is_last {
            head.index
        } else {
            let comes_later = |index, is_last| is_last && index > head.index;
            head_of(&self.likeliest(head.tag, now, comes_later)?).index
        };
        let mut frames = [[0; FRAME_LENGTH]; MOST_FRAMES];
        let wanted = frames.get_mut(..usize::from(last).saturating_add(1))?;
        for (index, place) in (0_u8..).zip(wanted.iter_mut()) {
            let stands_here = |other, is_last| (other, is_last) == (index, index == last);
            *place = if index == head.index {
                *frame
            } else {
                self.likeliest(head.tag, now, stands_here)?
            };
        }
        let letter = FrameList::new(wanted)?;
        for kept in &mut self.kept {
            kept.is_told |= wanted.contains(&kept.frame);
        }
        Some(letter)
    }

    /// Of the frames that may stand in one place of a request that which was not handed on yet, is
    /// beyond doubt, or is the newest, in this order.
    fn likeliest(
        &self,
        tag: SequenceTag,
        now: Instant,
        is_wanted: impl Fn(u8, bool) -> bool,
    ) -> Option<Frame> {
        let fresh = self.kept.iter().filter(|kept| kept.is_fresh(now));
        let wanted = fresh.filter(|kept| {
            let head = head_of(&kept.frame);
            head.tag == tag && is_wanted(head.index, head.is_last)
        });
        let likeliest = wanted.max_by_key(|kept| (!kept.is_told, kept.is_proved(), kept.since));
        likeliest.map(|kept| kept.frame)
    }
}

impl Kept {
    fn is_fresh(&self, now: Instant) -> bool {
        self.agreed != 0 && now.saturating_since(self.since) <= WINDOW
    }

    /// Any 17 symbols are of some frame; two more that agree are so by chance once in 65,536.
    fn is_proved(&self) -> bool {
        usize::try_from(self.agreed.count_ones()).is_ok_and(|agreed| agreed >= FRAME_LENGTH + 2)
    }

    /// Who is right and waits for others of its request stays longest, who may be wrong goes first.
    fn worth(&self, now: Instant) -> (bool, bool, Instant) {
        let is_right = self.is_fresh(now) && self.is_proved();
        (is_right && !self.is_told, is_right, self.since)
    }
}

/// The bit of a position in [`Kept::agreed`].
pub(super) fn bit(position: u8) -> u32 {
    1_u32.rotate_left(position.into())
}

/// Those of a request, and as many that came out wrong because a stray packet was among them.
const KEPT: usize = 8;
/// The bytes of a frame by which it is recognised.
const HEAD_LENGTH: usize = 4;
