//! The reload: read and derived beside the round, taken over at once, or refused whole.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::thread::Builder;

use nightlatch_config::{ConfigError, Guarding, Journal, Roster, Server, SourceChoice};
use nightlatch_core::{ActionId, Client, GatePlan, Instant, Policy, PortRange, Protocol};
use nightlatch_firewall::RaiseError;
use nightlatch_ticket::{Counter, Span};
use thiserror::Error;

use super::alarms::Alarms;
use super::bell::Rope;
use super::error::BrokerError;
use super::guarding::tell_of_failures;
use super::heralding::plan_of;
use super::keys::{WeakClient, derive};
use super::reporting::event;
use super::round::Round;
use super::seats::Seats;
use super::start::{begin, hand_over};
use super::words::Carried;
use crate::clock;
use crate::config_file::ConfigFile;
use crate::errand::{Plan, RunnerError};
use crate::events::Kind;
use crate::forwarding;
use crate::herald::{self, CertificatesError};
use crate::log::{Form, Line};
use crate::log_ruleset;
use crate::privilege::{Identity, PrivilegeError};
use crate::state::{ClientMark, mark_of};
use crate::watchdog;

/// Starts reloads, one at a time.
pub(super) struct Reloading {
    pub(super) config: ConfigFile,
    pub(super) fixed: Fixed,
    pub(super) done: Rope<Reloaded>,
    pub(super) is_under_way: bool,
    pub(super) is_wanted_again: bool,
}

/// What only a restart changes: it was opened or given up before the privileges went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) knock_port: Option<u16>,
    pub(super) sources: Vec<SourceChoice>,
    pub(super) interfaces: nightlatch_config::Interfaces,
    state: PathBuf,
    status_socket: PathBuf,
    span: Option<(Span, Protocol)>,
    has_sequences: bool,
    pub(super) has_actions: bool,
    pub(super) journal: Option<Journal>,
    has_notifications: bool,
    pub(super) identity: Identity,
}

/// A configuration that is ready to be taken over, or why it was refused.
pub(super) type Reloaded = Result<Box<Fresh>, ReloadError>;

