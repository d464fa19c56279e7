//! The listener's half: tells knocks from noise, and holds nothing that opens a door.

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use nightlatch_ticket::{Epoch, Tag, TagKey, as_sealed, nonce_of, tag_of};
use nightlatch_wire::{Datagram, Observation, Transport};

use crate::quota::Quota;
use crate::shelf::Shelf;
use crate::{Claim, Instant, Now};

/// Where every packet is looked at first, by a process that holds no key to any seal.
pub struct Doorstep {
    knock_port: u16,
    shelf: Shelf,
    /// What replaces the shelf once it is complete.
    successor: Option<Shelf>,
    quota: Quota,
    deadline: Instant,
    tended: Epoch,
    changes: u64,
}

/// What became of one observation.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glance {
    /// Somebody knows a valid tag: the broker is to judge it.
    Claim(Claim),
    /// Noise; nothing of it is kept.
    Ignore(Ignored),
}

/// Why an observation was no knock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ignored {
    /// Not UDP to the knock port.
    NotForUs,
    /// A source that no host has, or a destination that is many hosts.
    NoHost,
    /// Another length than a sealed packet has.
    WrongLength,
    /// A tag that nobody has now.
    UnknownTag,
    /// More under this client's tag from this address than anybody knocks.
    OverQuota,
}

impl Doorstep {
    /// A doorstep that knows every client at once. The secret is random and of the edge's drawing.
    pub fn new(knock_port: u16, clients: Vec<TagKey>, secret: [u8; 16], now: Now) -> Self {
        let mut shelf = Shelf::new(clients, now.unix);
        // Before the first packet there is nobody to keep waiting.
        shelf.build(usize::MAX, now.unix);
        let mut doorstep = Self {
            knock_port,
            shelf,
            successor: None,
            quota: Quota::new(secret),
            deadline: now.monotonic,
            tended: Epoch::at(now.unix),
            changes: 0,
        };
        doorstep.tend(now);
        doorstep
    }

    /// Looks at one packet. Noise costs one walk over neighbouring memory, and leaves no trace.
    pub fn observe(&mut self, observation: &Observation<'_>, now: Now) -> Glance {
        match observation.transport {
            Transport::Udp(datagram) if datagram.destination_port == self.knock_port => {
                let ends = (observation.source, observation.destination);
                self.ticket(&datagram, ends, now)
            }
            _ => Glance::Ignore(Ignored::NotForUs),
        }
    }

    /// Prepares the tags of the epoch to come, a bounded slice at a time: call it at the deadline.
    pub fn tend(&mut self, now: Now) {
        let changed = match &mut self.successor {
            Some(successor) => {
                successor.build(SLICE, now.unix);
                let is_ready = !successor.is_behind(now.unix);
                is_ready && self.succeed()
            }
            None => self.shelf.build(SLICE, now.unix),
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
        self.successor = Some(Shelf::new(clients, now.unix));
        for _ in 0..SLICES_AT_ONCE {
            self.tend(now);
            if self.successor.is_none() && self.shelf.is_complete() {
                break;
            }
        }
    }

    /// Every tag that is recognised now: for a filter in the kernel, when they are few.
    pub fn current_tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.shelf.tags()
    }

    /// A number that changes whenever [`Doorstep::current_tags`] does.
    pub const fn tags_changed(&self) -> u64 {
        self.changes
    }

