//! A small server on the loopback: the real judging and the real seals, without a kernel behind.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nightlatch::{Clock, randomness};
use nightlatch_core::{
    Answers, Claim, Client, ClientId, Gatekeeper, Instant, Limits, Marks, Now, Passage, Policy,
    Port, Protocol, Service, ServiceId, ServiceSet, TicketClaim, Verdict,
};
use nightlatch_ticket::{
    Counter, PairKeys, PresharedSecret, PublicKey, Sealed, SecretKey, as_sealed, tag_of,
};

/// How a house behaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Manners {
    /// It hears nothing of the first so many packets.
    pub(crate) deaf_for: usize,
    /// The answers to the first so many packets are lost.
    pub(crate) mute_for: usize,
    /// How many milliseconds its clock is ahead of the one here.
    pub(crate) clock_ahead: i64,
    /// A NAT in front of it: the address that it sees instead of the real one.
    pub(crate) nat: Option<IpAddr>,
    /// Whether the client may open nothing.
    pub(crate) forbids: bool,
    /// Whether it sends noise before each answer, from its own port and from another.
    pub(crate) noisy: bool,
    /// It crashed: every counter up to the watermark, this much ahead of its clock, is in doubt.
    pub(crate) crashed: Option<Duration>,
}

/// A house with a doorkeeper; it closes when dropped.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    verdicts: Receiver<Verdict>,
    keeper: Option<JoinHandle<()>>,
}

pub(crate) const CLIENT: [u8; 32] = [1; 32];
pub(crate) const SERVER: [u8; 32] = [2; 32];
pub(crate) const SHARED: [u8; 32] = [3; 32];

impl House {
    pub(crate) fn open(ip: &str, manners: Manners) -> Self {
        let client = SecretKey::from_bytes(CLIENT).public();
        Self::for_client((ip, 0), client, manners)
    }

    pub(crate) fn for_client(at: impl ToSocketAddrs, client: PublicKey, manners: Manners) -> Self {
        let socket = UdpSocket::bind(at).unwrap();
        let address = socket.local_addr().unwrap();
        let (tell, verdicts) = mpsc::channel();
        let mut keeper = Keeper::new(&client, manners);
        let keeper = thread::spawn(move || keeper.keep(&socket, &tell));
        Self {
            address,
            verdicts,
            keeper: Some(keeper),
        }
    }

    /// What was decided so far, in order.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        self.verdicts.try_iter().collect()
    }

    /// The next decision, waited for.
    pub(crate) fn next_verdict(&self) -> Verdict {
        self.verdicts.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    pub(crate) fn grants(&self) -> usize {
        self.verdicts()
            .iter()
            .filter(|verdict| matches!(verdict, Verdict::Grant(_)))
            .count()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        let away = UdpSocket::bind((self.address.ip(), 0)).unwrap();
        away.send_to(GOODBYE, self.address).unwrap();
        self.keeper.take().unwrap().join().unwrap();
    }
}

/// The keys of the usual client with the usual server, as the client has them.
pub(crate) fn client_keys() -> PairKeys {
    let (client, server) = (SecretKey::from_bytes(CLIENT), SecretKey::from_bytes(SERVER));
    PairKeys::of_client(
        &client,
        &server.public(),
        &PresharedSecret::from_bytes(SHARED),
    )
    .unwrap()
}

struct Keeper {
    gatekeeper: Gatekeeper,
    keys: PairKeys,
    clock: Clock,
    begun: std::time::Instant,
    manners: Manners,
    packets: usize,
}

impl Keeper {
    fn new(client: &PublicKey, manners: Manners) -> Self {
        let clock = Clock::ahead_by_millis(manners.clock_ahead);
        let begun = clock.monotonic();
        let keys = || {
            let (server, shared) = (
                SecretKey::from_bytes(SERVER),
                PresharedSecret::from_bytes(SHARED),
            );
            PairKeys::of_server(&server, client, &shared).unwrap()
        };
        let may = if manners.forbids {
            ServiceSet::EMPTY
        } else {
            ServiceSet::EMPTY.with(ServiceId(0))
        };
        let now = Now {
            monotonic: Instant::default(),
            unix: clock.unix(),
        };
        let floor = manners
            .crashed
            .map(|ahead| Counter(now.unix.saturating_add(ahead).as_nanos()));
        let marks = Marks {
            floor: floor.unwrap_or_default(),
            watermark: Counter(now.unix.saturating_add(Duration::from_secs(5)).as_nanos()),
        };
        let clients = vec![Client {
            keys: keys(),
            may,
            may_tell: false,
            last: Counter(0),
        }];
        let gatekeeper = Gatekeeper::new(policy(), clients, marks, [], now);
        Self {
            gatekeeper,
            keys: keys(),
            clock,
            begun,
            manners,
            packets: 0,
        }
    }

    fn keep(&mut self, socket: &UdpSocket, tell: &Sender<Verdict>) {
        let here = socket.local_addr().unwrap();
        let mut buffer = [0; 2048];
        loop {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            if &buffer[..length] == GOODBYE {
                return;
            }
            let heard = as_sealed(&buffer[..length]).ok();
            if let Some((verdict, answer)) = heard.and_then(|sealed| self.hear(sealed, from, here))
            {
                tell.send(verdict).unwrap();
                self.answer(socket, from, answer);
            }
        }
    }

    fn hear(
        &mut self,
        sealed: &Sealed,
        from: SocketAddr,
        here: SocketAddr,
    ) -> Option<(Verdict, Option<Sealed>)> {
        self.packets = self.packets.saturating_add(1);
        if self.packets <= self.manners.deaf_for {
            return None;
        }
        let since = self.clock.monotonic().duration_since(self.begun);
        let now = Now {
            monotonic: Instant::from_duration(since),
            unix: self.clock.unix(),
        };
        let tagged = self.keys.tags().recognise(tag_of(sealed), now.unix)?;
        let seen = self.manners.nat.unwrap_or_else(|| from.ip());
        let source = SocketAddr::new(seen, from.port());
        let claim = TicketClaim {
            client: ClientId(0),
            tagged,
            source,
            destination: here,
            sealed: *sealed,
        };
        let judgement = self.gatekeeper.judge(&Claim::Ticket(claim), now);
        let mut rng = randomness().unwrap();
        let answer = judgement
            .ack
            .map(|ack| self.gatekeeper.seal_ack(ClientId(0), &ack, &mut rng));
        Some((
            judgement.verdict,
            answer.filter(|_| self.packets > self.manners.mute_for),
        ))
    }

    fn answer(&self, socket: &UdpSocket, to: SocketAddr, answer: Option<Sealed>) {
        if self.manners.noisy {
            let stranger = UdpSocket::bind((socket.local_addr().unwrap().ip(), 0)).unwrap();
            for noise in [&[0; 100][..], &[0xff; 101], &[7; 3], &[]] {
                socket.send_to(noise, to).unwrap();
                stranger.send_to(noise, to).unwrap();
            }
        }
        if let Some(answer) = answer {
            socket.send_to(&answer, to).unwrap();
        }
    }
}

fn policy() -> Policy {
    let ssh = Service {
        name: "ssh".to_owned(),
        ports: vec![Port::new(Protocol::Tcp, 22).unwrap()],
        inserts: vec![],
        forwards: vec![],
        lasts: Duration::from_secs(30),
        at_most: Duration::from_mins(2),
        passage: Passage::Lasting,
        runs: None,
        cuts: false,
    };
    Policy::new(vec![ssh], vec![], Answers::Sealed, Limits::default()).unwrap()
}

const GOODBYE: &[u8] = b"goodbye";
