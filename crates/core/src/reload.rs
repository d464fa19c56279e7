//! Another policy, other clients, or a change of mind: which grants end before their time.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use crate::effect::{in_pieces, reopen};
use crate::gatekeeper::{is_opened_by, plain};
use crate::ledger::Key;
use crate::{Client, ClientId, Effect, Gatekeeper, Now, Opening, Passage, Policy, ServiceId};

/// Whose grants the administrator takes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoke {
    /// Everybody's, also what the kernel brought over from a former life.
    Everything,
    /// One client's.
    Client(ClientId),
    /// One service's.
    Service(ServiceId),
    /// Everybody's at one address.
    Address(IpAddr),
}

impl Gatekeeper {
    /// Takes grants back before their time.
    pub fn revoke(&mut self, which: Revoke, now: Now) -> Vec<Effect> {
        let is_meant = |key: Key| match which {
            Revoke::Everything => true,
            Revoke::Client(client) => key.client == client,
            Revoke::Service(service) => key.service == service,
            Revoke::Address(address) => key.address == plain(address),
        };
        let mut openings = self.end_where(is_meant, now);
        let service = match which {
            Revoke::Service(id) => self.policy.service(id).cloned(),
            _ => None,
        };
        openings.extend(self.disown_where(
            |opening| {
                match which {
                    Revoke::Everything => true,
                    // Whose it is, nobody knows: it may be anybody's.
                    Revoke::Client(_) => false,
                    Revoke::Service(_) => service
                        .as_ref()
                        .is_some_and(|service| is_opened_by(opening, service)),
                    Revoke::Address(address) => opening.address == plain(address),
                }
            },
            now,
        ));
        self.effects(&openings, now)
    }

    /// Takes another policy and other clients. Counters come with the clients, the grants stay:
    /// a client is the same if its keys are, a service if its name, ports and passage are. What
    /// has no home in the policy any more is closed.
    pub fn reload(&mut self, policy: Policy, clients: Vec<Client>, now: Now) -> Vec<Effect> {
        let moved = self.moved(&clients);
        let services = self.kept_services(&policy);
        let today = |key: Key| {
            let client = *moved.get(&key.client)?;
            let service = (*services.get(usize::from(key.service.0))?)?;
            let is_allowed = clients.get(client.index())?.may.contains(service);
            is_allowed.then_some(Key {
                client,
                service,
                ..key
            })
        };
        let mut openings = self.end_where(|key| today(key).is_none(), now);
        self.ledger
            .rename(|key| today(key).unwrap_or(key), policy.services());
        // A former life's grant may have been that of a client who is gone: a door in doubt is shut.
        let is_in_doubt = self.ledger.adopted(now).next().is_some() && self.has_left(&clients);
        let is_homeless = |opening| {
            let mut services = policy.services().iter();
            is_in_doubt || !services.any(|service| is_opened_by(opening, service))
        };
        openings.extend(self.disown_where(is_homeless, now));
        self.ledger.limit(policy.limits());
        self.policy = policy;
        self.clients = clients;
        self.recovery.reset_budgets();
        self.effects(&openings, now)
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
        reopen(&by_rest)
    }

    /// Where the clients that hold grants stand in the roster to come; who is gone is missing.
    fn moved(&self, clients: &[Client]) -> BTreeMap<ClientId, ClientId> {
        let of_client = |id: ClientId| clients.get(id.index()).map(tag_key);
        let mut moved = BTreeMap::new();
        let mut sought = BTreeMap::new();
        for id in self.ledger.keys().map(|key| key.client) {
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

    /// For each service of now, where the same one stands in the policy to come.
    fn kept_services(&self, policy: &Policy) -> Vec<Option<ServiceId>> {
        let former = self.policy.services().iter();
        former
            .map(|former| {
                let (id, service) = policy.service_by_name(&former.name)?;
                let is_same = service.ports == former.ports && service.passage == former.passage;
                is_same.then_some(id)
            })
            .collect()
    }

    /// What closes, and what that means for those who share an opening with somebody.
    fn effects(&mut self, closing: &[Opening], now: Now) -> Vec<Effect> {
        let mut effects = in_pieces(closing);
        effects.extend(self.ledger.corrections(now));
        effects
    }

    fn end_where(&mut self, is_meant: impl Fn(Key) -> bool, now: Now) -> Vec<Opening> {
        let meant: Vec<Key> = self.ledger.keys().filter(|key| is_meant(*key)).collect();
        let mut openings = Vec::new();
        for key in meant {
            if let Some(service) = self.policy.service(key.service) {
                openings.extend(self.ledger.end(key, service, now));
            }
        }
        openings
    }

    fn disown_where(&mut self, is_meant: impl Fn(Opening) -> bool, now: Now) -> Vec<Opening> {
        let adopted = self.ledger.adopted(now).map(|standing| standing.opening);
        let meant: Vec<Opening> = adopted.filter(|opening| is_meant(*opening)).collect();
        let mut openings = meant;
        openings.retain(|opening| self.ledger.disown(*opening, now));
        openings
    }
}

/// By which we know a client again: its own with this server, and nobody else's.
fn tag_key(client: &Client) -> &[u8; 32] {
    client.keys.tags().expose_bytes()
}
