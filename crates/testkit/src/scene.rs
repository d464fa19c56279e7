//! The scene: a server with a door, and people in front of it.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use nightlatch_core::{
    Answers, Claim, Client, ClientId, Doorstep, Effect, Gatekeeper, Glance, Grant, Ignored,
    Instant, Judgement, Limits, Now, Policy, Record, Refused, Revoke, ServiceSet, Verdict,
};
use nightlatch_ticket::{
    Ack, Counter, Epoch, Kind, PairKeys, Request, Sealed, SecretKey, Status, TagKey, Tagged,
    UnixTime, open_ack, seal,
};
use nightlatch_wire::{Link, Unreadable, read};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::{Disk, Door, KNOCK_PORT, Person, SERVER_V4, frame_of, port, usual_policy};

/// A server with a door, and people in front of it.
pub struct Scene {
    now: Now,
    people: Vec<Person>,
    server: SecretKey,
    /// The listener's half.
    pub doorstep: Doorstep,
    /// The broker's half.
    pub gatekeeper: Gatekeeper,
    /// The kernel.
    pub door: Door,
    /// What survives a crash.
    pub disk: Disk,
    answer: Option<Sealed>,
    rng: ChaCha8Rng,
}

/// What became of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It was no packet we read.
    Unreadable(Unreadable),
    /// The doorstep took it for noise.
    Ignored(Ignored),
    /// The gatekeeper refused it without a word.
    Refused(Refused),
    /// The gatekeeper answered it and changed nothing.
    Answered(Status),
    /// A door opened.
    Opened(Grant),
    /// A grant ended early.
    Closed(Grant),
    /// It was granted and the kernel refused.
    Stuck,
}

impl Scene {
    /// One person, the usual services, sealed answers.
    pub fn new() -> Self {
        Self::with(1, Answers::Sealed, Limits::default())
    }

    /// So many people, each at an address of his own.
    pub fn with(people: u32, answers: Answers, limits: Limits) -> Self {
        Self::at(START, people, usual_policy(answers, limits))
    }

    /// So many people and this policy, at this time.
    pub fn at(start: UnixTime, people: u32, policy: Policy) -> Self {
        let server = SecretKey::from_bytes([0x33; 32]);
        let now = Now {
            monotonic: Instant::from_duration(Duration::from_secs(1000)),
            unix: start,
        };
        let home = |number: u32| {
            IpAddr::V4(Ipv4Addr::from_bits(
                FIRST_HOME.to_bits().saturating_add(number),
            ))
        };
        let people = (0..people).map(|number| Person::new(number, &server, home(number)));
        let people: Vec<Person> = people.collect();
        let clients = roster(people.len(), &server, |_| Counter(0));
        Self {
            doorstep: Doorstep::new(KNOCK_PORT, tag_keys(&clients), [9; 16], now),
            gatekeeper: Gatekeeper::new(policy, clients, Disk::default().marks(), now),
            now,
            people,
            server,
            door: Door::default(),
            disk: Disk::default(),
            answer: None,
            rng: ChaCha8Rng::from_seed([5; 32]),
        }
    }

    /// What both clocks say.
    pub const fn now(&self) -> Now {
        self.now
    }

    pub(crate) const fn set_now(&mut self, now: Now) {
        self.now = now;
    }

