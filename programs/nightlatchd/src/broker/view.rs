//! The view: everything that `status` shows, put together when somebody asks.

use std::collections::BTreeMap;

use nightlatch_core::{Banning, Failure, Now, Refused, SequenceId, ServiceId, Verdict};
use nightlatch_firewall::Noise;

use super::deafness::Said;
use super::round::Round;
use super::sets::unfit;
use super::words::{self, Carried};
use crate::channel::{HeardAt, Hearing};
use crate::events::{Hearer, Role};
use crate::forwarding;
use crate::interfaces;
use crate::listener::{PLACES, Place};
use crate::state::Upkeep;
use crate::status::{
    BanStatus, GateStatus, GrantStatus, GuardStatus, HearingStatus, JournalStatus, LoudStatus,
    SequenceStatus, Status,
};
use crate::tally::Tally;

/// Numbers since the start, and what is wrong now.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    /// What the listener said last.
    pub(super) listener: Tally,
    /// What its sources heard and lost, in the order of the configuration.
    pub(super) hearing: Vec<HeardAt>,
    /// What was said of sources that are deaf.
    pub(super) deaf_said: Said,
    /// Verdicts by name.
    pub(super) verdicts: BTreeMap<&'static str, u64>,
    /// Acks for which the listener had no room.
    pub(super) acks_lost: u64,
    /// How often the gate was put back.
    pub(super) put_back: u64,
    /// Why the state is not durable, while it is not.
    pub(super) state_failing: Option<String>,
    /// What the state asks for.
    pub(super) upkeep: Upkeep,
    /// What became of commands, by name.
    pub(super) commands: BTreeMap<&'static str, u64>,
    /// What is wrong with the commands that are due later, while it is.
    pub(super) stops_failing: Option<&'static str>,
    /// How many of them wait for an action that the configuration does not have.
    pub(super) stops_orphaned: u32,
    /// What the listener said of itself.
    pub(super) listener_is: String,
    /// Whether the gate only exists on paper.
    pub(super) dry_run: bool,
    /// Whether the kernel keeps the gate from others.
    pub(super) owned: bool,
    /// When the round began.
    pub(super) since: Option<Now>,
}

impl Tallies {
    /// What some of the sources heard and lost by now. What is said of sources that do not exist is not kept.
    pub(super) fn hear(&mut self, hearing: Hearing) {
        let places = self.hearing.iter_mut().skip(hearing.first.into());
        for (place, heard) in places.zip(hearing.row) {
            *place = heard;
        }
    }

    /// One more verdict.
    pub(super) fn count(&mut self, verdict: &Verdict, carried: Carried) {
        let count = self
            .verdicts
            .entry(words::of_verdict(verdict, carried))
            .or_default();
        *count = count.saturating_add(1);
    }
}

