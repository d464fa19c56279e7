//! From packets to frames: who touches enough ports of the span may have said something.

use nightlatch_ticket::{
    Epoch, Frame, MOST_FRAMES, SYMBOLS, Span, Symbol, gather, head_of, spread,
};
use nightlatch_wire::Transport;

use super::heard::{Heard, Novelty};
use super::parcel::Parcel;
use crate::bounded::Bounded;
use crate::shelves::Shelves;
use crate::{ClientId, FlagsWanted, FrameList, Instant, Protocol};

/// The symbols and the frames of everybody who lately touched ports of the span.
pub(crate) struct Gathering {
    span: Span,
    carrier: Protocol,
    heard: Bounded<Heard>,
    parcels: Bounded<Parcel>,
}

/// What one symbol was to what its source said before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// All frames of one request, and whose tag they have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) client: ClientId,
    pub(crate) epoch: Epoch,
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
    pub(crate) fn hear(
        &mut self,
        symbol: Symbol,
        who: u64,
        shelves: &Shelves,
        now: Instant,
    ) -> Gathered {
        let mut parcels = self.parcels.found(who).into_iter().flatten();
        let mine = parcels.find(|parcel| parcel.is_of(who));
        if mine.is_some_and(|parcel| parcel.has(symbol, now)) {
            return Gathered::Again;
        }
        let Some(set) = self.heard.room(who) else {
            return Gathered::Nothing;
        };
        let Some(heard) = Heard::among(set, who, now) else {
            return Gathered::Nothing;
        };
        if heard.hear(symbol, now) == Novelty::Old {
            return Gathered::Again;
        }
        let Some(found) = find(heard, shelves) else {
            return Gathered::Kept;
        };
        heard.forget(&found.values);
        self.collect(found, who, now)
    }

    /// Puts a frame to the others of its request.
    fn collect(&mut self, found: Found, who: u64, now: Instant) -> Gathered {
        let set = self.parcels.room(who);
        let Some(parcel) = set.and_then(|set| Parcel::among(set, who)) else {
            return Gathered::Nothing;
        };
        parcel.put(found.frame, found.values, now);
        match parcel.letter(head_of(&found.frame).tag, now) {
            Some(frames) => Gathered::Whole(Letter {
                client: found.client,
                epoch: found.epoch,
                frames,
            }),
            None => Gathered::Kept,
        }
    }

    /// How many sources are remembered.
    #[cfg(test)]
    pub(super) fn sources(&self) -> usize {
        self.heard
            .places()
            .filter(|heard| heard.is_anybody())
            .count()
    }
}

/// A frame with a tag that somebody has now.
struct Found {
    frame: Frame,
    values: [u8; SYMBOLS],
    client: ClientId,
    epoch: Epoch,
}

/// Tries the latest symbols first: whoever scanned the whole span a minute ago, or shares his
/// address with somebody who did, is understood all the same. Then all that are in no doubt.
fn find(heard: &Heard, shelves: &Shelves) -> Option<Found> {
    let candidates = [heard.latest(), heard.undoubted()];
    candidates.iter().flatten().find_map(|symbols| {
        let frame = gather(symbols)?;
        let head = head_of(&frame);
        if usize::from(head.index) >= MOST_FRAMES {
            return None;
        }
        let (client, epoch) = shelves.by_frame(head.tag, &frame)?;
        Some(Found {
            frame,
            values: spread(&frame).map(|symbol| symbol.value),
            client,
            epoch,
        })
    })
}

/// Sources whose symbols are kept, eight in each set: some 14 MiB when strangers have filled it.
const HEARD_SETS: usize = 4096;
/// Only who has somebody's tag gets in: a few hundred KiB.
const PARCEL_SETS: usize = 128;