/// Why a new configuration was refused; the one in force stays.
#[derive(Debug, Error)]
pub(super) enum ReloadError {
    /// It is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A client's key is unusable.
    #[error(transparent)]
    Client(#[from] WeakClient),
    /// It changes what was opened before the privileges went.
    #[error("`{0}` changes with a restart only\n  `systemctl restart nightlatchd`, or put it back")]
    Fixed(&'static str),
    /// The user of the listener does not exist.
    #[error(transparent)]
    User(#[from] PrivilegeError),
    /// The user of an action does not exist.
    #[error(transparent)]
    Action(#[from] RunnerError),
    /// Certificates of a webhook are none.
    #[error(transparent)]
    Certificates(#[from] CertificatesError),
    /// The system gave no thread to read it in.
    #[error(
        "the system has no thread to read the configuration in\n  reload again when it is less busy"
    )]
    Thread(#[source] io::Error),
    /// The kernel refused the new gate.
    #[error(transparent)]
    Gate(#[from] RaiseError),
}

impl ReloadError {
    /// When the gate is to be put up again behind this; what is due already stays so.
    fn mend_at(&self, due: Option<Instant>) -> Option<Instant> {
        match self {
            // Should the kernel have taken a part of it, the old one comes back at once.
            Self::Gate(_) => Some(Instant::default()),
            _ => due,
        }
    }
}

/// A configuration that is ready to be taken over.
pub(super) struct Fresh {
    policy: Policy,
    gate: GatePlan,
    roster: Roster,
    clients: Vec<Client>,
    in_use: Vec<PortRange>,
    errands: Plan,
    heralding: herald::Plan,
    messages: Option<ActionId>,
    guarding: Guarding,
    warnings: Vec<String>,
}

impl Fixed {
    pub(super) fn of(server: &Server) -> Result<Self, PrivilegeError> {
        let identity = Identity::of(&server.user)?;
        Ok(Self {
            knock_port: server.knock_port,
            sources: server.sources.clone(),
            interfaces: server.interfaces.clone(),
            state: server.state.clone(),
            status_socket: server.status_socket.clone(),
            span: server.span.clone(),
            has_sequences: !server.policy.sequences().is_empty(),
            has_actions: !server.actions.is_empty(),
            journal: server.journal,
            has_notifications: !server.notifications.is_empty(),
            identity,
        })
    }

    /// Which setting differs, by its name in the file.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let differences = [
            (self.knock_port != other.knock_port, "knock-port"),
            (self.sources != other.sources, "sources"),
            (self.interfaces != other.interfaces, "interfaces"),
            (self.state != other.state, "state"),
            (self.status_socket != other.status_socket, "status-socket"),
            (self.identity != other.identity, "user"),
            (self.span != other.span, "encrypted-sequence"),
            (self.journal != other.journal, "journal"),
            // Gone they may be; but nobody watches for the first, and nobody runs it.
            (!self.has_sequences && other.has_sequences, "sequence"),
            (!self.has_actions && other.has_actions, "action"),
            (!self.has_notifications && other.has_notifications, "notify"),
        ];
        differences
            .into_iter()
            .find_map(|(differs, name)| differs.then_some(name))
    }
}

impl Reloading {
    /// Reads and derives in a thread of its own; the round goes on with what is in force.
    pub(super) fn begin(&mut self) {
        if self.is_under_way {
            // The file may have changed since it was read.
            self.is_wanted_again = true;
            return;
        }
        self.is_under_way = true;
        watchdog::reloading();
        let (config, fixed, done) = (self.config.clone(), self.fixed.clone(), self.done.clone());
        let rope = done.clone();
        let reading = move || done.ring(read(&config, &fixed).map(Box::new));
        if let Err(cause) = Builder::new().spawn(reading) {
            rope.ring(Err(ReloadError::Thread(cause)));
        }
    }

    /// One is over; another begins if it was asked for meanwhile.
    fn end(&mut self) {
        self.is_under_way = false;
        if core::mem::take(&mut self.is_wanted_again) {
            self.begin();
        }
    }
}

fn read(config: &ConfigFile, fixed: &Fixed) -> Result<Fresh, ReloadError> {
    let server = config.load()?;
    if let Some(name) = fixed.difference(&Fixed::of(&server)?) {
        return Err(ReloadError::Fixed(name));
    }
    let nobody = BTreeMap::new();
    let clients = derive(server.server_key.as_ref(), &server.roster, &nobody, &|_| ())?;
    let warnings = server.warnings.iter().map(ToString::to_string);
    let warnings = warnings.chain(log_ruleset::doubts(&server)).collect();
    let heralding = plan_of(&server, fixed.identity)?;
    Ok(Fresh {
        policy: server.policy,
        gate: server.gate,
        roster: server.roster,
        clients,
        in_use: server.in_use,
        errands: Plan::of(&server.actions, Form::of(server.log))?,
        heralding,
        messages: server.messages,
        guarding: server.guarding,
        warnings,
    })
}

impl Round {
    /// Takes a configuration over: gate first, since it is what may fail, then everything else, which cannot.
    pub(super) fn reloaded(&mut self, fresh: Reloaded) -> Result<(), BrokerError> {
        let taken = fresh.and_then(|fresh| {
            let _ = self.firewall.raise(&fresh.gate)?;
            Ok(fresh)
        });
        match taken {
            Ok(fresh) => self.take_over(*fresh)?,
            Err(error) => {
                self.mend_at = error.mend_at(self.mend_at);
                let cause = crate::because(&error);
                self.report(&event(Kind::ReloadRefused).saying(&cause));
                self.log.say(Line::ReloadRefused { cause });
            }
        }
        self.reloading.end();
        watchdog::ready(self.seats.len());
        Ok(())
    }

    fn take_over(&mut self, fresh: Fresh) -> Result<(), BrokerError> {
        let Fresh {
            policy,
            gate,
            roster,
            mut clients,
            in_use,
            errands,
            heralding,
            messages,
            guarding,
            warnings,
        } = fresh;
        let last: BTreeMap<ClientMark, Counter> = self.counters().into_iter().collect();
        for (client, line) in clients.iter_mut().zip(roster.iter()) {
            client.last = last.get(&mark_of(&line.key)).copied().unwrap_or(Counter(0));
        }
        hand_over(&self.channel, &clients)?;
        begin(&self.channel)?;
        self.plan = gate;
        self.sum_all_refusals_up();
        let seats = Seats::new(roster, &policy, last);
        let taken = self.gatekeeper.reload(policy, clients, clock::now());
        // What ended is called by the names that it had.
        self.undo(&taken.grants, clock::now())?;
        self.severing.note(&taken.grants);
        self.errands.replace(&errands, messages)?;
        self.heralding
            .replan(&heralding)
            .map_err(BrokerError::Herald)?;
        self.seats = seats;
        // Decoys before the ports in use: together they say what counts.
        tell_of_failures(&self.channel, &guarding)?;
        self.watching.replace(in_use);
        self.guard_by(guarding);
        // Sequences have other places now; and who reloads wants to know what is wrong still.
        self.alarms = Alarms::default();
        let closed = taken
            .effects
            .iter()
            .filter(|effect| self.obey(effect) == Carried::Out)
            .count();
        for warning in forwarding::doubts(&self.plan) {
            self.log.say(Line::Warned { warning });
        }
        for warning in warnings {
            self.log.say(Line::ConfigDoubtful { warning });
        }
        self.look_sets_up();
        self.log.say(Line::Reloaded {
            clients: self.seats.len(),
            closed,
        });
        let closed = u64::try_from(closed).unwrap_or(u64::MAX);
        self.report(&event(Kind::Reloaded).counting(closed));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_file_calls_no_repair_off() {
        let soon = Some(Instant::from_duration(core::time::Duration::from_secs(7)));
        let mistake = ReloadError::Fixed("sources");
        assert_eq!(mistake.mend_at(soon), soon);
        assert_eq!(mistake.mend_at(None), None);
        let by_the_kernel = ReloadError::Gate(RaiseError::HeldByAnother { port: None });
        assert_eq!(by_the_kernel.mend_at(soon), Some(Instant::default()));
    }
}
