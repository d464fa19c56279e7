//! One knock seen from outside: SYN after SYN until the first one is answered.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::time::Duration;

use anyhow::Result;
use nightlatch_lab::{Flags, Forger, Kind, Packet, now, pause, unix_now};

use super::modest::Modest;
use super::stage::{DOOR, Stage, door};
use super::tap::{From, Seen, Tap, Ways};

/// Knocks and probes from one thread, so that nothing but the server is waited for.
pub(super) struct Prober {
    tap: Tap,
    forger: Forger,
    ways: Ways,
    pace: Duration,
    turn: u16,
    _modest: Option<Modest>,
    /// Answers end here: without a socket the client's kernel would complain about each of them.
    _answers: UdpSocket,
}

impl Prober {
    /// A prober that sends a SYN every so often; it finds the knock on the wire when it looks both
    /// ways, and else takes the time just before it was sent.
    pub(super) fn new(stage: &Stage, ways: Ways, pace: Duration) -> Result<Self> {
        let wanted = [
            From::Tcp(DOOR),
            From::Tcp(KNOCKER),
            From::Udp(KNOCKER),
            From::Udp(KNOCKER_OF_ITS_OWN),
        ];
        let answers = stage
            .client
            .run(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, KNOCKER)))??;
        Ok(Self {
            tap: Tap::open(&stage.client, ways, &wanted)?,
            forger: Forger::open(&stage.client)?,
            ways,
            pace,
            turn: 0,
            // One that sleeps between its packets is in nobody's way.
            _modest: (pace <= CLOSE).then(Modest::begin).transpose()?,
            _answers: answers,
        })
    }

    /// Knocks, and says how long after the last packet of the knock the door of this address was
    /// open; `None` when patience ended first.
    pub(super) fn time(
        &mut self,
        from: Ipv4Addr,
        patience: Duration,
        knock: impl FnOnce(&Forger) -> Result<()>,
    ) -> Result<Option<Duration>> {
        // A port of its own for each run: an earlier handshake must not pass as established.
        self.turn = self.turn.wrapping_add(1);
        let port = PORTS.saturating_add(self.turn % 20_000);
        let from = SocketAddr::V4(SocketAddrV4::new(from, port));
        let syn = Packet::tcp(from, door(), Flags::SYN, 1).to_bytes();
        self.tap.clear()?;
        self.forger.send_bytes(&syn, door())?;
        let mut knocked = unix_now();
        knock(&self.forger)?;
        let end = now().checked_add(patience);
        while end.is_none_or(|end| now() < end) {
            self.forger.send_bytes(&syn, door())?;
            if let Some(answered) = self.listen(from, &mut knocked)? {
                return Ok(Some(answered.saturating_sub(knocked)));
            }
        }
        Ok(None)
    }

    /// Until the next SYN is due: when the answer came, if it did.
    fn listen(&self, from: SocketAddr, knocked: &mut Duration) -> Result<Option<Duration>> {
        let due = now().checked_add(self.pace);
        loop {
            match self.tap.next()? {
                Some(seen) if is_answer(&seen, from) => return Ok(Some(seen.at)),
                Some(seen) if self.ways == Ways::Both && is_knock(&seen) => *knocked = seen.at,
                _ => {}
            }
            if due.is_none_or(|due| now() >= due) {
                return Ok(None);
            }
            if self.pace > CLOSE {
                pause(self.pace.mul_f32(0.25));
            }
            std::hint::spin_loop();
        }
    }
}

fn is_answer(seen: &Seen, to: SocketAddr) -> bool {
    seen.packet.destination == to
        && matches!(seen.packet.kind, Kind::Tcp { flags, .. } if flags.has(Flags::SYN_ACK))
}

fn is_knock(seen: &Seen) -> bool {
    let is_knocker = [KNOCKER, KNOCKER_OF_ITS_OWN].contains(&seen.packet.source.port());
    is_knocker && seen.packet.destination.ip() == door().ip()
}

/// Every knock leaves from this port, so that the observer knows it.
pub(super) const KNOCKER: u16 = 40_000;

/// The same for a program that opens its own socket.
pub(super) const KNOCKER_OF_ITS_OWN: u16 = 40_001;

/// Probes leave from here on up; the kernel gives these ports to nobody by itself.
const PORTS: u16 = 10_000;

/// Close enough that the time between two is nothing beside what is measured.
pub(super) const CLOSE: Duration = Duration::from_micros(10);

/// Far enough apart to leave the machine to a flood.
pub(super) const SPARSE: Duration = Duration::from_micros(200);
