//! One packet after the other, as listener and broker would take them.

use core::time::Duration;

use nightlatch_capture::{Arrival, RecordingError};
use nightlatch_config::Server;
use nightlatch_core::{Claim, Client, Glance, Instant, Now};
use nightlatch_ticket::UnixTime;

use super::house::{House, Start};
use super::told::{Line, Sum};
use crate::broker::Seats;
use crate::listener::{Place, hear};
use crate::tally::Tally;

/// Everything that a recording is judged with.
pub(super) struct Round {
    /// Until the first frame says what time it is.
    start: Option<Start>,
    house: Option<House>,
    seats: Seats,
    latest: Duration,
    frames: u64,
    tally: Tally,
}

impl Round {
    pub(super) fn new(server: Server, clients: Vec<Client>) -> Self {
        let start = Start::of(&server, clients);
        Self {
            seats: Seats::new(server.roster, &server.policy, [].into()),
            start: Some(start),
            house: None,
            latest: Duration::ZERO,
            frames: 0,
            tally: Tally::default(),
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
        let place = match hear(arrival, &mut house.doorstep, now) {
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
            lines.push(Line::of(claim, &verdict, (&self.seats, self.latest)));
        }
        lines
    }

    /// How many packets came to what.
    pub(super) fn sum(&self, ended: Option<&RecordingError>) -> Line {
        Line::Sum(Sum::of(self.frames, &self.tally, ended))
    }

    /// The time of a frame; packets that were put together from several recordings do not turn it back.
    fn time_of(&mut self, arrival: &Arrival<'_>) -> Now {
        self.frames = self.frames.saturating_add(1);
        self.latest = self.latest.max(arrival.recorded.unwrap_or_default());
        let nanos = u64::try_from(self.latest.as_nanos()).unwrap_or(u64::MAX);
        Now {
            monotonic: Instant::from_duration(self.latest),
            unix: UnixTime::from_nanos(nanos),
        }
    }
}
