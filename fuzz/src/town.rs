//! A day at the door, in memory: clients, a server, its disk, its kernel, and somebody who records it all.
//!
//! The kernel is a model so naive that it is easy to believe: a map of open doors with their ends.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use nightlatch_core::{
    Claim, Doorstep, DoorstepPlan, Effect, Gatekeeper, Glance, Marks, Now, Opening, Passage,
    Record, Standing, TicketClaim,
};
use nightlatch_ticket::{Ack, Counter, Request, Sealed, Tagged, UnixTime, seal};
use nightlatch_wire::{Datagram, Observation, Transport, Unseen};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;

use crate::people::{LONGEST, People, noon};
use crate::witness::{Sent, Witness};

/// Everything there is, and everything that must hold.
pub struct Town {
    /// The server's two clocks.
    pub now: Now,
    /// Everything that was sent and judged.
    pub witness: Witness,
    pub(crate) rng: ChaCha12Rng,
    doorstep: Doorstep,
    gatekeeper: Gatekeeper,
    disk: Disk,
    kernel: BTreeMap<Opening, Duration>,
    /// How often doors were put back, each time for whole seconds, rounded up.
    flushes: u32,
}

/// What a crash leaves.
#[derive(Default)]
struct Disk {
    watermark: Counter,
    last: BTreeMap<usize, Counter>,
}

impl Town {
    /// A town at noon, with nobody in.
    pub fn at_noon() -> Self {
        let marks = Marks {
            floor: Counter(0),
            watermark: Counter(0),
        };
        let clients = People::all().clients();
        let plan = DoorstepPlan {
            knock_port: Some(KNOCK_PORT),
            span: None,
        };
        let keys = (0..usize::from(People::CLIENTS))
            .map(|client| People::all().pair(client).tag_key())
            .collect();
        Self {
            now: noon(),
            witness: Witness::default(),
            rng: ChaCha12Rng::from_seed([42; 32]),
            doorstep: Doorstep::new(plan, keys, [6; 16], noon()),
            gatekeeper: Gatekeeper::new(People::policy(), clients, marks, [], noon()),
            disk: Disk::default(),
            kernel: BTreeMap::new(),
            flushes: 0,
        }
    }

    /// A client seals a request; the recorder keeps a copy.
    pub fn seal(&mut self, client: usize, request: Request, tagged: Tagged) -> Sent {
        let sealed = seal(&request, tagged, People::all().pair(client), &mut self.rng);
        let sent = Sent {
            sealed,
            client,
            request,
            tagged,
        };
        self.witness.recorded.push(sent);
        sent
    }

    /// A packet comes in from an address, whoever sent it; perhaps it is answered.
    pub fn deliver(&mut self, payload: &[u8], source: IpAddr) -> Option<Ack> {
        self.tend();
        let datagram = Datagram {
            source_port: 40_000,
            destination_port: KNOCK_PORT,
            payload,
        };
        let observation = Observation {
            source,
            destination: SERVER,
            hops: 60,
            identification: None,
            unfragmentable: None,
            length: 128,
            transport: Transport::Udp(datagram),
            unseen: Unseen::NOTHING,
        };
        match self.doorstep.observe(&observation, self.now) {
            Glance::Ignore(_) | Glance::Advance(_) | Glance::Claims(_) => None,
            Glance::Claim(claim) => match Claim::from_bytes(&claim.to_bytes()).unwrap() {
                Claim::Ticket(ticket) => self.judge(&ticket),
                other => unreachable!("this town knows nothing but tickets: {other:?}"),
            },
        }
    }

    /// The broker judges a claim, as honest or as crooked as the listener made it.
    pub fn judge(&mut self, claim: &TicketClaim) -> Option<Ack> {
        let judgement = self.gatekeeper.judge(&Claim::Ticket(*claim), self.now);
        self.witness.check(claim, &judgement, self.now);
        match judgement.record {
            Some(Record::Watermark(watermark)) => self.sync(watermark),
            Some(Record::Ahead { client, counter }) => self.disk.note(client.0 as usize, counter),
            Some(Record::Used { .. }) => unreachable!("this town knows no sequences"),
            None => {}
        }
        if let Some(effect) = judgement.verdict.effect() {
            self.obey(&effect);
        }
        if let Some(watermark) = self.gatekeeper.renewal(self.now) {
            self.sync(watermark);
        }
        judgement.ack
    }

    /// Time goes on, on both clocks.
    pub fn wait(&mut self, duration: Duration) {
        self.now.monotonic = self.now.monotonic.saturating_add(duration);
        self.now.unix = self.now.unix.saturating_add(duration);
        self.tend();
    }

    /// Somebody sets the server's clock.
    pub fn set_clock(&mut self, to: UnixTime) {
        self.now.unix = to;
        self.tend();
    }