    /// One of the people.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a story is about people who are there"
    )]
    pub fn person(&mut self, who: usize) -> &mut Person {
        self.people.get_mut(who).expect("nobody has this number")
    }

    #[expect(clippy::expect_used, reason = "a story is about people who are there")]
    pub(crate) fn keys(&self, who: usize) -> &PairKeys {
        &self.people.get(who).expect("nobody has this number").keys
    }

    /// Seals a request with a person's keys.
    pub fn seal(&mut self, who: usize, request: &Request, tagged: Tagged) -> Sealed {
        let mut rng = self.rng.clone();
        let sealed = seal(request, tagged, self.keys(who), &mut rng);
        self.rng = rng;
        sealed
    }

    /// A ticket as the person would make it now, not sent yet.
    pub fn ticket(&mut self, who: usize, kind: Kind, service: &str) -> Sealed {
        let now = self.now.unix;
        let (request, tagged) = self.person(who).request(kind, service, now);
        self.seal(who, &request, tagged)
    }

    /// A person knocks once for a service.
    pub fn knock(&mut self, who: usize, service: &str) -> Came {
        let ticket = self.ticket(who, Kind::Knock, service);
        self.send_from(who, &ticket)
    }

    /// A person closes what he opened.
    pub fn close(&mut self, who: usize, service: &str) -> Came {
        let ticket = self.ticket(who, Kind::Close, service);
        self.send_from(who, &ticket)
    }

    /// Sends a payload from where the server sees a person.
    pub fn send_from(&mut self, who: usize, payload: &[u8]) -> Came {
        let address = self.person(who).seen_at;
        self.send(payload, address)
    }

    /// Sends a payload to the knock port from any address.
    pub fn send(&mut self, payload: &[u8], source: IpAddr) -> Came {
        self.deliver(&frame_of(payload, SocketAddr::new(source, SOURCE_PORT)))
    }

    /// Delivers a frame, and does all that the two processes would do about it.
    pub fn deliver(&mut self, frame: &[u8]) -> Came {
        self.answer = None;
        let observation = match read(frame, Link::Ip) {
            Ok(observation) => observation,
            Err(reason) => return Came::Unreadable(reason),
        };
        match self.doorstep.observe(&observation, self.now) {
            Glance::Claim(claim) => self.judge(&claim),
            Glance::Ignore(reason) => Came::Ignored(reason),
        }
    }

    /// Hands a claim to the broker as bytes, and does what it says.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "what we write we have to be able to read"
    )]
    pub fn judge(&mut self, claim: &Claim) -> Came {
        let claim = Claim::from_bytes(&claim.to_bytes()).expect("a claim reads as it was written");
        let judgement = self.gatekeeper.judge(&claim, self.now);
        if let Some(record) = judgement.record {
            self.write(record);
        }
        if let Some(watermark) = self.gatekeeper.renewal(self.now) {
            self.write(Record::Watermark(watermark));
        }
        let came = self.obey(&judgement);
        // What is due at once is done at once.
        let effects = self.gatekeeper.expire(self.now);
        self.carry_out(&effects);
        let ack = match came {
            Came::Stuck => judgement.unavailable(),
            _ => judgement.ack,
        };
        let rng = &mut self.rng;
        self.answer = ack.map(|ack| self.gatekeeper.seal_ack(claim.client, &ack, rng));
        came
    }

    fn write(&mut self, record: Record) {
        self.disk.write(record);
        if let Record::Watermark(watermark) = record {
            self.gatekeeper.synced(watermark);
        }
    }

    fn obey(&mut self, judgement: &Judgement) -> Came {
        let done = judgement
            .verdict
            .effect()
            .is_none_or(|effect| self.door.apply(&effect, self.now.monotonic));
        match &judgement.verdict {
            Verdict::Grant(grant) if done => Came::Opened(grant.clone()),
            Verdict::Grant(grant) => {
                self.gatekeeper.withdraw(grant);
                Came::Stuck
            }
            Verdict::Close(grant) => Came::Closed(grant.clone()),
            Verdict::Answer(status) => Came::Answered(*status),
            Verdict::Ignore(reason) => Came::Refused(*reason),
        }
    }

    /// The sealed answer to the last packet, if there was one.
    pub const fn take_answer(&mut self) -> Option<Sealed> {
        self.answer.take()
    }

    /// Opens an answer to the knock with this counter, as the person would.
    pub fn read_answer(&self, who: usize, answer: &Sealed, to: Counter) -> Option<Ack> {
        open_ack(answer, to, self.keys(who)).ok()
    }

    /// What the doorstep would hand on of a ticket that a person sends now.
    pub fn claim_of(&mut self, who: usize, sealed: &Sealed) -> Claim {
        Claim {
            client: ClientId(u32::try_from(who).unwrap_or(u32::MAX)),
            tagged: Tagged::Now(Epoch::at(self.now.unix)),
            source: SocketAddr::new(self.person(who).seen_at, SOURCE_PORT),
            destination: SocketAddr::new(IpAddr::V4(SERVER_V4), KNOCK_PORT),
            sealed: *sealed,
        }
    }

    /// Whether the last packet was answered.
    pub const fn is_answered(&self) -> bool {
        self.answer.is_some()
    }

    /// Whether somebody at this address would get through to this port now.
    pub fn is_open(&self, address: IpAddr, number: u16) -> bool {
        self.door.is_open(address, port(number), self.now.monotonic)
    }

    /// Connects from an address to a port, if that is possible.
    pub fn connect(&mut self, address: IpAddr, number: u16) -> bool {
        self.door.connect(address, port(number), self.now.monotonic)
    }

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
        self.start();
    }

    fn start(&mut self) {
        self.restart_with(self.gatekeeper.policy().clone());
    }

    /// Starts with what the disk and the kernel say, and with this policy.
    pub fn restart_with(&mut self, policy: Policy) {
        let clients = roster(self.people.len(), &self.server, |id| self.disk.counter(id));
        self.gatekeeper = Gatekeeper::new(policy, clients, self.disk.marks(), self.now);
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
                last: usize::try_from(*number)
                    .ok()
                    .and_then(|number| former.get(number).copied())
                    .unwrap_or_default(),
            })
            .collect();
        self.doorstep.replace_clients(tag_keys(&clients), self.now);
        let effects = self.gatekeeper.reload(policy, clients, self.now);
        self.carry_out(&effects);
    }

    /// The administrator takes grants back.
    pub fn revoke(&mut self, which: Revoke) {
        let effects = self.gatekeeper.revoke(which, self.now);
        self.carry_out(&effects);
    }

    /// Somebody deleted the table; it is put back.
    pub fn restore_the_door(&mut self) {
        self.door.lose();
        let effects = self.gatekeeper.restore(self.now);
        self.carry_out(&effects);
    }

    fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            self.door.apply(effect, self.now.monotonic);
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let deadlines = [
            self.doorstep.next_deadline(),
            self.gatekeeper.next_deadline(),
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Does what is due now.
    pub fn meet_deadlines(&mut self) {
        self.doorstep.tend(self.now);
        let effects = self.gatekeeper.expire(self.now);
        self.carry_out(&effects);
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

fn roster(people: usize, server: &SecretKey, last: impl Fn(ClientId) -> Counter) -> Vec<Client> {
    let client = |number: u32| Client {
        keys: Person::keys_of_server(number, server),
        may: ServiceSet::all(),
        last: last(ClientId(number)),
    };
    (0..).take(people).map(client).collect()
}

fn tag_keys(clients: &[Client]) -> Vec<TagKey> {
    clients.iter().map(|client| client.keys.tag_key()).collect()
}

/// Where people send from.
const SOURCE_PORT: u16 = 40_000;

/// The middle of an epoch, in a year when everybody's clock is set.
const START: UnixTime = UnixTime::from_secs(1_900_000_500);

/// Where the first of the people lives; the next ones follow.
const FIRST_HOME: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
