//! From packets to frames: who touches enough ports of the span may have said something.

use alloc::vec::Vec;

use nightlatch_ticket::{
    Epoch, Frame, FrameHead, MOST_FRAMES, Span, Symbol, gather, head_of, spread,
};
use nightlatch_wire::Transport;

use super::heard::{Heard, Novelty};
use super::parcel::{Left, Parcel};
use crate::bounded::Bounded;
use crate::shelves::Shelves;
use crate::{ClientId, FlagsWanted, FrameList, Instant, Protocol};

/// The symbols and the frames of everybody who lately touched ports of the span.
pub(crate) struct Gathering {
    span: Span,
    carrier: Protocol,
    pub(super) heard: Bounded<Heard>,
    parcels: Bounded<Parcel>,
}

/// What one symbol was to what its source said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Gathered {
    /// The one that was missing.
    Whole(Letter),
    /// A part of something, perhaps.
    Kept,
    /// It was there already, or its frame was.
    Again,
    /// No symbol.
    Nothing,
}

/// All frames of one request, and all who have their tag: whose they are only a key can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) senders: Vec<(ClientId, Epoch)>,
    pub(crate) frames: FrameList,
}

impl Gathering {
    /// Nothing heard yet; over this span, by connection attempts or by datagrams.
    pub(crate) fn new(span: Span, carrier: Protocol) -> Self {
        Self {
            span,
            carrier,
            heard: Bounded::new(HEARD_SETS),
            parcels: Bounded::new(PARCEL_SETS),
        }
    }

    /// The symbol that a packet says, if it says one.
    pub(crate) fn symbol(&self, transport: &Transport<'_>) -> Option<Symbol> {
        let port = match (self.carrier, transport) {
            (Protocol::Tcp, Transport::Tcp(segment)) => {
                let is_attempt = FlagsWanted::ATTEMPT.is_met_by(segment.flags);
                is_attempt.then_some(segment.destination_port)?
            }
            (Protocol::Udp, Transport::Udp(datagram)) => datagram.destination_port,
            _ => return None,
        };
        self.span.symbol(port)
    }

    /// Takes one symbol in, and tries once whether a frame is whole by it.
    ///
    /// Of a frame with a stray symbol among its first 17 the head may be right all the same: then a
    /// wrong frame is handed on, which opens nothing, and all symbols are kept for the right one.
    pub(crate) fn hear(
        &mut self,
        symbol: Symbol,
        who: u64,
        shelves: &Shelves,
        now: Instant,
    ) -> Gathered {
        match self.left(symbol, who, now) {
            Left::Over => {}
            Left::Known => return Gathered::Again,
            Left::Proof(values) => {
                let set = self.heard.found(who);
                if let Some(heard) = set.and_then(|set| Heard::among(set, who, now)) {
                    heard.forget(&values);
                }
                return Gathered::Again;
            }
        }
        let set = self.heard.room(who);
        let Some(heard) = set.and_then(|set| Heard::among(set, who, now)) else {
            return Gathered::Nothing;
        };
        if heard.hear(symbol, now) == Novelty::Old {
            return Gathered::Again;
        }
        if !heard.is_due() {
            return Gathered::Kept;
        }
        // Those in no doubt are more than enough, so that a stray one among them shows. But whoever
        // scanned the whole span a moment ago is understood by his latest ones alone.
        let frames = [heard.undoubted(), heard.latest()].into_iter().flatten();
        for frame in frames.filter_map(|symbols| gather(&symbols)) {
            if let Some(letter) = collect(frame, heard, &mut self.parcels, (shelves, now)) {
                return letter;
            }
        }
        Gathered::Kept
    }

    /// What a symbol is to the frames that its source has said already.
    fn left(&mut self, symbol: Symbol, who: u64, now: Instant) -> Left {
        let mut parcels = self.parcels.found(who).into_iter().flatten();
        let mine = parcels.find(|parcel| parcel.is_of(who));
        mine.map_or(Left::Over, |parcel| parcel.note(symbol, now))
    }
}

/// Puts a frame to the others of its request, if its tag is somebody's; says what came of it, if
/// anything did.
fn collect(
    frame: Frame,
    heard: &mut Heard,
    parcels: &mut Bounded<Parcel>,
    (shelves, now): (&Shelves, Instant),
) -> Option<Gathered> {
    let FrameHead { tag, index, .. } = head_of(&frame);
    if usize::from(index) >= MOST_FRAMES {
        return None;
    }
    let senders = shelves.by_frame(tag);
    if senders.is_empty() {
        return None;
    }
    let parcel = Parcel::among(parcels.room(heard.who())?, heard.who())?;
    if parcel.contains(&frame, now) {
        return None;
    }
    heard.was_worth_it();
    let values = spread(&frame).map(|symbol| symbol.value);
    if parcel.put((frame, values), heard.agreement(&values), now) {
        heard.forget(&values);
    }
    Some(match parcel.letter(&frame, now) {
        Some(frames) => Gathered::Whole(Letter { senders, frames }),
        None => Gathered::Kept,
    })
}

/// Sources whose symbols are kept, eight in each set: some 14 MiB when strangers have filled it.
pub(super) const HEARD_SETS: usize = 4096;
/// Only who has somebody's tag gets in: some 700 KiB.
const PARCEL_SETS: usize = 128;

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use nightlatch_ticket::UnixTime;

    use super::*;
    use crate::bounded::WAYS;
    use crate::shelves::Hearing;

    #[test]
    fn however_many_touch_the_span_there_is_an_end() {
        let mut gathering = Gathering::new(Span::new(1, 8192, &[]).unwrap(), Protocol::Tcp);
        let hearing = Hearing::TicketsAndFrames;
        let shelves = Shelves::new(Vec::new(), hearing, UnixTime::from_secs(1_900_000_000));
        let symbol = Symbol {
            position: 1,
            value: 2,
        };
        for number in 0..100_000_u64 {
            let who = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).max(1);
            let now = Instant::from_duration(Duration::from_micros(number));
            let gathered = gathering.hear(symbol, who, &shelves, now);
            assert_eq!(gathered, Gathered::Kept);
        }
        let places = gathering.heard.places().count();
        assert_eq!(places, HEARD_SETS * WAYS);
        assert!(size_of::<Heard>() <= 416);
        assert_eq!(gathering.parcels.places().count(), 0);
    }
}