    /// The daemon starts again, after a clean stop or a crash; the kernel has not noticed.
    pub fn restart(&mut self, crashed: bool) {
        if crashed {
            self.witness.forget_answers();
        } else {
            self.disk.last = self
                .gatekeeper
                .counters()
                .map(|(client, last)| (client.0 as usize, last))
                .collect();
            self.disk.watermark = Counter(0);
        }
        let mut clients = People::all().clients();
        for (place, client) in clients.iter_mut().enumerate() {
            client.last = self.disk.last.get(&place).copied().unwrap_or_default();
        }
        let marks = Marks {
            floor: self.disk.watermark,
            watermark: self.disk.watermark,
        };
        self.gatekeeper = Gatekeeper::new(People::policy(), clients, marks, [], self.now);
        for (opening, end) in self.open() {
            let remaining = end - self.now.monotonic.since_start();
            self.gatekeeper
                .adopt(Standing { opening, remaining }, self.now);
        }
    }

    /// Another program flushes the ruleset, and the daemon puts the gate back.
    pub fn flush(&mut self) {
        let before: BTreeMap<_, _> = self.open().collect();
        self.kernel.clear();
        self.flushes += 1;
        for effect in self.gatekeeper.restore(self.now) {
            self.obey(&effect);
        }
        for (opening, end) in &self.kernel {
            let former = before
                .get(opening)
                .expect("a door was put back that was not open");
            assert!(
                *end <= *former + Duration::from_secs(1),
                "a door was put back for longer than before"
            );
        }
    }

    /// A connection comes in: true if it gets through. One-shot openings are used up by it.
    pub fn connect(&mut self, opening: Opening) -> bool {
        let is_open = self.open().any(|(open, _)| open == opening);
        if is_open && opening.passage == Passage::OneShot {
            self.kernel.remove(&opening);
        }
        is_open
    }

    fn open(&self) -> impl Iterator<Item = (Opening, Duration)> + use<> {
        let now = self.now.monotonic.since_start();
        let open = self.kernel.iter().map(|(opening, end)| (*opening, *end));
        open.filter(move |(_, end)| *end > now)
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn obey(&mut self, effect: &Effect) {
        let now = self.now.monotonic.since_start();
        match effect {
            Effect::Open { openings, lasts } => {
                let longest = LONGEST + Duration::from_secs(self.flushes.into());
                assert!(
                    !lasts.is_zero() && *lasts <= longest,
                    "opened for {lasts:?}"
                );
                self.kernel
                    .extend(openings.iter().map(|opening| (*opening, now + *lasts)));
            }
            Effect::Close { openings } => {
                self.kernel.retain(|opening, _| !openings.contains(opening))
            }
            _ => {}
        }
    }

    /// What the daemon's round does between two packets.
    fn tend(&mut self) {
        for _ in 0..ROUNDS {
            if self
                .doorstep
                .next_deadline()
                .is_some_and(|deadline| deadline <= self.now.monotonic)
            {
                self.doorstep.tend(self.now);
            }
            for effect in self.gatekeeper.expire(self.now) {
                self.obey(&effect);
            }
        }
        self.compare();
    }

    /// Our ledger knows every lasting door that the kernel holds open for longer than a moment.
    fn compare(&self) {
        let ours: BTreeSet<_> = self
            .gatekeeper
            .standing(self.now)
            .map(|standing| standing.opening)
            .collect();
        // A door that was put back stands up to a second longer: whole seconds, rounded up.
        let moment = self.now.monotonic.since_start() + Duration::from_secs(1);
        let lasting = self
            .open()
            .filter(|(opening, end)| opening.passage == Passage::Lasting && *end > moment);
        let forgotten: Vec<_> = lasting
            .filter(|(opening, _)| !ours.contains(opening))
            .collect();
        assert!(
            forgotten.is_empty(),
            "open in the kernel, unknown to the ledger: {forgotten:?}"
        );
    }

    fn sync(&mut self, watermark: Counter) {
        self.disk.watermark = self.disk.watermark.max(watermark);
        self.gatekeeper.synced(watermark);
    }
}

impl Disk {
    fn note(&mut self, client: usize, counter: Counter) {
        let last = self.last.entry(client).or_default();
        *last = counter.max(*last);
    }
}

/// Where a packet comes from, in either family.
pub fn address(number: u8) -> IpAddr {
    match number % 4 {
        0 => "192.0.2.1".parse().unwrap(),
        1 => "192.0.2.2".parse().unwrap(),
        2 => "2001:db8::1".parse().unwrap(),
        _ => "2001:db8::2".parse().unwrap(),
    }
}

/// The same packet as a crooked listener hands it on.
pub fn crooked(sealed: Sealed, client: u32, tagged: Tagged, source: IpAddr) -> TicketClaim {
    TicketClaim {
        client: nightlatch_core::ClientId(client),
        tagged,
        source: SocketAddr::new(source, 40_000),
        destination: SocketAddr::new(SERVER, KNOCK_PORT),
        sealed,
    }
}

const KNOCK_PORT: u16 = 62201;
const SERVER: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(198, 51, 100, 1));
/// The daemon tends a bounded slice at a time; so many slices are more than a few clients need.
const ROUNDS: usize = 8;
