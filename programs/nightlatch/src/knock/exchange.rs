//! One exchange with one place: knocks go out, answers come in, until the attempt has an end.

use std::io;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nightlatch_ticket::{
    Attempt, Heard, Memory, MessageText, OpenError, Outcome, Packet, PairKeys, Reason, Request,
    SEALED_LENGTH, Step, Tagged, Wish, as_sealed, seal,
};
use rand_core::CryptoRng;

use super::{Diary, Patience, Remark};
use crate::clock::Clock;

/// A way to one server: everything that an exchange uses and nothing that it decides.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// A UDP socket that is connected to the server's knock port.
    pub socket: &'a UdpSocket,
    /// The keys that we share with the server.
    pub keys: &'a PairKeys,
    /// What to tell, where the wish is to tell something.
    pub text: Option<&'a MessageText>,
    /// How far away the server is thought to be.
    pub patience: Patience,
    /// The clock to go by.
    pub clock: Clock,
    /// Set when another way in is open: then one silence is enough.
    pub enough: Option<&'a AtomicBool>,
}

/// How an exchange went.
#[derive(Debug)]
pub struct Exchange {
    /// What came of it.
    pub end: Result<Outcome, Reason>,
    /// From the first knock to the end.
    pub took: Duration,
    /// Each packet and answer.
    pub diary: Diary,
}

/// Knocks until the attempt has an end, and leaves in `memory` what the server told.
pub fn once(
    line: Line<'_>,
    wish: Wish,
    memory: &mut Memory,
    rng: &mut impl CryptoRng,
) -> Result<Exchange, ExchangeError> {
    let begun = line.clock.monotonic();
    let mut diary = Diary::begin(begun);
    let mut attempt = Attempt::new(wish, *memory);
    let end = loop {
        let step = attempt.next(line.clock.unix());
        // Before anything is sent: a counter that may have left is never used again.
        *memory = attempt.memory();
        match step {
            Step::Send { request, tagged } => {
                diary.note(Remark::Sent(request.kind, tagged), line.clock.monotonic());
                line.send(line.packet(&request, tagged, rng).as_bytes(), &mut diary)?;
            }
            Step::Done(outcome) => break Ok(outcome),
            Step::GiveUp(reason) => break Err(reason),
        }
        let heard = line.listen(&mut attempt, &mut diary)?;
        *memory = attempt.memory();
        if heard == Heard::OldNews && line.is_enough() {
            break Err(Reason::Silence);
        }
    };
    Ok(Exchange {
        end,
        took: line.clock.monotonic().saturating_duration_since(begun),
        diary,
    })
}

impl Line<'_> {
    fn packet(&self, request: &Request, tagged: Tagged, rng: &mut impl CryptoRng) -> Packet {
        match self.text {
            Some(text) => Packet::telling(text, request, tagged, self.keys, rng),
            None => Packet::Knock(seal(request, tagged, self.keys, rng)),
        }
    }

    fn send(&self, sealed: &[u8], diary: &mut Diary) -> Result<(), ExchangeError> {
        // Twice: the first call may only report an ICMP error about an earlier packet.
        for _ in 0..2 {
            match self.socket.send(sealed) {
                Ok(_) => return Ok(()),
                Err(error) => self.take_hint(error, diary).map_err(ExchangeError::Send)?,
            }
        }
        // A packet that the network does not take is a packet lost: the attempt sends another.
        Ok(())
    }

    /// Waits for the answer to what was just sent. Nothing but that answer ends the wait early.
    fn listen(&self, attempt: &mut Attempt, diary: &mut Diary) -> Result<Heard, ExchangeError> {
        let patience = self.patience.with(attempt);
        let Some(deadline) = self.clock.monotonic().checked_add(patience) else {
            return Ok(Heard::OldNews);
        };
        while let Some(datagram) = self.receive(deadline, diary)? {
            let answer = as_sealed(datagram.bytes())
                .map_err(|_| OpenError::Forged)
                .and_then(|sealed| attempt.open_ack(sealed, self.keys));
            let now = self.clock.monotonic();
            let Ok(ack) = answer else {
                diary.note(Remark::Strange, now);
                continue;
            };
            diary.note(Remark::Answered(ack.status), now);
            if attempt.answered(&ack, self.clock.unix()) == Heard::News {
                return Ok(Heard::News);
            }
        }
        if !patience.is_zero() {
            diary.note(Remark::Silence, self.clock.monotonic());
        }
        Ok(Heard::OldNews)
    }

    /// The next datagram, whatever it is; `None` when the time is over.
    fn receive(
        &self,
        deadline: Instant,
        diary: &mut Diary,
    ) -> Result<Option<Datagram>, ExchangeError> {
        let mut datagram = Datagram {
            buffer: [0; SEALED_LENGTH + 1],
            length: 0,
        };
        loop {
            let left = deadline.saturating_duration_since(self.clock.monotonic());
            if left.is_zero() {
                return Ok(None);
            }
            self.socket
                .set_read_timeout(Some(left))
                .map_err(ExchangeError::Receive)?;
            match self.socket.recv(&mut datagram.buffer) {
                Ok(length) => {
                    datagram.length = length;
                    return Ok(Some(datagram));
                }
                Err(error) if is_waiting(&error) => {}
                Err(error) => self
                    .take_hint(error, diary)
                    .map_err(ExchangeError::Receive)?,
            }
        }
    }

    /// An ICMP error is noted as the hint it is; any other error is given back.
    fn take_hint(&self, error: io::Error, diary: &mut Diary) -> io::Result<()> {
        let remark = match error.kind() {
            io::ErrorKind::ConnectionRefused => Remark::Refused,
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                Remark::Unreachable
            }
            _ if is_waiting(&error) || is_full(&error) => Remark::NotTaken,
            _ => return Err(error),
        };
        diary.note(remark, self.clock.monotonic());
        Ok(())
    }

    fn is_enough(&self) -> bool {
        self.enough
            .is_some_and(|enough| enough.load(Ordering::Relaxed))
    }
}

/// Why an exchange could not be held.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The system does not send.
    #[error(
        "the system does not send the knock: {0}\n  is there a firewall on this computer that forbids it?"
    )]
    Send(#[source] io::Error),
    /// The system does not receive.
    #[error("the system does not receive the answer: {0}")]
    Receive(#[source] io::Error),
}

/// One byte longer than an answer, so that a longer one is not taken for it.
struct Datagram {
    buffer: [u8; SEALED_LENGTH + 1],
    length: usize,
}

impl Datagram {
    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

fn is_waiting(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), Interrupted | TimedOut | WouldBlock)
}

/// A full queue on this computer passes, as a packet lost on its way does.
fn is_full(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error())
}
