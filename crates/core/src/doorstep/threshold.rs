//! The listener's half: tells knocks from noise, and holds nothing that opens a door.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};

use nightlatch_ticket::{Epoch, Span, TagKey};
use nightlatch_wire::{Observation, Transport};

use super::{Glance, Ignored};
use crate::gathering::Gathering;
use crate::quota::Quota;
use crate::sequence::{Faces, Walks};
use crate::shelves::{Hearing, Shelves};
use crate::{Instant, Now, PortRange, Protocol, Variant};

/// Where every packet is looked at first, by a process that holds no key to any seal.
pub struct Doorstep {
    pub(super) knock_port: Option<u16>,
    pub(super) shelves: Shelves,
    /// What replaces the shelves once they are complete.
    pub(super) successor: Option<Shelves>,
    pub(super) quota: Quota,
    pub(super) faces: Faces,
    pub(super) walks: Walks,
    /// Of which policy the sequences are that are walked.
    pub(super) edition: u32,
    /// Only where encrypted sequences are heard.
    pub(super) gathering: Option<Gathering>,
    pub(super) deadline: Instant,
    pub(super) tended: Epoch,
    pub(super) changes: u64,
}

/// Where knocks are heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DoorstepPlan {
    /// Where tickets and messages arrive over UDP, if anybody has a key.
    pub knock_port: Option<u16>,
    /// Over which ports, and by which packets, encrypted sequences are sent, if they are heard.
    pub span: Option<(Span, Protocol)>,
}

impl Doorstep {
    /// A doorstep that knows every client at once, and watches for no sequence yet. The secret is
    /// random and of the edge's drawing.
    pub fn new(plan: DoorstepPlan, clients: Vec<TagKey>, secret: [u8; 16], now: Now) -> Self {
        let gathering = plan
            .span
            .map(|(span, carrier)| Gathering::new(span, carrier));
        let mut shelves = Shelves::new(clients, hearing(gathering.as_ref()), now.unix);
        // Before the first packet there is nobody to keep waiting.
        shelves.build(usize::MAX, now.unix);
        let mut doorstep = Self {
            knock_port: plan.knock_port,
            shelves,
            successor: None,
            quota: Quota::new(secret),
            faces: Faces::new(secret),
            walks: Walks::nowhere(),
            edition: 0,
            gathering,
            deadline: now.monotonic,
            tended: Epoch::at(now.unix),
            changes: 0,
        };
        doorstep.tend(now);
        doorstep
    }

    /// Watches for these sequences of this edition of the policy from now on, and for no other.
    ///
    /// Touches where a port is in use do not lead anybody astray: the host's own services are used
    /// while somebody knocks. A range of them in which a step waits counts as closed.
    pub fn replace_variants(
        &mut self,
        edition: u32,
        variants: Vec<Variant>,
        ports_in_use: &[PortRange],
    ) {
        self.edition = edition;
        self.walks.replace(variants, ports_in_use);
    }

    /// Looks at one packet. Call it in the order in which they came; it never blocks.
    ///
    /// Of noise to the knock port nothing is kept. Of touches there is, for a while and within a
    /// fixed bound of memory, what may be a part of something.
    pub fn observe(&mut self, observation: &Observation<'_>, now: Now) -> Glance {
        match observation.transport {
            Transport::Udp(datagram) if Some(datagram.destination_port) == self.knock_port => {
                let ends = (observation.source, observation.destination);
                self.knock(&datagram, ends, now)
            }
            _ => self.touch(observation, now),
        }
    }

    /// Catches up before an honest knock is taken for noise, if the clock jumped or we slept.
    /// Strangers cannot make this happen more than once for each epoch.
    pub(super) fn catch_up(&mut self, now: Now) {
        if self.tended != Epoch::at(now.unix) || self.shelves.is_behind(now.unix) {
            self.tend(now);
        }
    }
}

/// For which labels there has to be a shelf.
pub(super) const fn hearing(gathering: Option<&Gathering>) -> Hearing {
    match gathering {
        Some(_) => Hearing::TicketsAndFrames,
        None => Hearing::Tickets,
    }
}

/// Source and destination as they are told to the broker. Nobody can answer other sources, and
/// nobody opens a door for them.
pub(crate) fn hosts(source: IpAddr, destination: IpAddr) -> Result<(IpAddr, IpAddr), Ignored> {
    let (source, destination) = (source.to_canonical(), destination.to_canonical());
    let is_everybody = source == IpAddr::V4(Ipv4Addr::BROADCAST);
    let is_host = !source.is_unspecified() && !source.is_multicast() && !is_everybody;
    if is_host && !destination.is_multicast() {
        Ok((source, destination))
    } else {
        Err(Ignored::NoHost)
    }
}
