//! Another policy and other clients: which grants find their place again, and which end.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::time::Duration;

use crate::effect::reopen;
use crate::gatekeeper::is_opened_by;
use crate::ledger::Key;
use crate::{
    Client, ClientId, Deed, Effect, Gatekeeper, Knocker, Now, Opening, Passage, Policy, SequenceId,
    ServiceId, TakenBack,
};

impl Gatekeeper {
    /// Takes another policy and other clients. Counters come with the clients, the grants stay:
    /// a client is the same if its keys are, a service if its name, ports, their places, sets and passage are, a
    /// sequence if it has its name and opens the same service. What has no home in the policy any
    /// more is closed. What was used of sequences stays so, whatever they are called now.
    pub fn reload(&mut self, policy: Policy, clients: Vec<Client>, now: Now) -> TakenBack {
        let moved = self.moved(&clients);
        let services = self.kept_services(&policy);
        let sequences = self.kept_sequences(&policy);
        let today = |key: Key| {
            let service = (*services.get(usize::from(key.service.0))?)?;
            let knocker = match key.knocker {
                Knocker::Client(client) => {
                    let client = *moved.get(&client)?;
                    let is_allowed = clients.get(client.index())?.may.contains(service);
                    is_allowed.then_some(Knocker::Client(client))?
                }
                Knocker::Sequence(id) => Knocker::Sequence((*sequences.get(usize::from(id.0))?)?),
            };
            Some(Key {
                knocker,
                service,
                ..key
            })
        };
        let grants = self.end_where(|key| today(key).is_none(), now);
        self.ledger
            .rename(|key| today(key).unwrap_or(key), policy.services());
        // A former life's grant may have been that of one who is gone: a door in doubt is shut.
        let is_in_doubt = self.ledger.adopted(now).next().is_some()
            && (self.has_vanished(&sequences) || self.has_left(&clients));
        let is_homeless = |opening| {
            let mut services = policy.services().iter();
            is_in_doubt || !services.any(|service| is_opened_by(opening, service))
        };
        let disowned = self.disown_where(is_homeless, now);
        self.ledger.limit(policy.limits());
        self.budgets.follow(&self.policy, &policy);
        self.spent.follow(&policy);
        self.changing.change();
        self.changing.tend(&policy, now);
        self.forgotten = None;
        self.policy = policy;
        self.edition = self.edition.wrapping_add(1);
        self.clients = clients;
        self.recovery.reset_budgets();
        self.taken_back(grants, disowned, now)
    }

    /// What puts a lost table back as it was. One-shot grants stay out: nobody knows which of them
    /// are used up, and knocking again is easy.
    pub fn restore(&self, now: Now) -> Vec<Effect> {
        let mut by_rest: BTreeMap<Duration, Vec<Opening>> = BTreeMap::new();
        for standing in self.standing(now) {
            if standing.opening.passage == Passage::Lasting {
                // Rounded up: nobody loses the rest of a second.
                let seconds = standing.remaining.as_secs().saturating_add(1);
                by_rest
                    .entry(Duration::from_secs(seconds))
                    .or_default()
                    .push(standing.opening);
            }
        }
        let mut effects = reopen(&by_rest);
        effects.extend(self.restore_members(now));
        effects
    }

    /// What puts addresses back into the administrator's sets when he has made these anew.
    pub fn restore_members(&self, now: Now) -> Vec<Effect> {
        self.ledger.members.restore(now)
    }

    /// Where the clients that hold grants stand in the roster to come; who is gone is missing.
    fn moved(&self, clients: &[Client]) -> BTreeMap<ClientId, ClientId> {
        let of_client = |id: ClientId| clients.get(id.index()).map(tag_key);
        let mut moved = BTreeMap::new();
        let mut sought = BTreeMap::new();
        for id in self.ledger.keys().filter_map(|key| key.knocker.client()) {
            let key = self.clients.get(id.index()).map(tag_key);
            if key == of_client(id) {
                moved.insert(id, id);
            } else if let Some(key) = key {
                sought.insert(key, id);
            }
        }
        if sought.is_empty() {
            return moved;
        }
        // One walk through the roster, however many have moved in it.
        let places = (0..).map(ClientId).zip(clients);
        moved.extend(places.filter_map(|(id, client)| Some((*sought.get(tag_key(client))?, id))));
        moved
    }

    /// Whether a client of now is missing among those to come.
    fn has_left(&self, clients: &[Client]) -> bool {
        let to_come: BTreeSet<&[u8; 32]> = clients.iter().map(tag_key).collect();
        let mut of_now = self.clients.iter().map(tag_key);
        of_now.any(|key| !to_come.contains(key))
    }

    /// Whether a sequence of now opened something and is missing in the policy to come.
    fn has_vanished(&self, kept: &[Option<SequenceId>]) -> bool {
        let mut now = self.policy.sequences().iter().zip(kept);
        now.any(|(sequence, kept)| sequence.deed == Deed::Open && kept.is_none())
    }

    /// For each service of now, where the same one stands in the policy to come.
    fn kept_services(&self, policy: &Policy) -> Vec<Option<ServiceId>> {
        let former = self.policy.services().iter();
        former
            .map(|former| {
                let (id, service) = policy.service_by_name(&former.name)?;
                // Where it leads is a part of it: nobody was granted another place.
                let is_same = service.ports == former.ports
                    && service.forwards == former.forwards
                    && service.passage == former.passage
                    && service.inserts == former.inserts;
                is_same.then_some(id)
            })
            .collect()
    }

    /// For each sequence of now, where the same one stands in the policy to come.
    fn kept_sequences(&self, policy: &Policy) -> Vec<Option<SequenceId>> {
        let former = self.policy.sequences().iter();
        former
            .map(|former| {
                let (id, sequence) = policy.sequence_by_name(&former.name)?;
                let service = self.policy.service(former.service)?;
                let is_same = sequence.deed == former.deed
                    && policy.service(sequence.service)?.name == service.name;
                is_same.then_some(id)
            })
            .collect()
    }
}

/// By which we know a client again: its own with this server, and nobody else's.
fn tag_key(client: &Client) -> &[u8; 32] {
    client.keys.tags().expose_bytes()
}
