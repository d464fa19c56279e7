//! What happened during an exchange, packet by packet, for those who ask for it.

use std::fmt;
use std::time::{Duration, Instant};

use nightlatch_ticket::{Kind, Status, Tagged};

/// What happened, in order.
#[derive(Debug)]
pub struct Diary {
    begun: Instant,
    lines: Vec<(Duration, Remark)>,
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A knock went out.
    Sent(Kind, Tagged),
    /// Its answer came.
    Answered(Status),
    /// No answer came in time.
    Silence,
    /// Something came that is no answer to a knock of ours.
    Strange,
    /// This computer could not send just now.
    NotTaken,
    /// The network said that nothing listens at the knock port. Anybody can say so.
    Refused,
    /// The network said that the host cannot be reached. Anybody can say so.
    Unreachable,
}

impl Diary {
    /// An empty one.
    pub const fn begin(now: Instant) -> Self {
        Self {
            begun: now,
            lines: Vec::new(),
        }
    }

    /// Writes down what has just happened.
    pub fn note(&mut self, remark: Remark, now: Instant) {
        // What comes from the network strangers can send too; beyond this many it says nothing
        // more. What we do ourselves the attempt keeps few.
        let is_ours = matches!(
            remark,
            Remark::Sent(..) | Remark::Answered(_) | Remark::Silence
        );
        if is_ours || self.lines.len() < LONGEST {
            self.lines
                .push((now.saturating_duration_since(self.begun), remark));
        }
    }

    /// Whether such a thing happened.
    pub fn tells_of(&self, remark: Remark) -> bool {
        self.count(remark) > 0
    }

    /// How often such a thing happened.
    pub fn count(&self, remark: Remark) -> usize {
        self.lines
            .iter()
            .filter(|(_, noted)| *noted == remark)
            .count()
    }

    /// How many knocks went out.
    pub fn knocks(&self) -> usize {
        self.lines
            .iter()
            .filter(|(_, noted)| matches!(noted, Remark::Sent(..)))
            .count()
    }
}

impl fmt::Display for Diary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (since, remark) in &self.lines {
            writeln!(out, "  {:>9.3} ms  {remark}", since.as_secs_f64() * 1000.0)?;
        }
        Ok(())
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Sent(_, Tagged::Recovery) => "sent a recovery knock",
            Self::Sent(Kind::Close, _) => "sent a knock that closes",
            Self::Sent(Kind::AskAddress, _) => "sent a question for the address",
            Self::Sent(Kind::Message, _) => "sent a message",
            Self::Sent(Kind::Knock, _) => "sent a knock",
            Self::Answered(status) => match status {
                Status::Granted => "answer: open",
                Status::Closed => "answer: closed",
                Status::Seen => "answer: the address",
                Status::InDoubt => "answer: the counter may have been used before a crash",
                Status::Stale => "answer: the clocks differ",
                Status::Elsewhere => "answer: seen at another address",
                Status::Forbidden => "answer: not allowed",
                Status::Recovered => "answer: the server's time, counter and our address",
                Status::Unavailable => "answer: the gate could not be changed",
                Status::Full => "answer: no room for another grant",
                Status::Taken => "answer: the message has arrived",
            },
            Self::Silence => "no answer",
            Self::Strange => "something came that is no answer: ignored",
            Self::NotTaken => "this computer could not send just now",
            Self::Refused => "hint from the network: nothing listens at that port",
            Self::Unreachable => "hint from the network: the host cannot be reached",
        })
    }
}

const LONGEST: usize = 64;

#[cfg(test)]
mod tests {
    use nightlatch_ticket::Epoch;

    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_flood_of_noise_hides_nothing_that_we_did() {
        let now = Clock::system().monotonic();
        let mut diary = Diary::begin(now);
        (0..1000).for_each(|_| diary.note(Remark::Strange, now));
        diary.note(Remark::Sent(Kind::Knock, Tagged::Now(Epoch(1))), now);
        assert_eq!(diary.knocks(), 1);
        assert!(diary.to_string().lines().count() <= LONGEST + 1);
    }
}
