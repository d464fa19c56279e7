//! One packet after the other, as listener and broker would take them.

use core::time::Duration;

use nightlatch_capture::{Arrival, RecordingError};
use nightlatch_config::Server;
use nightlatch_core::{Claim, Client, Effect, Glance, Instant, Now};
use nightlatch_ticket::UnixTime;
use nightlatch_wire::Observation;

use super::carrying::Gate;
use super::house::{House, Start};
use super::told::{Fails, Line, Sum};
use crate::broker::{Carried, Seats};
use crate::listener::{Place, hear_and_show};
use crate::tally::Tally;
use crate::voice::complain;

/// Everything that a recording is judged with.
pub(super) struct Round {
    /// Until the first frame says what time it is.
    start: Option<Start>,
    house: Option<House>,
    seats: Seats,
    latest: Duration,
    frames: u64,
    tally: Tally,
    /// What is told what to do, if anything is.
    gate: Option<Gate>,
}

impl Round {
    pub(super) fn new(server: Server, clients: Vec<Client>, gate: Option<Gate>) -> Self {
        let start = Start::of(&server, clients);
        Self {
            seats: Seats::new(server.roster, &server.policy, [].into()),
            start: Some(start),
            house: None,
            latest: Duration::ZERO,
            frames: 0,
            tally: Tally::default(),
            gate,
        }
    }

    /// What a packet comes to, if it completes a knock; several lines where several clients have its tag.
    pub(super) fn hear(&mut self, arrival: &Arrival<'_>) -> Vec<Line> {
        let now = self.time_of(arrival);
        if let Some(start) = self.start.take() {
            self.house = Some(House::begin(start, now));
        }
        let Some(house) = self.house.as_mut() else {
            return Vec::new();
        };
        house.keep_up(now);
        let House {
            doorstep, failing, ..
        } = house;
        let show = |seen: &Observation<'_>, glance: &Glance| failing.see(seen, glance, now);
        let place = match hear_and_show(arrival, doorstep, now, show) {
            Ok(Glance::Claim(claim)) => return self.judge(&[claim], now),
            Ok(Glance::Claims(claims)) => return self.judge(&claims, now),
            Ok(Glance::Advance(advance)) => Place::from(advance),
            Ok(Glance::Ignore(reason)) => Place::from(reason),
            Err(unreadable) => Place::from(unreadable),
        };
        self.tally.count(place.number());
        Vec::new()
    }

    fn judge(&mut self, claims: &[Claim], now: Now) -> Vec<Line> {
        let Some(house) = self.house.as_mut() else {
            return Vec::new();
        };
        let mut lines = Vec::new();
        for claim in claims {
            self.tally.count(Place::Claimed.number());
            let verdict = house.judge(claim, now);
            let carried = match (&mut self.gate, verdict.effect()) {
                (Some(gate), Some(effect)) => carry_out(gate, &effect),
                _ => Carried::Out,
            };
            let told = (&verdict, carried);
            lines.push(Line::of(claim, told, (&self.seats, self.latest)));
        }
        lines
    }

    /// How many packets came to what.
    pub(super) fn sum(&mut self, ended: Option<&RecordingError>) -> Line {
        let now = self.now();
        let failing = self.house.as_mut().map(|house| &mut house.failing);
        let failed = failing.map(|failing| Fails::of(failing, now));
        let counted = (self.frames, &self.tally);
        Line::Sum(Sum::of(counted, failed.unwrap_or_default(), ended))
    }

    /// The time of a frame; packets that were put together from several recordings do not turn it back.
    fn time_of(&mut self, arrival: &Arrival<'_>) -> Now {
        self.frames = self.frames.saturating_add(1);
        self.latest = self.latest.max(arrival.recorded.unwrap_or_default());
        self.now()
    }

    fn now(&self) -> Now {
        let nanos = u64::try_from(self.latest.as_nanos()).unwrap_or(u64::MAX);
        Now {
            monotonic: Instant::from_duration(self.latest),
            unix: UnixTime::from_nanos(nanos),
        }
    }
}

/// Changes the gate; what the kernel refuses is said, and the recording goes on.
fn carry_out(gate: &mut Gate, effect: &Effect) -> Carried {
    match gate.apply(effect) {
        Ok(()) => Carried::Out,
        Err(error) => {
            complain(&format!("nightlatchd: {}", crate::because(&error)));
            Carried::Refused
        }
    }
}
