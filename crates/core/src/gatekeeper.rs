//! The broker's half: holds the keys, keeps the counters and the grants, and believes nobody.

use alloc::vec::Vec;
use core::net::IpAddr;

use nightlatch_ticket::{Ack, Counter, PairKeys, SEALED_LENGTH, Sealed, seal_ack};
use rand_core::CryptoRng;

use crate::budget::Budgets;
use crate::durable::{Durable, Marks};
use crate::ledger::{Key, Ledger};
use crate::recovery::Recovery;
use crate::spent::Spent;
use crate::variants::Changing;
use crate::{
    ClientId, Effect, Grant, InForce, Instant, Now, Opening, Passage, Policy, Prefix, ServiceSet,
    Standing,
};

/// One who may knock. A million of them fit: 120 bytes each.
pub struct Client {
    /// What we have in common with him.
    pub keys: PairKeys,
    /// What he may open.
    pub may: ServiceSet,
    /// Whether he may send messages.
    pub may_tell: bool,
    /// The highest counter he has used.
    pub last: Counter,
}

/// Judges claims. It never waits, and touches nothing but its own memory.
pub struct Gatekeeper {
    pub(crate) policy: Policy,
    pub(crate) clients: Vec<Client>,
    pub(crate) durable: Durable,
    pub(crate) recovery: Recovery,
    pub(crate) ledger: Ledger,
    pub(crate) spent: Spent,
    pub(crate) budgets: Budgets,
    pub(crate) changing: Changing,
    /// Counts policies: a place in one of them means something else in the next.
    pub(crate) edition: u32,
    /// Since when nobody knows which lines and steps were used before.
    pub(crate) forgotten: Option<Instant>,
}

impl Gatekeeper {
    /// A gatekeeper as it starts: nobody is in, and the disk says who knocked before, and which
    /// lines and time steps of sequences were used ([`Record::Used`](crate::Record::Used)).
    pub fn new(
        policy: Policy,
        clients: Vec<Client>,
        marks: Marks,
        used: impl IntoIterator<Item = ([u8; 16], u64)>,
        now: Now,
    ) -> Self {
        Self {
            ledger: Ledger::new(policy.limits()),
            spent: Spent::new(used, &policy),
            budgets: Budgets::new(),
            changing: Changing::new(&policy, now),
            policy,
            clients,
            durable: Durable::new(marks),
            recovery: Recovery::new(now),
            edition: 0,
            forgotten: None,
        }
    }

    /// Notes that the state remembered nothing: what that means for sequences is warned of until a
    /// reload. The edge counts [`Policy::steps_in_doubt`] as used; which lines were, nobody knows.
    pub const fn forget(&mut self, now: Now) {
        self.forgotten = Some(now.monotonic);
    }

    /// Seals an answer for the client; for one that does not exist, noise.
    pub fn seal_ack(&self, client: ClientId, ack: &Ack, rng: &mut impl CryptoRng) -> Sealed {
        if let Some(client) = self.clients.get(client.index()) {
            return seal_ack(ack, &client.keys, rng);
        }
        let mut noise = [0; SEALED_LENGTH];
        rng.fill_bytes(&mut noise);
        noise
    }

    /// Takes over what the kernel holds open from a former life. What no service opens any more,
    /// or not for so long, the next [`Gatekeeper::expire`] corrects.
    pub fn adopt(&mut self, standing: Standing, now: Now) {
        let longest = self
            .policy
            .services()
            .iter()
            .filter(|service| is_opened_by(standing.opening, service))
            .map(|service| service.at_most)
            .max();
        self.ledger
            .adopt(standing, longest.unwrap_or_default(), now);
    }

    /// Forgets a grant that the kernel refused; the answer is [`Judgement::unavailable`] then.
    ///
    /// [`Judgement::unavailable`]: crate::Judgement::unavailable
    pub fn withdraw(&mut self, grant: &Grant) {
        if let Some(service) = self.policy.service(grant.service) {
            let key = Key {
                knocker: grant.knocker,
                service: grant.service,
                address: grant.address,
            };
            self.ledger.withdraw(key, service);
        }
    }

    /// Has the kernel told again of grants that were closed and that it did not end.
    pub fn put_right(&mut self, ended: &[Grant]) {
        self.ledger.put_right(ended);
    }

