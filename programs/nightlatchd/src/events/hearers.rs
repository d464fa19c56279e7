//! All who hear of events.

use core::time::Duration;
use std::os::fd::BorrowedFd;

use nightlatch_journal::Event;

use super::{Ended, Hearer, Role};
use crate::clock;

/// Everybody who is told; nobody is waited for.
#[derive(Debug, Default)]
pub(crate) struct Hearers {
    all: Vec<Hearer>,
}

impl Hearers {
    /// One more.
    pub(crate) fn add(&mut self, hearer: Hearer) {
        self.all.push(hearer);
    }

    /// Tells everybody what happened.
    pub(crate) fn report(&mut self, event: &Event) {
        for hearer in &mut self.all {
            hearer.offer(event);
        }
    }

    /// Takes what they say of themselves.
    pub(crate) fn listen(&mut self) {
        self.all.iter_mut().for_each(Hearer::listen);
    }

    /// Who ended since this was last asked.
    pub(crate) fn ended(&mut self) -> impl Iterator<Item = Ended> {
        self.all.iter_mut().filter_map(Hearer::ended)
    }

    /// Whether the end of one is seen, and not yet how: then it is worth asking again soon.
    pub(crate) fn lose_one(&self) -> bool {
        self.all.iter().any(Hearer::is_ending)
    }

    /// The one with this role, if it was ever started.
    pub(crate) fn with(&self, role: Role) -> Option<&Hearer> {
        self.all.iter().find(|hearer| hearer.role() == role)
    }

    /// What is to be watched for what they say.
    pub(crate) fn watched(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.all.iter().filter_map(Hearer::watched)
    }

    /// Lets all of them finish what they have, and waits so long for all together.
    pub(crate) fn end(self, patience: Duration) {
        let until = clock::now().monotonic.saturating_add(patience);
        // All at once: what one takes, no other lacks.
        self.all.iter().for_each(Hearer::finish);
        for hearer in self.all {
            // Whoever needs longer ends by itself: the way is closed.
            let _ = hearer.end(until);
        }
    }
}
