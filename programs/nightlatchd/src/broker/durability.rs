//! Durability: what must not be forgotten by a crash, on its way to the scribe.

use core::time::Duration;
use std::collections::BTreeMap;

use nightlatch_core::{Now, Record};
use nightlatch_ticket::Counter;

use super::round::Round;
use super::scribe::{Order, Written};
use crate::clock;
use crate::log::Line;
use crate::state::{ClientMark, Upkeep};

impl Round {
    /// A record is durable before its grant, unless the disk is full or stuck: that costs some protection
    /// from replay after a crash, not the knock. Says whether it is.
    pub(super) fn make_durable(&mut self, record: Record, now: Now) -> Durability {
        let (order, patience) = match record {
            Record::Watermark(watermark) => (Some(Order::Watermark(watermark)), DISK_PATIENCE),
            Record::Ahead { client, counter } => {
                let mark = self.seats.mark(client);
                let order = mark.map(|mark| Order::Ahead(mark, counter));
                (order, DISK_PATIENCE)
            }
            Record::Used { mark, number, .. } => {
                (Some(Order::Ahead(mark, Counter(number))), USE_PATIENCE)
            }
        };
        let is_done = order.is_some_and(|order| self.scribe.order(order, patience, now));
        self.written(now);
        if self.scribe.busy_for(clock::now()) > Some(STUCK) {
            self.state_fails("the disk takes very long".to_owned());
        }
        if is_done && self.tallies.state_failing.is_none() {
            Durability::Durable
        } else {
            Durability::Lost
        }
    }

    /// While knocks go on, the watermark is raised before anybody needs it; and what a full disk
    /// refused is written as soon as there is room.
    pub(super) fn renew(&mut self) {
        let now = clock::now();
        if now.monotonic < self.renew_from || self.scribe.busy_for(now).is_some() {
            return;
        }
        let order = match (self.gatekeeper.renewal(now), self.tallies.upkeep) {
            (Some(watermark), Upkeep::Compact) => Order::Compact(watermark, self.counters()),
            (Some(watermark), _) => Order::Watermark(watermark),
            // Nobody knocks, and the disk may have room again.
            (None, Upkeep::CatchUp) => Order::CatchUp,
            (None, _) => return,
        };
        self.scribe.order(order, Duration::ZERO, now);
    }

    /// Takes over what the disk has by now.
    pub(super) fn written(&mut self, now: Now) {
        let written: Vec<Written> = self.scribe.bell.answer().collect();
        for Written { outcome, upkeep } in written {
            self.tallies.upkeep = match upkeep {
                // What has no room for a record has none for all of them.
                Upkeep::Compact if outcome.is_err() => Upkeep::Nothing,
                upkeep => upkeep,
            };
            match outcome {
                Ok(durable) => self.state_works(durable),
                Err(cause) => {
                    // A full disk is asked again in a while; asked at once it would be all we do.
                    self.renew_from = now.monotonic.saturating_add(DISK_PAUSE);
                    self.state_fails(cause);
                }
            }
        }
    }

    /// Every counter, as the state keeps it.
    pub(super) fn counters(&self) -> Vec<(ClientMark, Counter)> {
        let present = self.seats.counters(self.gatekeeper.counters());
        let mut counters: BTreeMap<ClientMark, Counter> = self.seats.departed().collect();
        let used = self.gatekeeper.used();
        counters.extend(used.map(|(mark, number)| (mark, Counter(number))));
        counters.extend(present);
        counters.into_iter().collect()
    }

    fn state_works(&mut self, durable: Option<Counter>) {
        if let Some(watermark) = durable {
            self.gatekeeper.synced(watermark);
        }
        self.tallies.state_failing = None;
    }

    /// Said once until it changes: a full disk must not fill the log as well.
    fn state_fails(&mut self, cause: String) {
        if self.tallies.state_failing.as_ref() != Some(&cause) {
            self.log.say(Line::StateFailing {
                cause: cause.clone(),
            });
            self.tallies.state_failing = Some(cause);
        }
    }
}

/// Whether a crash would forget something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// It is on the disk.
    Durable,
    /// Perhaps it is not.
    Lost,
}

/// What counts once and is bound to nothing else has to be written: it is worth waiting for.
const USE_PATIENCE: Duration = Duration::from_secs(1);
/// A disk in order takes a record in a fifth of a millisecond. One that is stuck must not lock anybody out.
const DISK_PATIENCE: Duration = Duration::from_millis(50);
/// Beyond this the administrator should know.
const STUCK: Duration = Duration::from_secs(1);
/// How long a disk that refused is left alone by the background; knocks that need it ask all the same.
const DISK_PAUSE: Duration = Duration::from_secs(5);