impl Round {
    pub(super) fn view(&mut self, noise: Option<&Noise>, now: Now) -> Status {
        let since = self.tallies.since.unwrap_or(now);
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            up_seconds: now.monotonic.saturating_since(since.monotonic).as_secs(),
            dry_run: self.tallies.dry_run,
            clients: self.seats.len(),
            knock_port: self.reloading.fixed.knock_port,
            sources: self.sources(),
            hearing: self.hearing(),
            listener: self.tallies.listener_is.clone(),
            warnings: self.warnings(now),
            gate: GateStatus {
                guarded: self.plan.guarded.iter().map(ToString::to_string).collect(),
                owned: self.tallies.owned,
                put_back: self.tallies.put_back,
                knock_port_packets: noise.map_or(0, |noise| noise.knocks.packets),
                kept_out_packets: noise.map_or(0, |noise| noise.strangers.packets),
            },
            grants: self.grants(now),
            grants_in_force: self.grants_in_force(now),
            knocks: self.tallies.verdicts.clone(),
            ignored: self.ignored(),
            sequences: self.sequences(),
            guard: self.guard(noise, now),
            journal: self.journal(),
            commands: self.tallies.commands.clone(),
            notifications: self.notifications(),
        }
    }

    fn guard(&mut self, noise: Option<&Noise>, now: Now) -> GuardStatus {
        let loudest = self.guarding.loudest(now).into_iter();
        let guarding = &self.guarding;
        let bans = guarding.bans.in_force(now).map(|ban| BanStatus {
            source: ban.prefix.to_string(),
            remaining_seconds: ban.remaining.as_secs(),
        });
        GuardStatus {
            banning: guarding.banning == Banning::Ban,
            failures: self.failures(),
            loudest: loudest
                .map(|loud| LoudStatus {
                    source: loud.prefix.to_string(),
                    failure: loud.failure.name(),
                    count: loud.count,
                })
                .collect(),
            suspects: guarding.suspects,
            spared: guarding.spared.clone(),
            bans: bans.take(BANS_SHOWN).collect(),
            bans_in_force: guarding.bans.in_force(now).count(),
            banned_packets: noise.map_or(0, |noise| noise.banned.packets),
        }
    }

    fn journal(&self) -> JournalStatus {
        let clerk = self.hearers.with(Role::Clerk);
        let tidings = clerk.map(Hearer::tidings).unwrap_or_default();
        JournalStatus {
            enabled: clerk.is_some(),
            running: clerk.is_some_and(Hearer::is_there),
            failing: tidings.is_failing,
            kept: tidings.done,
            lost: tidings.lost,
        }
    }

    /// What is wrong with those who hear of events.
    fn of_hearers(&self) -> Option<String> {
        let journal = self.journal();
        if journal.enabled && !journal.running {
            return Some(
                "the process of the journal has ended: what happens is not kept until nightlatchd is started again"
                    .to_owned(),
            );
        }
        journal
            .failing
            .then(|| "the journal's disk takes nothing: what happens is lost".to_owned())
    }

    /// What the listener saw and what the broker refused, by one name each.
    fn failures(&self) -> BTreeMap<&'static str, u64> {
        let seen = self.ignored();
        let refused = &self.tallies.verdicts;
        let of_listener = Failure::SEEN.iter().map(|failure| failure.name());
        let of_listener = of_listener.filter_map(|name| Some((name, *seen.get(name)?)));
        let of_broker = Refused::ALL.iter().map(|reason| reason.name());
        let of_broker = of_broker.filter_map(|name| Some((name, *refused.get(name)?)));
        of_listener.chain(of_broker).collect()
    }

    fn missing_interfaces(&self) -> Vec<String> {
        interfaces::doubts(&self.reloading.fixed.interfaces)
    }

    fn sources(&self) -> Vec<String> {
        let sources = self.reloading.fixed.sources.iter();
        sources.map(ToString::to_string).collect()
    }

    fn hearing(&self) -> Vec<HearingStatus> {
        let sources = self.sources().into_iter();
        let told = sources.zip(&self.tallies.hearing);
        told.map(|(source, counted)| HearingStatus {
            source,
            heard: counted.heard,
            lost: counted.lost,
        })
        .collect()
    }

    fn grants(&self, now: Now) -> Vec<GrantStatus> {
        let known = self.gatekeeper.grants(now).map(|grant| GrantStatus {
            client: Some(self.seats.spoken(grant.knocker)),
            service: Some(self.seats.service(grant.service)),
            address: grant.address,
            ports: self.ports(grant.service),
            sets: self.sets(grant.service),
            remaining_seconds: grant.remaining.as_secs(),
        });
        let adopted = self.gatekeeper.adopted(now).map(|standing| GrantStatus {
            client: None,
            service: None,
            address: standing.opening.address,
            ports: vec![standing.opening.port.to_string()],
            sets: Vec::new(),
            remaining_seconds: standing.remaining.as_secs(),
        });
        known.chain(adopted).take(GRANTS_SHOWN).collect()
    }

    fn grants_in_force(&self, now: Now) -> usize {
        let adopted = self.gatekeeper.adopted(now).count();
        self.gatekeeper.grants(now).count().saturating_add(adopted)
    }

    fn sequences(&self) -> Vec<SequenceStatus> {
        let sequences = (0..)
            .map(SequenceId)
            .zip(self.gatekeeper.policy().sequences());
        sequences
            .map(|(id, sequence)| SequenceStatus {
                name: sequence.name.clone(),
                service: self.seats.service(sequence.service),
                method: words::of_method(&sequence.method),
                lines_left: self.gatekeeper.lines_left(id),
            })
            .collect()
    }

    fn ports(&self, service: ServiceId) -> Vec<String> {
        let service = self.gatekeeper.policy().service(service);
        service.map_or_else(Vec::new, |service| {
            service.ports.iter().map(ToString::to_string).collect()
        })
    }

    fn sets(&self, service: ServiceId) -> Vec<String> {
        let service = self.gatekeeper.policy().service(service);
        service.map_or_else(Vec::new, |service| {
            service.inserts.iter().map(ToString::to_string).collect()
        })
    }

    fn ignored(&self) -> BTreeMap<&'static str, u64> {
        let places = PLACES.iter().map(|place| {
            (
                place.name(),
                self.tallies.listener.at(Place::number(*place)),
            )
        });
        places.filter(|(_, count)| *count > 0).collect()
    }

    fn warnings(&mut self, now: Now) -> Vec<String> {
        // As they are now: the administrator may have mended them without a word to us.
        let sets = unfit(self.gatekeeper.policy(), self.firewall.as_mut());
        let sets = sets.into_iter().map(|unfit| unfit.line().to_string());
        let state = self
            .tallies
            .state_failing
            .as_ref()
            .map(|cause| format!("the state folder does not take writes: {cause}"));
        let gate = self
            .mend_at
            .map(|_| "the gate is not as it should be: it is tried again every second".to_owned());
        let stops = self.tallies.stops_failing.map(ToOwned::to_owned);
        let orphaned = self.tallies.stops_orphaned;
        let orphaned = (orphaned > 0).then(|| {
            format!("{orphaned} stop commands wait for actions that the configuration does not have: the log names them")
        });
        let untold = self.notifications().filter(|of| of.failing);
        let untold = untold.map(|_| UNTOLD.to_owned());
        state
            .into_iter()
            .chain(gate)
            .chain(stops)
            .chain(orphaned)
            .chain(self.of_hearers())
            .chain(sets)
            .chain(self.deaf())
            .chain(self.missing_interfaces())
            .chain(forwarding::doubts(&self.plan))
            .chain(untold)
            .chain(
                self.gatekeeper
                    .warnings(now)
                    .map(|warning| self.in_words(warning)),
            )
            .collect()
    }
}

const UNTOLD: &str = "somebody cannot be notified just now: the log says who, and why";

/// A page full; the number of all is told beside it.
const GRANTS_SHOWN: usize = 1000;
/// The same.
const BANS_SHOWN: usize = 1000;
