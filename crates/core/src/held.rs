//! How many grants everybody has, so that nobody takes the others' places.

use alloc::vec::Vec;

use crate::{ClientId, Knocker, Limits};

/// How many grants everybody has.
pub(crate) struct Held {
    /// For each client; as long as the highest one that ever had any.
    clients: Vec<u32>,
    /// How many there are that no key stands behind.
    unproven: usize,
}

impl Held {
    pub(crate) const fn new() -> Self {
        Self {
            clients: Vec::new(),
            unproven: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.clients.clear();
        self.unproven = 0;
    }

    /// Whether he may have one more, as far as his own share goes.
    pub(crate) fn has_room(&self, knocker: Knocker, limits: Limits) -> bool {
        match knocker {
            Knocker::Client(client) => {
                let held = self.clients.get(client.index()).copied();
                held.unwrap_or_default() < limits.per_client
            }
            Knocker::Sequence(_) => !self.is_full_of_unproven(limits),
        }
    }

    /// Half of all: whoever knows a sequence, or has taken the listener over, fills so much and
    /// leaves the rest to those who hold a key.
    pub(crate) const fn is_full_of_unproven(&self, limits: Limits) -> bool {
        self.unproven >= limits.grants.div_ceil(2)
    }

    /// Counts one more, or one less.
    pub(crate) fn count(&mut self, knocker: Knocker, change: i8) {
        match knocker {
            Knocker::Client(client) => self.count_client(client, change),
            Knocker::Sequence(_) => {
                self.unproven = self.unproven.saturating_add_signed(change.into());
            }
        }
    }

    fn count_client(&mut self, client: ClientId, change: i8) {
        let place = client.index();
        if place >= self.clients.len() {
            self.clients.resize(place.saturating_add(1), 0);
        }
        if let Some(held) = self.clients.get_mut(place) {
            *held = held.saturating_add_signed(change.into());
        }
    }
}
