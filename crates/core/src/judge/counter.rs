//! What a client's counter is worth: no request counts twice, however it came.

use nightlatch_ticket::Counter;

use crate::{ClientId, Gatekeeper, Now, Record};

/// What a counter is worth.
pub(super) enum Counted {
    /// It was used before.
    Before,
    /// A crash may have swallowed its use.
    InDoubt,
    /// It counts, once this is on disk.
    Now(Option<Record>),
}

impl Gatekeeper {
    /// Uses a counter up, whatever follows: one request earns one answer at most.
    pub(super) fn count(&mut self, id: ClientId, counter: Counter, now: Now) -> Counted {
        let Some(client) = self.clients.get_mut(id.index()) else {
            return Counted::Before;
        };
        if counter <= client.last {
            return Counted::Before;
        }
        client.last = counter;
        if self.durable.is_in_doubt(counter) {
            return Counted::InDoubt;
        }
        Counted::Now(self.durable.record(id, counter, now))
    }
}