    fn ticket(
        &mut self,
        datagram: &Datagram<'_>,
        (source, destination): (IpAddr, IpAddr),
        now: Now,
    ) -> Glance {
        let Ok(sealed) = as_sealed(datagram.payload) else {
            return Glance::Ignore(Ignored::WrongLength);
        };
        if self.tended != Epoch::at(now.unix) || self.shelf.is_behind(now.unix) {
            // The clock jumped, or we slept: catch up before an honest knock is taken for noise.
            // Strangers cannot make this happen more than once for each epoch.
            self.tend(now);
        }
        let [draw, ..] = nonce_of(sealed);
        let Some((client, tagged)) = self.shelf.find(tag_of(sealed), draw) else {
            return Glance::Ignore(Ignored::UnknownTag);
        };
        let source = source.to_canonical();
        let destination = destination.to_canonical();
        if !is_host(source) || destination.is_multicast() {
            return Glance::Ignore(Ignored::NoHost);
        }
        if !self.quota.take(client, tagged, source, now.monotonic) {
            return Glance::Ignore(Ignored::OverQuota);
        }
        Glance::Claim(Claim {
            client,
            tagged,
            source: SocketAddr::new(source, datagram.source_port),
            destination: SocketAddr::new(destination, datagram.destination_port),
            sealed: *sealed,
        })
    }

    fn succeed(&mut self) -> bool {
        let Some(successor) = self.successor.take() else {
            return false;
        };
        self.shelf = successor;
        true
    }

    fn until_next(&self, now: Now) -> Duration {
        if self.successor.is_some() || self.shelf.is_behind(now.unix) {
            return Duration::ZERO;
        }
        if !self.shelf.is_complete() {
            return PACE;
        }
        let turn = Epoch::at(now.unix).next().begins();
        turn.saturating_since(now.unix).min(CLOCK_CHECK)
    }
}

/// Nobody can answer the others, and nobody opens a door for them.
fn is_host(address: IpAddr) -> bool {
    let is_everybody = address == IpAddr::V4(core::net::Ipv4Addr::BROADCAST);
    !address.is_unspecified() && !address.is_multicast() && !is_everybody
}

impl Ignored {
    /// Every reason in its order, so that they can be counted in an array: `reason as usize`.
    pub const ALL: [Self; 5] = [
        Self::NotForUs,
        Self::NoHost,
        Self::WrongLength,
        Self::UnknownTag,
        Self::OverQuota,
    ];
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotForUs => "not for us",
            Self::NoHost => "no host",
            Self::WrongLength => "wrong length",
            Self::UnknownTag => "unknown tag",
            Self::OverQuota => "over quota",
        })
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
    use nightlatch_ticket::{SEALED_LENGTH, UnixTime};

    use super::*;

    fn now() -> Now {
        Now {
            monotonic: Instant::default(),
            unix: UnixTime::from_secs(1_900_000_500),
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
            transport: Transport::Udp(Datagram {
                source_port: 4000,
                destination_port: 1,
                payload: &payload,
            }),
            unseen: nightlatch_wire::Unseen::NOTHING,
        };
        matches!(doorstep.observe(&knock, now()), Glance::Claim(_))
    }

    #[test]
    fn a_few_clients_are_replaced_at_once() {
        let mut doorstep = Doorstep::new(1, keys(0..10), [1; 16], now());
        let generation = doorstep.tags_changed();
        doorstep.replace_clients(keys(5..20), now());
        assert!(!is_known(&mut doorstep, 4) && is_known(&mut doorstep, 19));
        assert_eq!(doorstep.current_tags().count(), 60);
        assert_ne!(doorstep.tags_changed(), generation);
    }

    #[test]
    fn while_many_clients_are_made_ready_the_former_ones_get_in() {
        let mut doorstep = Doorstep::new(1, keys(0..10), [1; 16], now());
        let many = u32::try_from(SLICE * SLICES_AT_ONCE).unwrap();
        doorstep.replace_clients(keys(5..many), now());
        assert!(is_known(&mut doorstep, 4), "the others are not ready");
        while doorstep.successor.is_some() {
            assert!(is_known(&mut doorstep, 5));
            doorstep.tend(now());
        }
        assert!(!is_known(&mut doorstep, 4) && is_known(&mut doorstep, many - 1));
    }

    #[test]
    fn every_reason_has_its_own_place_in_a_tally() {
        for (place, reason) in Ignored::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
        }
    }
}
