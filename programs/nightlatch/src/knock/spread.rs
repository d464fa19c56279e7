//! One request spread over ports: each touched once, in an order that nobody can foretell.

use std::time::Duration;

use nightlatch_core::Port;
use nightlatch_ticket::{
    Counter, Epoch, FRAME_LENGTH, Frame, Happened, Kind, Memory, Outcome, Repairs, SYMBOLS,
    SequenceKind, SequenceRequest, SequenceText, UnixTime, seal_sequence, spread,
};
use rand_core::CryptoRng;

use super::claim::Claimed;
use super::{Carriage, Diary, Errand, Exchange, Remark};
use crate::period::written;
use crate::randomness::shuffle;
use crate::touch::{Hand, TouchError};

/// One request on its way to one place.
#[derive(Clone, Copy)]
pub(super) struct Parcel<'a> {
    pub(super) errand: Errand<'a>,
    pub(super) carriage: &'a Carriage,
    pub(super) text: Option<&'a SequenceText>,
    /// The address that the touches will be seen to come from.
    pub(super) claimed: Claimed,
}

impl Parcel<'_> {
    /// Seals the request, notes its counter in `memory`, and touches every port that it is made of.
    pub(super) fn send(
        self,
        hand: Hand,
        memory: &mut Memory,
        rng: &mut impl CryptoRng,
    ) -> Result<Exchange, SpreadError> {
        let clock = self.errand.clock;
        let now = clock.unix().shifted(memory.offset);
        let above = memory.above(now);
        let counter = Counter::of_sequence(above, now).ok_or_else(|| ahead(above, now))?;
        // Before anything is sent: a counter that may have left is never used again.
        memory.last = counter;
        let epoch = Epoch::of_counter(counter);
        let request = self.request(counter)?;
        let frames = seal_sequence(&request, self.claimed.address(), epoch, self.errand.keys);

        let begun = clock.monotonic();
        let mut diary = Diary::begin(begun);
        if let Claimed::Guessed(address) = self.claimed {
            diary.note(Remark::Guessed(address), begun);
        }
        for (place, frame) in frames.iter().enumerate() {
            if place > 0 {
                clock.pause(self.carriage.gap());
            }
            self.touch_all(frame, hand, &mut diary, rng)?;
        }
        let outcome = Outcome {
            happened: Happened::Sent,
            seen: None,
            repairs: Repairs::default(),
            sends: u8::try_from(diary.packets()).unwrap_or(u8::MAX),
        };
        Ok(Exchange {
            end: Ok(outcome),
            took: clock.monotonic().saturating_duration_since(begun),
            diary,
        })
    }

    fn request(&self, counter: Counter) -> Result<SequenceRequest, SpreadError> {
        let aim = self.errand.aim;
        Ok(SequenceRequest {
            kind: match aim.kind {
                Kind::Knock => SequenceKind::Knock,
                Kind::Close => SequenceKind::Close,
                Kind::Message => SequenceKind::Message,
                Kind::AskAddress => return Err(SpreadError::NoAnswer),
            },
            counter,
            time: self.errand.clock.unix(),
            service: aim.service.short(),
            wanted: aim.wanted,
            text: self.text.cloned().unwrap_or_default(),
        })
    }

    /// Touches the ports of one frame. Some may fail: the rest says the same.
    fn touch_all(
        &self,
        frame: &Frame,
        hand: Hand,
        diary: &mut Diary,
        rng: &mut impl CryptoRng,
    ) -> Result<(), SpreadError> {
        let mut left = MAY_FAIL;
        for (place, port) in self.ports(frame, rng)?.into_iter().enumerate() {
            if place > 0 {
                self.errand.clock.pause(self.carriage.pace);
            }
            let now = self.errand.clock.monotonic();
            match hand.touch(port) {
                Ok(()) => diary.note(Remark::Touched(port), now),
                Err(error @ TouchError::NoWay { .. }) => return Err(error.into()),
                Err(error) => {
                    diary.note(Remark::NotTaken, now);
                    left = left.checked_sub(1).ok_or(error)?;
                }
            }
        }
        Ok(())
    }

    fn ports(&self, frame: &Frame, rng: &mut impl CryptoRng) -> Result<Vec<Port>, SpreadError> {
        let Carriage { span, carrier, .. } = self.carriage;
        let ports = spread(frame).map(|symbol| Port::new(*carrier, span.port(symbol)?));
        let mut ports: Vec<_> = ports.into_iter().flatten().collect();
        if ports.len() < SYMBOLS {
            return Err(SpreadError::NoPort);
        }
        shuffle(&mut ports, rng);
        Ok(ports)
    }
}

/// Why a request did not go out by way of ports.
#[derive(Debug, thiserror::Error)]
pub enum SpreadError {
    /// The counter cannot be said yet: a clock that was minutes fast was believed.
    #[error(
        "the last counter that the server may have taken lies {} ahead of the clock\n  \
         try again when that time has passed, or knock with a ticket: --method ticket",
        written(*.by)
    )]
    CounterAhead {
        /// So long until it can be said.
        by: Duration,
    },
    /// The counter cannot be said for longer than anybody waits.
    #[error(
        "the server counts this key's knocks from {} ahead of the clock, which a sequence cannot say\n  \
         if this computer's clock is wrong, set it, or knock with a ticket once: --method ticket\n  \
         if it is right, tickets go on opening; for sequences wait that long, or make another key with `nightlatch keygen -o FILE` \
         and have its public key put in the place of this one's in the server's configuration",
        written(*.by)
    )]
    CounterFarAhead {
        /// So far.
        by: Duration,
    },
    /// Only an answer could tell it.
    #[error("nobody answers an encrypted sequence: it cannot ask for the address")]
    NoAnswer,
    /// The span has no room for a frame.
    #[error("the span has no port for a part of the knock\n  make it wider")]
    NoPort,
    /// A port could not be touched.
    #[error(transparent)]
    Touch(#[from] TouchError),
}

fn ahead(above: Counter, now: UnixTime) -> SpreadError {
    let by = UnixTime::from_nanos(above.0).saturating_since(now);
    if by > WORTH_WAITING {
        SpreadError::CounterFarAhead { by }
    } else {
        SpreadError::CounterAhead { by }
    }
}

/// As far as a server can follow a clock that is fast, and a little more.
const WORTH_WAITING: Duration = Duration::from_mins(30);

/// Any 17 of a frame's 31 touches say all of it.
const MAY_FAIL: usize = SYMBOLS - FRAME_LENGTH;
