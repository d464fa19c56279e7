//! What happens to the broker: crashes, stops, reloads, an administrator's change of mind.

use alloc::vec::Vec;

use nightlatch_core::{Client, Gatekeeper, Policy, Revoke, ServiceSet};
use nightlatch_ticket::Counter;

use crate::roster::{roster, tag_keys};
use crate::{Person, Scene};

impl Scene {
    /// The broker dies and is started again; the kernel and the disk stay as they are.
    pub fn crash(&mut self) {
        self.start();
    }

    /// The broker stops as it should and is started again.
    pub fn stop_and_start(&mut self) {
        self.disk.write_all(self.gatekeeper.counters());
        self.start();
    }

    /// The broker dies, and its folder with it.
    pub fn lose_state(&mut self) {
        let window = self.now.unix.saturating_add(nightlatch_core::WINDOW);
        self.disk.lose(Counter(window.as_nanos()));
        let doubtful = self.gatekeeper.policy().steps_in_doubt(self.now);
        doubtful.for_each(|(mark, step)| self.disk.remember(mark, step));
        self.start();
        self.gatekeeper.forget(self.now);
    }

    fn start(&mut self) {
        self.restart_with(self.gatekeeper.policy().clone());
    }

    /// Starts with what the disk and the kernel say, and with this policy.
    pub fn restart_with(&mut self, policy: Policy) {
        let clients = roster(self.people.len(), &self.server, |id| self.disk.counter(id));
        self.gatekeeper = Gatekeeper::new(
            policy,
            clients,
            self.disk.marks(),
            self.disk.used(),
            self.now,
        );
        for standing in self.door.standing(self.now.monotonic) {
            self.gatekeeper.adopt(standing, self.now);
        }
        self.meet_deadlines();
    }

    /// Reloads with another policy, and with the people of these numbers in this order.
    pub fn reload(&mut self, policy: Policy, numbers: &[u32], may: ServiceSet) {
        let former: Vec<Counter> = self.gatekeeper.counters().map(|(_, last)| last).collect();
        let clients: Vec<Client> = numbers
            .iter()
            .map(|number| Client {
                keys: Person::keys_of_server(*number, &self.server),
                may,
                may_tell: true,
                last: usize::try_from(*number)
                    .ok()
                    .and_then(|number| former.get(number).copied())
                    .unwrap_or_default(),
            })
            .collect();
        self.doorstep.replace_clients(tag_keys(&clients), self.now);
        let taken = self.gatekeeper.reload(policy, clients, self.now);
        self.carry_out(&taken.effects);
        self.ended.extend(taken.grants);
    }

    /// A reload after which nobody may tell anything.
    pub fn forbid_to_tell(&mut self) {
        let mut clients = roster(self.people.len(), &self.server, |_| Counter(0));
        for (client, (_, last)) in clients.iter_mut().zip(self.gatekeeper.counters()) {
            (client.may_tell, client.last) = (false, last);
        }
        let policy = self.gatekeeper.policy().clone();
        let taken = self.gatekeeper.reload(policy, clients, self.now);
        self.carry_out(&taken.effects);
    }

    /// The administrator takes grants back.
    pub fn revoke(&mut self, which: Revoke) {
        let taken = self.gatekeeper.revoke(which, self.now);
        self.carry_out(&taken.effects);
        self.ended.extend(taken.grants);
    }

    /// Somebody deleted the table; it is put back.
    pub fn restore_the_door(&mut self) {
        self.door.lose();
        let effects = self.gatekeeper.restore(self.now);
        self.carry_out(&effects);
    }
}
