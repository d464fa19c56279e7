//! The scene: a server with a door, and people in front of it.

use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use nightlatch_core::{
    Advance, Answers, Claim, ClientId, Doorstep, Effect, Gatekeeper, Glance, Grant, Ignored,
    Instant, Judgement, Limits, Now, Policy, Record, Refused, Verdict,
};
use nightlatch_ticket::{Counter, Kind, PairKeys, Sealed, SecretKey, Status, UnixTime};
use nightlatch_wire::{Link, Unreadable, read};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

use crate::roster::{roster, tag_keys, usual_plan};
use crate::{Disk, Door, Person, frame_of, port, usual_policy};

/// A server with a door, and people in front of it.
pub struct Scene {
    pub(crate) now: Now,
    pub(crate) people: Vec<Person>,
    pub(crate) server: SecretKey,
    /// The listener's half.
    pub doorstep: Doorstep,
    /// The broker's half.
    pub gatekeeper: Gatekeeper,
    /// The kernel.
    pub door: Door,
    /// What survives a crash.
    pub disk: Disk,
    answer: Option<Sealed>,
    /// The list that the listener watches by.
    pub(crate) heeded: u64,
    /// How many packets touched ports.
    pub(crate) touches: u32,
    /// What the administrator or a reload ended early.
    pub ended: Vec<Grant>,
    pub(crate) rng: ChaCha8Rng,
}

/// What became of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// It was no packet we read.
    Unreadable(Unreadable),
    /// The doorstep took it for a part of something.
    Noted(Advance),
    /// The doorstep took it for noise.
    Ignored(Ignored),
    /// The gatekeeper refused it without a word.
    Refused(Refused),
    /// The gatekeeper answered it and changed nothing.
    Answered(Status),
    /// A door opened.
    Opened(Grant),
    /// Grants ended early.
    Closed(Vec<Grant>),
    /// A client had this to say.
    Told(ClientId, String),
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
        Self::governed(people, usual_policy(answers, limits))
    }

    /// So many people and this policy, at the usual time.
    pub fn governed(people: u32, policy: Policy) -> Self {
        Self::at(START, people, policy)
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
            doorstep: Doorstep::new(usual_plan(), tag_keys(&clients), [9; 16], now),
            gatekeeper: Gatekeeper::new(policy, clients, Disk::default().marks(), [], now),
            now,
            people,
            server,
            door: Door::default(),
            disk: Disk::default(),
            answer: None,
            heeded: 0,
            touches: 0,
            ended: Vec::new(),
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
            Glance::Claims(claims) => self.judge_each(&claims),
            Glance::Advance(advance) => Came::Noted(advance),
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
        let client = match &claim {
            Claim::Ticket(claim) => Some(claim.client),
            Claim::Message(claim) => Some(claim.client),
            Claim::Frames(_) | Claim::Sequence(_) => None,
        };
        self.conclude(&judgement, client)
    }

    /// Does all that the broker does about a judgement.
    pub(crate) fn conclude(&mut self, judgement: &Judgement, client: Option<ClientId>) -> Came {
        if let Some(record) = judgement.record {
            self.write(record);
        }
        if let Some(watermark) = self.gatekeeper.renewal(self.now) {
            self.write(Record::Watermark(watermark));
        }
        let came = self.obey(judgement);
        // What is due at once is done at once.
        let effects = self.gatekeeper.expire(self.now);
        self.carry_out(&effects);
        self.heed();
        let ack = match came {
            Came::Stuck => judgement.unavailable(),
            _ => judgement.ack,
        };
        let rng = &mut self.rng;
        let answer = client.zip(ack);
        self.answer = answer.map(|(client, ack)| self.gatekeeper.seal_ack(client, &ack, rng));
        came
    }

    fn write(&mut self, record: Record) {
        self.disk.write(record);
        if let Record::Watermark(watermark) = record {
            self.gatekeeper.synced(watermark);
        }
    }

    fn obey(&mut self, judgement: &Judgement) -> Came {
        let verdict = &judgement.verdict;
        let done = [verdict.insertion(), verdict.effect()]
            .into_iter()
            .flatten()
            .all(|effect| self.door.apply(&effect, self.now.monotonic));
        match &judgement.verdict {
            Verdict::Grant(grant) if done => Came::Opened(grant.clone()),
            Verdict::Close(grants) if done => Came::Closed(grants.clone()),
            Verdict::Grant(grant) => self.stuck(|keeper| keeper.withdraw(grant)),
            Verdict::Close(grants) => self.stuck(|keeper| keeper.put_right(grants)),
            Verdict::Tell { client, text } => Came::Told(*client, text.clone()),
            Verdict::Answer(status) => Came::Answered(*status),
            Verdict::Ignore(reason) => Came::Refused(*reason),
        }
    }

    fn stuck(&mut self, mend: impl FnOnce(&mut Gatekeeper)) -> Came {
        mend(&mut self.gatekeeper);
        Came::Stuck
    }

    /// The sealed answer to the last packet, if there was one.
    pub const fn take_answer(&mut self) -> Option<Sealed> {
        self.answer.take()
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

    pub(crate) fn carry_out(&mut self, effects: &[Effect]) {
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
        self.heed();
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}

/// Where people send from.
pub(crate) const SOURCE_PORT: u16 = 40_000;

/// The middle of an epoch, in a year when everybody's clock is set.
const START: UnixTime = UnixTime::from_secs(1_900_000_500);

/// Where the first of the people lives; the next ones follow.
const FIRST_HOME: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
