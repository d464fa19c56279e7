//! Seats: what the broker knows of its clients beside their keys — names, and their places in the state.

use std::collections::BTreeMap;

use nightlatch_config::Roster;
use nightlatch_core::{ClientId, Knocker, Policy, ServiceId};
use nightlatch_ticket::Counter;

use crate::state::{ClientMark, mark_of};

/// Names for the log, marks for the state; both in the order of the clients' numbers.
pub(crate) struct Seats {
    roster: Roster,
    services: Vec<String>,
    sequences: Vec<String>,
    marks: Vec<ClientMark>,
    /// Counters of those who were clients once: who comes back must not be open to his old knocks.
    departed: BTreeMap<ClientMark, Counter>,
}

impl Seats {
    /// Seats for these clients; `last` has the counters of everybody, whether he is still one or not.
    pub(crate) fn new(
        roster: Roster,
        policy: &Policy,
        mut last: BTreeMap<ClientMark, Counter>,
    ) -> Self {
        let marks: Vec<_> = roster.iter().map(|line| mark_of(&line.key)).collect();
        for mark in &marks {
            last.remove(mark);
        }
        let services = policy
            .services()
            .iter()
            .map(|service| service.name.clone())
            .collect();
        let sequences = policy
            .sequences()
            .iter()
            .map(|sequence| sequence.name.clone())
            .collect();
        Self {
            roster,
            services,
            sequences,
            marks,
            departed: last,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.marks.len()
    }

    /// The client's name.
    pub(crate) fn client(&self, client: ClientId) -> String {
        self.roster.name_of(client).unwrap_or("?").to_owned()
    }

    /// Whoever knocked, in words that tell a sequence from a client.
    pub(crate) fn spoken(&self, knocker: Knocker) -> String {
        match knocker {
            Knocker::Client(client) => self.client(client),
            Knocker::Sequence(_) => format!("sequence {}", self.knocker(knocker)),
        }
    }

    /// The name of whoever holds a grant.
    pub(crate) fn knocker(&self, knocker: Knocker) -> String {
        match knocker {
            Knocker::Client(client) => self.client(client),
            Knocker::Sequence(sequence) => self
                .sequences
                .get(usize::from(sequence.0))
                .map_or("?", String::as_str)
                .to_owned(),
        }
    }

    /// The service's name.
    pub(crate) fn service(&self, service: ServiceId) -> String {
        self.services
            .get(usize::from(service.0))
            .map_or("?", String::as_str)
            .to_owned()
    }

    /// Where the state keeps this client.
    pub(crate) fn mark(&self, client: ClientId) -> Option<ClientMark> {
        let place = usize::try_from(client.0).ok()?;
        self.marks.get(place).copied()
    }

    /// The counters of those who are no clients any more.
    pub(crate) fn departed(&self) -> impl Iterator<Item = (ClientMark, Counter)> + '_ {
        self.departed
            .iter()
            .map(|(mark, counter)| (*mark, *counter))
    }

    /// Counters as the state keeps them; a client who never knocked has none.
    pub(crate) fn counters(
        &self,
        counters: impl Iterator<Item = (ClientId, Counter)>,
    ) -> impl Iterator<Item = (ClientMark, Counter)> {
        counters
            .filter(|(_, counter)| counter.0 > 0)
            .filter_map(|(client, counter)| Some((self.mark(client)?, counter)))
    }
}
