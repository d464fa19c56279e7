//! Keeps the shelves up with the time, a bounded slice at a time, and replaces them.

use alloc::vec::Vec;
use core::time::Duration;

use nightlatch_ticket::{Epoch, Tag, TagKey};

use super::Doorstep;
use super::threshold::hearing;
use crate::shelves::Shelves;
use crate::{Instant, Now};

impl Doorstep {
    /// Prepares the tags of the epoch to come, a bounded slice at a time: call it at the deadline.
    pub fn tend(&mut self, now: Now) {
        let changed = match &mut self.successor {
            Some(successor) => {
                successor.build(SLICE, now.unix);
                let is_ready = !successor.is_behind(now.unix);
                is_ready && self.succeed()
            }
            None => self.shelves.build(SLICE, now.unix),
        };
        self.changes = self.changes.wrapping_add(u64::from(changed));
        self.tended = Epoch::at(now.unix);
        self.deadline = now.monotonic.saturating_add(self.until_next(now));
    }

    /// When [`Doorstep::tend`] has something to do again.
    pub const fn next_deadline(&self) -> Option<Instant> {
        Some(self.deadline)
    }

    /// Recognises other clients from now on. The former ones are recognised until the table of the
    /// others is ready: at once for a few thousand, seconds later for a million.
    pub fn replace_clients(&mut self, clients: Vec<TagKey>, now: Now) {
        let hearing = hearing(self.gathering.as_ref());
        self.successor = Some(Shelves::new(clients, hearing, now.unix));
        for _ in 0..SLICES_AT_ONCE {
            self.tend(now);
            if self.successor.is_none() && self.shelves.is_complete() {
                break;
            }
        }
    }

    /// Every tag that is recognised now: for a filter in the kernel, when they are few.
    pub fn current_tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.shelves.tags()
    }

    /// A number that changes whenever [`Doorstep::current_tags`] does.
    pub const fn tags_changed(&self) -> u64 {
        self.changes
    }

    fn succeed(&mut self) -> bool {
        let Some(successor) = self.successor.take() else {
            return false;
        };
        self.shelves = successor;
        true
    }

    fn until_next(&self, now: Now) -> Duration {
        if self.successor.is_some() || self.shelves.is_behind(now.unix) {
            return Duration::ZERO;
        }
        if !self.shelves.is_complete() {
            return PACE;
        }
        let turn = Epoch::at(now.unix).next().begins();
        turn.saturating_since(now.unix).min(CLOCK_CHECK)
    }
}

/// Some 200 µs of hashing: a knock that comes in between does not notice it.
const SLICE: usize = 512;
/// Fifty milliseconds once, when the administrator asks for it.
const SLICES_AT_ONCE: usize = 256;
/// What is not urgent leaves nine tenths of the time to packets.
const PACE: Duration = Duration::from_millis(2);
/// Somebody may set the clock while we wait for the epoch's end.
const CLOCK_CHECK: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use core::net::IpAddr;

    use nightlatch_ticket::{SEALED_LENGTH, UnixTime};
    use nightlatch_wire::{Datagram, Observation, Transport, Unseen};

    use super::*;
    use crate::{DoorstepPlan, Glance};

    fn now() -> Now {
        Now {
            monotonic: Instant::default(),
            unix: UnixTime::from_secs(1_900_000_500),
        }
    }

    fn plan() -> DoorstepPlan {
        DoorstepPlan {
            knock_port: Some(1),
            span: None,
        }
    }

    fn key(client: u32) -> TagKey {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&client.to_be_bytes());
        TagKey::from_bytes(bytes)
    }

    fn keys(clients: core::ops::Range<u32>) -> Vec<TagKey> {
        clients.map(key).collect()
    }

    fn is_known(doorstep: &mut Doorstep, client: u32) -> bool {
        let mut payload = [0; SEALED_LENGTH];
        payload[..8].copy_from_slice(&key(client).epoch_tag(Epoch::at(now().unix)).0);
        let knock = Observation {
            source: IpAddr::from([198, 18, 0, 1]),
            destination: IpAddr::from([192, 0, 2, 1]),
            hops: 64,
            identification: None,
            unfragmentable: None,
            length: 128,
            unseen: Unseen::NOTHING,
            transport: Transport::Udp(Datagram {
                source_port: 4000,
                destination_port: 1,
                payload: &payload,
            }),
        };
        matches!(doorstep.observe(&knock, now()), Glance::Claim(_))
    }

    #[test]
    fn a_few_clients_are_replaced_at_once() {
        let mut doorstep = Doorstep::new(plan(), keys(0..10), [1; 16], now());
        let generation = doorstep.tags_changed();
        doorstep.replace_clients(keys(5..20), now());
        assert!(!is_known(&mut doorstep, 4) && is_known(&mut doorstep, 19));
        assert_eq!(doorstep.current_tags().count(), 60);
        assert_ne!(doorstep.tags_changed(), generation);
    }

    #[test]
    fn while_many_clients_are_made_ready_the_former_ones_get_in() {
        let mut doorstep = Doorstep::new(plan(), keys(0..10), [1; 16], now());
        let many = u32::try_from(SLICE * SLICES_AT_ONCE).unwrap();
        doorstep.replace_clients(keys(5..many), now());
        assert!(is_known(&mut doorstep, 4), "the others are not ready");
        while doorstep.successor.is_some() {
            assert!(is_known(&mut doorstep, 5));
            doorstep.tend(now());
        }
        assert!(!is_known(&mut doorstep, 4) && is_known(&mut doorstep, many - 1));
    }
}
