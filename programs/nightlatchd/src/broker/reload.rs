//! The reload: read and derived beside the round, taken over at once, or refused whole.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::thread;

use nightlatch_config::{Roster, Server, load_server};
use nightlatch_core::{Client, GatePlan, Policy};
use nightlatch_ticket::Counter;

use super::bell::Rope;
use super::error::BrokerError;
use super::keys::derive;
use super::round::Round;
use super::seats::Seats;
use super::start::hand_over;
use crate::clock;
use crate::log::Line;
use crate::state::{ClientMark, mark_of};
use crate::watchdog;

/// Starts reloads, one at a time.
pub(super) struct Reloading {
    pub(super) config: PathBuf,
    pub(super) fixed: Fixed,
    pub(super) done: Rope<Reloaded>,
    pub(super) is_under_way: bool,
}

/// What only a restart changes: it was opened or given up before the privileges went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    knock_port: u16,
    interfaces: nightlatch_config::Interfaces,
    state: PathBuf,
    status_socket: PathBuf,
    user: String,
}

/// A configuration that is ready to be taken over, or why it was refused.
pub(super) type Reloaded = Result<Box<Fresh>, String>;

/// A configuration that is ready to be taken over.
pub(super) struct Fresh {
    policy: Policy,
    gate: GatePlan,
    roster: Roster,
    clients: Vec<Client>,
    warnings: Vec<String>,
}

impl Fixed {
    pub(super) fn of(server: &Server) -> Self {
        Self {
            knock_port: server.gate.knock_port,
            interfaces: server.interfaces.clone(),
            state: server.state.clone(),
            status_socket: server.status_socket.clone(),
            user: server.user.clone(),
        }
    }

    /// Which setting differs, by its name in the file.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        let differences = [
            (self.knock_port != other.knock_port, "knock-port"),
            (self.interfaces != other.interfaces, "interfaces"),
            (self.state != other.state, "state"),
            (self.status_socket != other.status_socket, "status-socket"),
            (self.user != other.user, "user"),
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
            return;
        }
        self.is_under_way = true;
        watchdog::reloading();
        let (config, fixed, done) = (self.config.clone(), self.fixed.clone(), self.done.clone());
        thread::spawn(move || done.ring(read(&config, &fixed).map(Box::new)));
    }
}

fn read(config: &std::path::Path, fixed: &Fixed) -> Result<Fresh, String> {
    let server = load_server(config).map_err(|error| crate::because(&error))?;
    if let Some(name) = fixed.difference(&Fixed::of(&server)) {
        return Err(format!(
            "`{name}` changes with a restart only: `systemctl restart nightlatchd`"
        ));
    }
    let clients = derive(
        &server.server_key,
        &server.roster,
        &BTreeMap::new(),
        &|_| (),
    )
    .map_err(|error| error.to_string())?;
    let warnings = server.warnings.iter().map(ToString::to_string).collect();
    Ok(Fresh {
        policy: server.policy,
        gate: server.gate,
        roster: server.roster,
        clients,
        warnings,
    })
}

impl Round {
    /// Takes a configuration over: gate first, since it is what may fail, then everything else, which cannot.
    pub(super) fn reloaded(
        &mut self,
        fresh: Result<Box<Fresh>, String>,
    ) -> Result<(), BrokerError> {
        self.reloading.is_under_way = false;
        let taken = fresh.and_then(|fresh| match self.firewall.raise(&fresh.gate) {
            Ok(_) => Ok(fresh),
            Err(error) => Err(crate::because(&error)),
        });
        match taken {
            Ok(fresh) => self.take_over(*fresh)?,
            Err(cause) => self.log.say(Line::ReloadRefused { cause }),
        }
        watchdog::ready(self.seats.len());
        Ok(())
    }

    fn take_over(&mut self, fresh: Fresh) -> Result<(), BrokerError> {
        let Fresh {
            policy,
            gate,
            roster,
            mut clients,
            warnings,
        } = fresh;
        let last: BTreeMap<ClientMark, Counter> =
            self.seats.counters(self.gatekeeper.counters()).collect();
        for (client, line) in clients.iter_mut().zip(roster.iter()) {
            client.last = last.get(&mark_of(&line.key)).copied().unwrap_or(Counter(0));
        }
        hand_over(&self.channel, &clients)?;
        self.plan = gate;
        self.seats = Seats::new(roster, &policy);
        let effects = self.gatekeeper.reload(policy, clients, clock::now());
        let closed = effects.iter().filter(|effect| self.obey(effect)).count();
        for warning in warnings {
            self.log.say(Line::ConfigDoubtful { warning });
        }
        self.log.say(Line::Reloaded {
            clients: self.seats.len(),
            closed,
        });
        Ok(())
    }
}
