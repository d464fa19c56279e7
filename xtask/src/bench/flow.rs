//! Many knocks as fast as they are honoured: never more of them on the way than a window allows.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::Result;
use nightlatch_lab::{Forger, now, pause};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;

use super::prober::KNOCKER;
use super::stage::{Stage, keyhole};

/// Sends knocks and counts the answers to them.
pub(super) struct Flow {
    forger: Forger,
    answers: UdpSocket,
}

/// What became of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flowed {
    pub(super) answered: usize,
    /// From the first knock to the last answer.
    pub(super) took: Duration,
}

impl Flow {
    pub(super) fn new(stage: &Stage) -> Result<Self> {
        let answers = stage
            .client
            .run(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, KNOCKER)))??;
        answers.set_nonblocking(true)?;
        let _ = setsockopt(&answers, RcvBufForce, &MEMORY);
        Ok(Self {
            forger: Forger::open(&stage.client)?,
            answers,
        })
    }

    /// Sends them all, at most so many unanswered; what is not answered for a while is given up.
    pub(super) fn pass(&self, knocks: &[Vec<u8>], window: usize) -> Result<Flowed> {
        let begun = now();
        let (mut answered, mut lost, mut heard_at) = (0_usize, 0_usize, begun);
        for (sent, knock) in knocks.iter().enumerate() {
            while sent.saturating_sub(answered.saturating_add(lost)) >= window {
                lost =
                    lost.saturating_add(self.await_some(&mut answered, &mut heard_at, window)?);
            }
            self.forger.send_bytes(knock, keyhole())?;
        }
        while answered.saturating_add(lost) < knocks.len() {
            let open = knocks.len().saturating_sub(answered.saturating_add(lost));
            lost = lost.saturating_add(self.await_some(&mut answered, &mut heard_at, open)?);
        }
        let took = heard_at.saturating_duration_since(begun);
        Ok(Flowed { answered, took })
    }

    /// Takes what is there; says how many are to be given up, which is none while answers come.
    fn await_some(&self, answered: &mut usize, last: &mut Instant, open: usize) -> Result<usize> {
        let mut bytes = [0; 128];
        loop {
            match self.answers.recv(&mut bytes) {
                Ok(_) => {
                    *answered = answered.saturating_add(1);
                    *last = now();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        // Asleep, so that the daemon's two processes have a core each.
        pause(BETWEEN_LOOKS);
        let silence = now().saturating_duration_since(*last);
        Ok(if silence > PATIENCE { open } else { 0 })
    }
}

const MEMORY: usize = 32 << 20;
const PATIENCE: Duration = Duration::from_millis(500);
/// A few knocks' time.
const BETWEEN_LOOKS: Duration = Duration::from_micros(200);
