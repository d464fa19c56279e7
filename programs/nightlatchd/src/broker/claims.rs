//! Claims: judged, made durable, carried out, answered, told — in this order.

use core::time::Duration;

use nightlatch_core::{Claim, Effect, Now, Record, Verdict};
use nightlatch_ticket::{Ack, Counter};

use super::error::BrokerError;
use super::round::Round;
use super::scribe::{Order, Written};
use super::words::{self, Carried};
use crate::channel::Reply;
use crate::clock;
use crate::log::Line;
use crate::random::SystemRandom;
use crate::state::ClientMark;

impl Round {
    /// Judges one claim. First what must be durable, then the gate, then the answer, then the log.
    pub(super) fn claim(&mut self, claim: &Claim) -> Result<(), BrokerError> {
        let now = clock::now();
        let judgement = self.gatekeeper.judge(claim, now);
        if let Some(record) = judgement.record {
            self.make_durable(record, now);
        }
        let verdict = &judgement.verdict;
        let carried = verdict
            .effect()
            .map_or(Carried::Out, |effect| self.obey(&effect));
        if carried == Carried::Refused
            && let Verdict::Grant(grant) = verdict
        {
            self.gatekeeper.withdraw(grant);
        }
        let micros = clock::now()
            .monotonic
            .saturating_since(now.monotonic)
            .as_micros();
        self.tallies.count(verdict, carried);
        let ack = if carried == Carried::Out {
            judgement.ack
        } else {
            judgement.unavailable()
        };
        if let Some(ack) = ack {
            self.answer(claim, &ack)?;
        }
        if carried == Carried::Out {
            self.tell(claim, verdict, u64::try_from(micros).unwrap_or(u64::MAX));
        }
        Ok(())
    }

    /// Changes the gate.
    pub(super) fn obey(&mut self, effect: &Effect) -> Carried {
        match self.firewall.apply(effect) {
            Ok(()) => Carried::Out,
            Err(error) => {
                self.log.say(Line::GateRefused {
                    cause: crate::because(&error),
                });
                Carried::Refused
            }
        }
    }

    /// A record is durable before its grant, unless the disk is full or stuck: that costs some protection
    /// from replay after a crash, not the knock.
    fn make_durable(&mut self, record: Record, now: Now) {
        let order = match record {
            Record::Watermark(watermark) => Some(Order::Watermark(watermark)),
            Record::Ahead { client, counter } => self
                .seats
                .mark(client)
                .map(|mark| Order::Ahead(mark, counter)),
        };
        if let Some(order) = order {
            self.scribe.order(order, DISK_PATIENCE, now);
            self.written(now);
        }
        if self.scribe.busy_for(clock::now()) > Some(STUCK) {
            self.state_fails("the disk takes very long".to_owned());
        }
    }

    /// While knocks go on, the watermark is raised before anybody needs it.
    pub(super) fn renew(&mut self) {
        let now = clock::now();
        if now.monotonic < self.renew_from || self.scribe.busy_for(now).is_some() {
            return;
        }
        let Some(watermark) = self.gatekeeper.renewal(now) else {
            return;
        };
        let order = if self.tallies.state_is_long {
            Order::Compact(watermark, self.counters())
        } else {
            Order::Watermark(watermark)
        };
        self.scribe.order(order, Duration::ZERO, now);
    }

    /// Takes over what the disk has by now.
    pub(super) fn written(&mut self, now: Now) {
        let written: Vec<Written> = self.scribe.bell.answer().collect();
        for Written { outcome, is_long } in written {
            self.tallies.state_is_long = is_long;
            match outcome {
                Ok(durable) => self.state_works(durable),
                Err(cause) => {
                    // A full disk is asked again in a while; asked at once it would be all we do.
                    self.renew_from = now.monotonic.saturating_add(DISK_PAUSE);
                    self.tallies.state_is_long = false;
                    self.state_fails(cause);
                }
            }
        }
    }

    /// Every counter, as the state keeps it.
    pub(super) fn counters(&self) -> Vec<(ClientMark, Counter)> {
        let present = self.seats.counters(self.gatekeeper.counters());
        present.chain(self.seats.departed()).collect()
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

    fn answer(&mut self, claim: &Claim, ack: &Ack) -> Result<(), BrokerError> {
        let sealed = self
            .gatekeeper
            .seal_ack(claim.client, ack, &mut SystemRandom);
        let reply = Reply {
            from: claim.destination.ip(),
            to: claim.source,
            sealed,
        };
        if !self.channel.reply(&reply)? {
            self.tallies.acks_lost = self.tallies.acks_lost.saturating_add(1);
        }
        Ok(())
    }

    /// Only authentic, first-time knocks reach the log: a recorded one could be sent a million times.
    fn tell(&self, claim: &Claim, verdict: &Verdict, micros: u64) {
        let client = || self.seats.client(claim.client);
        let address = claim.source.ip();
        match verdict {
            Verdict::Grant(grant) => self.log.say(Line::Granted {
                client: client(),
                service: self.seats.service(grant.service),
                address: grant.address,
                seconds: grant.lasts.as_secs(),
                micros,
            }),
            Verdict::Close(_) => self.log.say(Line::Closed {
                client: client(),
                address,
            }),
            Verdict::Answer(status) => self.log.say(Line::Answered {
                client: client(),
                address,
                answer: words::of_answer(*status).to_owned(),
            }),
            Verdict::Ignore(_) => {}
        }
    }
}

/// A disk in order takes a record in a fifth of a millisecond. One that is stuck must not lock anybody out.
const DISK_PATIENCE: Duration = Duration::from_millis(50);
/// Beyond this the administrator should know.
const STUCK: Duration = Duration::from_secs(1);
/// How long a disk that refused is left alone by the background; knocks that need it ask all the same.
const DISK_PAUSE: Duration = Duration::from_secs(5);