    /// The watermark that the background should write now, while knocks arrive.
    pub fn renewal(&self, now: Now) -> Option<Counter> {
        self.durable.renewal(now)
    }

    /// This watermark is on disk.
    pub fn synced(&mut self, watermark: Counter) {
        self.durable.synced(watermark);
    }

    /// Strikes out what has ended, a bounded number at a time: call it at the deadline.
    ///
    /// The kernel has closed those doors itself. What comes back are corrections: where somebody
    /// gave up or shortened his share of an opening, the kernel learns until when the others last.
    pub fn expire(&mut self, now: Now) -> Vec<Effect> {
        self.reap(ENDS_AT_ONCE, now);
        self.changing.tend(&self.policy, now);
        self.ledger.corrections(now)
    }

    /// When [`Gatekeeper::expire`] has something to do again, or [`Gatekeeper::variants`] changes
    /// with time; a moment in the past means at once.
    pub fn next_deadline(&self) -> Option<Instant> {
        if self.ledger.has_corrections() {
            return Some(Instant::default());
        }
        let deadlines = [self.ledger.next_end(), self.changing.next_step()];
        deadlines.into_iter().flatten().min()
    }

    /// The grants in force, for a status.
    pub fn grants(&self, now: Now) -> impl Iterator<Item = InForce> + '_ {
        self.ledger.grants(now).map(|(key, remaining)| InForce {
            knocker: key.knocker,
            service: key.service,
            address: key.address,
            remaining,
            passage: self
                .policy
                .service(key.service)
                .map_or(Passage::Lasting, |service| service.passage),
        })
    }

    /// Whether anybody holds a grant at one of these addresses.
    pub fn has_grant_within(&self, prefix: Prefix, now: Now) -> bool {
        if self.ledger.holds.has_within(prefix, now) {
            return true;
        }
        // What opens no port has no place among the openings.
        let runs_alone = |service: &crate::Service| service.ports.is_empty();
        self.policy.services().iter().any(runs_alone)
            && self
                .ledger
                .grants(now)
                .any(|(key, _)| prefix.contains(key.address))
    }

    /// What the kernel brought over from a former life, for a status: nobody knows whose it was. What
    /// somebody has been granted since is his, and stands among the grants.
    pub fn adopted(&self, now: Now) -> impl Iterator<Item = Standing> + '_ {
        let is_granted = move |opening| self.ledger.holds.is_granted(opening, now);
        let adopted = self.ledger.adopted(now);
        adopted.filter(move |standing| !is_granted(standing.opening))
    }

    /// What the kernel should hold open now, by all that it was told.
    pub fn standing(&self, now: Now) -> impl Iterator<Item = Standing> + '_ {
        self.ledger.standing(now)
    }

    /// The counter of every client that nothing is honoured up to: for the disk at a clean stop,
    /// and for a reload.
    ///
    /// What a crash left in doubt counts as used here. Else a clean stop soon after would clear
    /// the doubt, and honour once more what was honoured before the crash.
    pub fn counters(&self) -> impl Iterator<Item = (ClientId, Counter)> + '_ {
        let spent = |client: &Client| self.durable.clear_above(client.last);
        (0..).map(ClientId).zip(self.clients.iter().map(spent))
    }

    /// Every line and time step that was used, for the disk.
    pub fn used(&self) -> impl Iterator<Item = ([u8; 16], u64)> + '_ {
        self.spent.used()
    }

    /// Which edition of the policy is in force: what the listener has to say with each sequence.
    pub const fn edition(&self) -> u32 {
        self.edition
    }

    /// What may be opened, by whom, for how long.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn reap(&mut self, most: usize, now: Now) {
        self.ledger.expire(self.policy.services(), most, now);
    }
}

/// Whether a service opens this for somebody.
pub(crate) fn is_opened_by(opening: Opening, service: &crate::Service) -> bool {
    service.passage == opening.passage && service.ports.contains(&opening.port)
}

/// The address as the ledger knows it: IPv4 is IPv4, also when it comes dressed up as IPv6.
pub(crate) fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// Some 200 µs: a knock that comes in between does not notice it.
const ENDS_AT_ONCE: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_clients_fit_into_115_mib() {
        assert_eq!(size_of::<Client>(), 120);
    }
}
