//! From sockets open to knocks heard: privileges given up, keys derived, grants adopted.

use std::collections::BTreeMap;

use nightlatch_config::Server;
use nightlatch_core::{Client, Gatekeeper, Marks, Now};
use nightlatch_firewall::{AddressTable, Firewall, Hold, Raised, SocketTable};
use nightlatch_ticket::Counter;

use super::alarms::Alarms;
use super::bell::{Bell, Rope};
use super::errands::Errands;
use super::error::BrokerError;
use super::guarding::Guarding;
use super::heralding::Heralding;
use super::keys::derive;
use super::rationing::Rationing;
use super::readiness::wait_until_listening;
use super::reload::{Fixed, Reloaded, Reloading};
use super::round::Round;
use super::scribe::Scribe;
use super::seats::Seats;
use super::sets::unfit;
use super::severing::Severing;
use super::signals::Signals;
use super::start::{begin, hand_over};
use super::view::Tallies;
use super::watching::Watching;
use crate::channel::{Channel, HeardAt};
use crate::clock;
use crate::events::Hearers;
use crate::forwarding;
use crate::log::{Form, Line, Log};
use crate::options::{Daemon, Means};
use crate::privilege::keep_net_admin;
use crate::sandbox::{Landlocked, confine_broker};
use crate::state::{ClientMark, Doubt, Remembered, StateFolder};
use crate::status::StatusSocket;
use crate::watchdog::{self, Watchdog};
use crate::{interfaces, log_ruleset};

/// What is open before the privileges go.
pub(super) struct Start<'a> {
    pub(super) options: &'a Daemon,
    pub(super) fixed: Fixed,
    pub(super) state: StateFolder,
    pub(super) remembered: Remembered,
    pub(super) socket: StatusSocket,
    pub(super) signals: Signals,
    pub(super) listener_is: String,
    pub(super) raised: Raised,
    pub(super) errands: Errands,
    pub(super) hearers: Hearers,
    pub(super) heralding: Heralding,
}

/// The firewall, whichever it is.
pub(super) type Gate = Box<dyn Firewall>;

impl<'s> Start<'s> {
    /// The rest of the start; where it fails, the firewall comes back so that it can be put right.
    pub(super) fn finish(
        self,
        server: Server,
        channel: Channel,
        mut firewall: Gate,
    ) -> Result<Round, (BrokerError, Gate)> {
        let prepared = self.prepare(&server, &channel, firewall.as_mut());
        match prepared {
            Ok(ready) => Ok(ready.into_round(server, channel, firewall)),
            Err(error) => Err((error, firewall)),
        }
    }

    /// From privileges gone to knocks heard.
    fn prepare(
        mut self,
        server: &Server,
        channel: &Channel,
        firewall: &mut dyn Firewall,
    ) -> Result<Prepared<'s>, BrokerError> {
        keep_net_admin()?;
        let landlocked = confine_broker(&server.state, &server.status_socket)?;
        let log = logged(server, landlocked)?;
        let now = clock::now();
        let marks = self.marks(server, &log, now);
        let clients = derive(
            server.server_key.as_ref(),
            &server.roster,
            &self.remembered.counters,
            &|done| {
                watchdog::starting(done, server.roster.len());
                log.say(Line::Deriving {
                    done,
                    clients: server.roster.len(),
                });
            },
        )?;
        hand_over(channel, &clients)?;
        let gatekeeper = self.gatekeeper(server, clients, marks, now);
        let gatekeeper = Self::adopt(gatekeeper, firewall, &log, now);
        let guarding = Guarding::start(
            (&server.guarding, &self.remembered.bans),
            (channel, firewall),
            &log,
            now,
        )?;
        let kernel = (SocketTable::open()?, AddressTable::open()?);
        let mut watching = Watching::new(kernel, server.in_use.clone());
        watching.follow(&gatekeeper, channel, now)?;
        begin(channel)?;
        wait_until_listening(channel, &self.signals)?;
        self.announce(server, &log, &gatekeeper, now);
        for unfit in unfit(&server.policy, firewall) {
            log.say(unfit.line());
        }
        let tallies = self.tallies(server, now);
        let reloads = bell()?;
        let scribe = Scribe::start(self.state, bell()?)
            .map_err(|cause| BrokerError::System("a thread", cause))?;
        Ok(Prepared {
            options: self.options,
            fixed: self.fixed,
            departed: self.remembered.counters,
            socket: self.socket,
            signals: self.signals,
            log,
            gatekeeper,
            reloads,
            scribe,
            tallies,
            watching,
            errands: self.errands,
            hearers: self.hearers,
            heralding: self.heralding,
            guarding,
            now,
        })
    }

    fn tallies(&self, server: &Server, now: Now) -> Tallies {
        Tallies {
            listener_is: self.listener_is.clone(),
            hearing: vec![HeardAt::default(); server.sources.len()],
            dry_run: self.options.dry_run,
            owned: self.raised.hold == Hold::Ours,
            since: Some(now),
            ..Tallies::default()
        }
    }

    /// A gatekeeper that knows what the state knows, and what it does not.
    fn gatekeeper(
        &self,
        server: &Server,
        clients: Vec<Client>,
        marks: Marks,
        now: Now,
    ) -> Gatekeeper {
        let used = self.remembered.counters.iter();
        let used = used.map(|(mark, counter)| (*mark, counter.0));
        let mut gatekeeper = Gatekeeper::new(server.policy.clone(), clients, marks, used, now);
        if self.remembered.doubt == Some(Doubt::Lost) {
            gatekeeper.forget(now);
        }
        gatekeeper
    }

    /// Takes over what a life before this one opened, as the kernel lists it.
    fn adopt(
        mut gatekeeper: Gatekeeper,
        firewall: &mut dyn Firewall,
        log: &Log,
        now: Now,
    ) -> Gatekeeper {
        match firewall.standing() {
            Ok(standing) => standing
                .into_iter()
                .for_each(|standing| gatekeeper.adopt(standing, now)),
            // They end by themselves in the kernel; only `status` does not know of them.
            Err(error) => log.say(Line::GateRefused {
                cause: crate::because(&error),
            }),
        }
        gatekeeper
    }

    fn announce(&self, server: &Server, log: &Log, gatekeeper: &Gatekeeper, now: Now) {
        for warning in &server.warnings {
            log.say(Line::ConfigDoubtful {
                warning: warning.to_string(),
            });
        }
        let doubts = forwarding::doubts(&server.gate).into_iter();
        let doubts = doubts.chain(interfaces::doubts(&server.interfaces));
        for warning in doubts.chain(log_ruleset::doubts(server)) {
            log.say(Line::Warned { warning });
        }
        log.say(Line::GateRaised {
            guarded: server.gate.guarded.len(),
            hold: in_words(self.options.means(), self.raised.hold),
            adopted: gatekeeper.adopted(now).count(),
            running: self.raised.running,
        });
        log.say(Line::Ready {
            clients: server.roster.len(),
            knock_port: server.knock_port,
            sources: server.sources.iter().map(ToString::to_string).collect(),
            sequences: server.policy.sequences().len(),
            listener: self.listener_is.clone(),
        });
    }
}

