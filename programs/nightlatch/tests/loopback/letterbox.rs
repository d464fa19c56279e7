//! A server that takes messages and nothing else: the real seals, on the loopback.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nightlatch::{Clock, randomness};
use nightlatch_ticket::{
    Ack, Counter, PairKeys, PresharedSecret, PublicKey, Request, SecretKey, Status, as_sealed,
    as_sealed_message, open, open_message, seal_ack, tag_of,
};

use crate::house::{SERVER, SHARED};

/// How a letterbox behaves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habits {
    /// It hears nothing of the first so many packets.
    pub(crate) deaf_for: usize,
    /// How many milliseconds its clock is ahead of the one here.
    pub(crate) clock_ahead: i64,
    /// The address that it sees instead of the real one.
    pub(crate) nat: Option<IpAddr>,
    /// Whether the client may tell nothing.
    pub(crate) forbids: bool,
}

/// It closes when dropped.
pub(crate) struct Letterbox {
    pub(crate) address: SocketAddr,
    texts: Receiver<String>,
    keeper: Option<JoinHandle<()>>,
}

impl Letterbox {
    pub(crate) fn open(client: PublicKey, habits: Habits) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let (tell, texts) = mpsc::channel();
        let server = SecretKey::from_bytes(SERVER);
        let shared = PresharedSecret::from_bytes(SHARED);
        let keys = PairKeys::of_server(&server, &client, &shared).unwrap();
        let keeper = Keeper {
            keys,
            habits,
            last: Counter(0),
        };
        Self {
            address,
            texts,
            keeper: Some(thread::spawn(move || keeper.keep(&socket, &tell))),
        }
    }

    /// The next text, waited for.
    pub(crate) fn await_text(&self) -> String {
        self.texts.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    /// What was told so far, in order.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.texts.try_iter().collect()
    }
}

impl Drop for Letterbox {
    fn drop(&mut self) {
        let away = UdpSocket::bind("127.0.0.1:0").unwrap();
        away.send_to(GOODBYE, self.address).unwrap();
        self.keeper.take().unwrap().join().unwrap();
    }
}

struct Keeper {
    keys: PairKeys,
    habits: Habits,
    last: Counter,
}

impl Keeper {
    fn keep(mut self, socket: &UdpSocket, tell: &Sender<String>) {
        let mut buffer = [0; 2048];
        for packets in 0.. {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            let packet = &buffer[..length];
            if packet == GOODBYE {
                return;
            }
            if packets < self.habits.deaf_for {
                continue;
            }
            if let Some(ack) = self.answer(packet, from.ip(), tell) {
                let ack = seal_ack(&ack, &self.keys, &mut randomness().unwrap());
                socket.send_to(&ack, from).unwrap();
            }
        }
    }

    fn answer(&mut self, packet: &[u8], from: IpAddr, tell: &Sender<String>) -> Option<Ack> {
        let seen = self.habits.nat.unwrap_or(from);
        let (request, status) = if let Ok(sealed) = as_sealed(packet) {
            (open(sealed, &self.keys).ok()?, Status::Recovered)
        } else {
            let sealed = as_sealed_message(packet).ok()?;
            self.keys.tags().recognise(tag_of(sealed), self.now())?;
            let (request, text) = open_message(sealed, &self.keys).ok()?;
            assert!(request.counter > self.last);
            self.last = request.counter;
            let status = self.judge(&request, seen);
            if status == Status::Taken {
                tell.send(text.as_str().to_owned()).unwrap();
            }
            (request, status)
        };
        Some(Ack {
            status,
            counter: request.counter,
            time: self.now(),
            seen,
            granted: 0,
            last: self.last,
        })
    }

    fn judge(&self, request: &Request, seen: IpAddr) -> Status {
        if request.time.distance(self.now()).as_secs() > 60 {
            Status::Stale
        } else if request.claimed != Some(seen) {
            Status::Elsewhere
        } else if self.habits.forbids {
            Status::Forbidden
        } else {
            Status::Taken
        }
    }

    fn now(&self) -> nightlatch_ticket::UnixTime {
        Clock::ahead_by_millis(self.habits.clock_ahead).unix()
    }
}

const GOODBYE: &[u8] = b"goodbye";
