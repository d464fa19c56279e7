//! A person with a key at a host: knocks with the real protocol, and with every mistake that is wanted.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use getrandom::SysRng;
use nightlatch_lab::{Direction, Host, Recorded, Recorder, now, unix_now};
use nightlatch_ticket::{
    AddressClaim, Answer, Attempt, Counter, Epoch, Heard, Kind, Memory, Outcome, PairKeys, Reason,
    Request, SEALED_LENGTH, Sealed, SequenceKind, SequenceRequest, SequenceText, ServiceHash, Span,
    Step, Tagged, UnixTime, Wish, as_sealed, seal, seal_sequence, spread,
};
use rand_core::UnwrapErr;

use crate::stage::{Family, KNOCK_PORT, address, keyhole};

/// Somebody who may knock.
pub(crate) struct Person {
    pub(crate) host: Host,
    pub(crate) keys: PairKeys,
    pub(crate) memory: Memory,
    /// By how many milliseconds his clock is ahead.
    pub(crate) clock_ahead: i64,
    /// The part of an attempt's waits that he waits: all of them, unless nobody is to answer.
    pub(crate) patience: u32,
}

/// The operating system's randomness.
pub(crate) fn random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

impl Person {
    pub(crate) fn new(host: Host, keys: PairKeys) -> Self {
        Self {
            host,
            keys,
            memory: Memory::default(),
            clock_ahead: 0,
            patience: 1,
        }
    }

    /// Knocks with every repair, as the tool does, and says how it ended.
    pub(crate) fn knock(&mut self, service: &str, family: Family) -> Result<Outcome, Reason> {
        self.wish(Kind::Knock, service, family)
    }

    /// The same for any kind of request.
    pub(crate) fn wish(
        &mut self,
        kind: Kind,
        service: &str,
        family: Family,
    ) -> Result<Outcome, Reason> {
        let own = address(self.host.name(), family);
        self.wish_over(kind, service, (own, keyhole(family)))
    }

    /// The same from any address of his to any of the server's.
    pub(crate) fn wish_over(
        &mut self,
        kind: Kind,
        service: &str,
        (own, to): (IpAddr, SocketAddr),
    ) -> Result<Outcome, Reason> {
        let wish = Wish {
            kind,
            service: ServiceHash::of(service),
            wanted: 0,
            answer: Answer::Awaited(AddressClaim::Likely(own)),
        };
        let socket = self.socket(own, to);
        let mut attempt = Attempt::new(wish, self.memory);
        loop {
            let step = attempt.next(self.now());
            self.memory = attempt.memory();
            match step {
                Step::Send { request, tagged } => {
                    socket
                        .send(&seal(&request, tagged, &self.keys, &mut random()))
                        .unwrap();
                }
                Step::Done(outcome) => break Ok(outcome),
                Step::GiveUp(reason) => break Err(reason),
            }
            self.listen(&socket, &mut attempt);
            self.memory = attempt.memory();
        }
    }

    /// Seals one knock without sending it.
    pub(crate) fn sealed(&mut self, service: &str, claimed: Family) -> Sealed {
        let time = self.now();
        self.memory.last = Counter::following(self.memory.last, time);
        let request = Request {
            kind: Kind::Knock,
            counter: self.memory.last,
            time,
            service: ServiceHash::of(service),
            claimed: Some(address(self.host.name(), claimed)),
            wanted: 0,
        };
        seal(
            &request,
            Tagged::Now(Epoch::at(time)),
            &self.keys,
            &mut random(),
        )
    }

    /// The ports of an encrypted sequence, frame after frame, in the order of their positions.
    pub(crate) fn sequence(
        &mut self,
        kind: SequenceKind,
        words: &str,
        (claimed, span): (Family, &Span),
    ) -> Vec<u16> {
        let time = self.now();
        self.memory.last = Counter::of_sequence(self.memory.last, time).unwrap();
        let is_message = kind == SequenceKind::Message;
        let request = SequenceRequest {
            kind,
            counter: self.memory.last,
            time,
            service: if is_message {
                ServiceHash::NONE.short()
            } else {
                ServiceHash::of(words).short()
            },
            wanted: 0,
            text: SequenceText::new(if is_message { words } else { "" }).unwrap(),
        };
        let epoch = Epoch::of_counter(self.memory.last);
        let own = address(self.host.name(), claimed);
        let frames = seal_sequence(&request, own, epoch, &self.keys);
        let symbols = frames.iter().flat_map(spread);
        symbols.map(|symbol| span.port(symbol).unwrap()).collect()
    }

    /// Sends any bytes to the server's knock port.
    pub(crate) fn send(&self, bytes: &[u8], family: Family) {
        send(&self.host, bytes, family);
    }

    fn now(&self) -> UnixTime {
        let now = u64::try_from(unix_now().as_nanos()).unwrap();
        UnixTime::from_nanos(now).shifted(self.clock_ahead)
    }

    fn socket(&self, own: IpAddr, to: SocketAddr) -> UdpSocket {
        let open = || -> io::Result<UdpSocket> {
            let socket = UdpSocket::bind((own, 0))?;
            socket.connect(to)?;
            Ok(socket)
        };
        self.host.run(open).unwrap().unwrap()
    }

    fn listen(&self, socket: &UdpSocket, attempt: &mut Attempt) {
        let deadline = now() + attempt.patience() / self.patience;
        let mut bytes = [0; SEALED_LENGTH + 1];
        loop {
            let left = deadline.saturating_duration_since(now());
            if left.is_zero() {
                return;
            }
            socket.set_read_timeout(Some(left)).unwrap();
            let Ok(length) = socket.recv(&mut bytes) else {
                continue;
            };
            let Ok(sealed) = as_sealed(&bytes[..length]) else {
                continue;
            };
            let Ok(ack) = attempt.open_ack(sealed, &self.keys) else {
                continue;
            };
            if attempt.answered(&ack, self.now()) == Heard::News {
                return;
            }
        }
    }
}

/// Sends any bytes from a host to the server's knock port.
pub(crate) fn send(host: &Host, bytes: &[u8], family: Family) {
    let own = address(host.name(), family);
    let sent = host.run(|| UdpSocket::bind((own, 0))?.send_to(bytes, keyhole(family)));
    assert_eq!(sent.unwrap().unwrap(), bytes.len());
}

/// The knocks that a recorder saw leaving.
pub(crate) fn knocks(frames: &[Recorded]) -> Vec<Vec<u8>> {
    frames
        .iter()
        .filter(|frame| frame.direction == Direction::Out)
        .filter_map(Recorded::packet)
        .filter(|packet| packet.destination.port() == KNOCK_PORT)
        .map(|packet| packet.payload)
        .collect()
}

/// Waits until something comes from the server's knock port.
pub(crate) fn is_answered(recorder: &mut Recorder) -> bool {
    let is_answer = |frame: &Recorded| {
        let packet = frame.arrival();
        packet.is_some_and(|packet| packet.source.port() == KNOCK_PORT)
    };
    recorder.await_frame(PATIENCE, is_answer).unwrap().is_some()
}

/// Everything that came from the server's knock port, after a moment in which it could.
pub(crate) fn answers(recorder: &mut Recorder) -> usize {
    nightlatch_lab::pause(Duration::from_millis(100));
    let frames = recorder.take().unwrap();
    assert_eq!(recorder.missed(), 0);
    frames
        .iter()
        .filter_map(Recorded::arrival)
        .filter(|packet| packet.source.port() == KNOCK_PORT)
        .count()
}

/// Who is never answered need not wait as for the whole earth.
pub(crate) const NEARBY: u32 = 4;
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