/// Everything that the round needs and that the configuration does not hold.
struct Prepared<'a> {
    options: &'a Daemon,
    fixed: Fixed,
    departed: BTreeMap<ClientMark, Counter>,
    socket: StatusSocket,
    signals: Signals,
    log: Log,
    gatekeeper: Gatekeeper,
    reloads: (Bell<Reloaded>, Rope<Reloaded>),
    scribe: Scribe,
    tallies: Tallies,
    watching: Watching,
    errands: Errands,
    hearers: Hearers,
    heralding: Heralding,
    guarding: Guarding,
    now: Now,
}

/// The log, which first says how far the broker could be confined.
fn logged(server: &Server, landlocked: Landlocked) -> Result<Log, BrokerError> {
    let log =
        Log::start(Form::of(server.log)).map_err(|cause| BrokerError::System("a thread", cause))?;
    if landlocked != Landlocked::Fully {
        log.say(Line::Warned {
            warning: "this kernel's Landlock does not confine the broker to its folders".to_owned(),
        });
    }
    Ok(log)
}

impl Prepared<'_> {
    fn into_round(self, server: Server, channel: Channel, firewall: Gate) -> Round {
        let (reloads, done) = self.reloads;
        watchdog::ready(server.roster.len());
        Round {
            channel,
            gatekeeper: self.gatekeeper,
            firewall,
            scribe: self.scribe,
            reloading: Reloading {
                config: self.options.file(),
                fixed: self.fixed,
                done,
                is_under_way: false,
                is_wanted_again: false,
            },
            seats: Seats::new(server.roster, &server.policy, self.departed),
            plan: server.gate,
            watching: self.watching,
            errands: self.errands,
            hearers: self.hearers,
            heralding: self.heralding,
            guarding: self.guarding,
            severing: Severing::default(),
            reloads,
            signals: self.signals,
            socket: self.socket,
            log: self.log,
            watchdog: Watchdog::new(self.now),
            tallies: self.tallies,
            alarms: Alarms::default(),
            rationing: Rationing::default(),
            look_after_sets_at: self.now.monotonic,
            renew_from: self.now.monotonic,
            mend_at: None,
        }
    }
}

fn bell<T>() -> Result<(Bell<T>, Rope<T>), BrokerError> {
    Bell::new().map_err(|cause| BrokerError::System("a descriptor to wait on", cause))
}

fn in_words(means: Means, hold: Hold) -> String {
    match hold {
        _ if means == Means::Paper => "on paper only".to_owned(),
        Hold::Ours => "kept by the kernel, also from other programs".to_owned(),
        Hold::Shared => {
            "watched, since this kernel does not keep it from other programs".to_owned()
        }
    }
}
