//! The street: a doorstep alone, and everybody who passes by or touches its ports.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;

use nightlatch_core::{
    Claim, Doorstep, DoorstepPlan, Glance, Instant, Now, PortRange, Sentry, SequenceId, Step,
    Suspect, Variant,
};
use nightlatch_ticket::{TagKey, UnixTime};
use nightlatch_wire::{Link, read};

use crate::{KNOCK_PORT, Packet};

/// A doorstep without a broker behind it, and a clock.
pub struct Street {
    /// What looks at the packets.
    pub doorstep: Doorstep,
    now: Now,
    sent: u32,
}

impl Street {
    /// Nobody has a key; nothing is watched for yet.
    pub fn new() -> Self {
        Self::with(DoorstepPlan::default(), Vec::new())
    }

    /// A doorstep of this plan that knows these clients.
    pub fn with(plan: DoorstepPlan, clients: Vec<TagKey>) -> Self {
        let now = Now {
            monotonic: Instant::from_duration(Duration::from_secs(1000)),
            unix: UnixTime::from_secs(1_900_000_500),
        };
        Self {
            doorstep: Doorstep::new(plan, clients, [9; 16], now),
            now,
            sent: 0,
        }
    }

    /// A street on which plain sequences of connection attempts are watched for, within ten
    /// seconds each.
    pub fn watching(sequences: &[&[u16]]) -> Self {
        let mut street = Self::new();
        street.watch(Self::plain(sequences));
        street
    }

    /// The variants of these sequences, which have the numbers of their places.
    pub fn plain(sequences: &[&[u16]]) -> Vec<Variant> {
        let steps = |ports: &[u16]| ports.iter().copied().map(Step::tcp).collect();
        let numbered = (0..).zip(sequences);
        numbered
            .map(|(id, ports)| variant(id, steps(ports)))
            .collect()
    }

    /// Watches for these from now on, with no port in use.
    pub fn watch(&mut self, variants: Vec<Variant>) {
        self.doorstep.replace_variants(0, variants, &[]);
    }

    /// The same, with these ports in use.
    pub fn watch_beside(&mut self, variants: Vec<Variant>, in_use: &[PortRange]) {
        self.doorstep.replace_variants(0, variants, in_use);
    }

    /// Sends a packet; from [`Street::WALKER`] unless it says from where.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "what the test kit writes can be read"
    )]
    pub fn send(&mut self, packet: &Packet) -> Glance {
        self.sent = self.sent.wrapping_add(1);
        let frame = packet.frame(self.sent, Self::WALKER);
        let observation = read(&frame, Link::Ip).expect("a packet of ours is readable");
        self.doorstep.observe(&observation, self.now)
    }

    /// Sends a packet past a sentry; says whom the sentry suspects for it.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "what the test kit writes can be read"
    )]
    pub fn pass(&mut self, packet: &Packet, sentry: &mut Sentry) -> Option<Suspect> {
        self.sent = self.sent.wrapping_add(1);
        let frame = packet.frame(self.sent, Self::WALKER);
        let observation = read(&frame, Link::Ip).expect("a packet of ours is readable");
        let glance = self.doorstep.observe(&observation, self.now);
        sentry.observe(&observation, &glance, self.now)
    }

    /// Attempts to connect to these ports, one after the other; says which sequences were complete.
    pub fn knock(&mut self, ports: &[u16]) -> Vec<SequenceId> {
        self.walk(ports.iter().copied().map(Packet::syn))
    }

    /// Sends these packets, one after the other; says which sequences were complete.
    pub fn walk(&mut self, packets: impl IntoIterator<Item = Packet>) -> Vec<SequenceId> {
        let glances = packets.into_iter().map(|packet| self.send(&packet));
        let done = glances.filter_map(|glance| match glance {
            Glance::Claim(Claim::Sequence(claim)) => Some(claim.sequence),
            _ => None,
        });
        done.collect()
    }

    /// What both clocks say.
    pub const fn now(&self) -> Now {
        self.now
    }

    /// Lets time pass.
    pub fn wait(&mut self, while_: Duration) {
        self.now.monotonic = self.now.monotonic.saturating_add(while_);
        self.now.unix = self.now.unix.saturating_add(while_);
        if self.doorstep.next_deadline() <= Some(self.now.monotonic) {
            self.doorstep.tend(self.now);
        }
    }

    /// Who sends, unless a packet says otherwise.
    pub const WALKER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 18, 0, 1));

    /// Where tickets would arrive.
    pub const KNOCK_PORT: u16 = KNOCK_PORT;
}

impl Default for Street {
    fn default() -> Self {
        Self::new()
    }
}

/// The only variant of a plain sequence, to be walked within ten seconds.
pub fn variant(id: u16, steps: Vec<Step>) -> Variant {
    Variant {
        sequence: SequenceId(id),
        number: 0,
        steps,
        within: Duration::from_secs(10),
    }
}
