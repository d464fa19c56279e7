//! How a request travels: sealed in one datagram, or spread over the ports that are touched.

use std::time::Duration;

use nightlatch_core::Protocol;
use nightlatch_ticket::{MessageText, SYMBOLS, SequenceText, Span};

/// The two ways in which a request can travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Means {
    /// One sealed datagram, which the server answers.
    Ticket,
    /// Touches of closed ports, which nobody answers.
    #[value(name = "encrypted-sequence")]
    Sequence,
}

impl Means {
    /// As the configuration and the command line call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Sequence => "encrypted-sequence",
        }
    }
}

/// How a request travels, with what that takes; and the text of a message that is told by it.
#[derive(Clone, Copy, Debug)]
pub enum Method<'a> {
    /// One sealed datagram.
    Ticket(Option<&'a MessageText>),
    /// Touches of closed ports.
    Sequence(&'a Carriage, Option<&'a SequenceText>),
}

impl Method<'_> {
    /// Which of the two it is.
    pub const fn means(self) -> Means {
        match self {
            Self::Ticket(_) => Means::Ticket,
            Self::Sequence(..) => Means::Sequence,
        }
    }

    /// How long it takes to send one request in one family.
    pub fn sending(self) -> Duration {
        match self {
            Self::Ticket(_) => Duration::ZERO,
            Self::Sequence(carriage, text) => carriage.sending(text.is_some()),
        }
    }
}

/// What carries an encrypted sequence: the same at the server and here, but for the pace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carriage {
    /// The ports.
    pub span: Span,
    /// The protocol of every touch.
    pub carrier: Protocol,
    /// From one touch to the next.
    pub pace: Duration,
}

impl Carriage {
    /// What lies between the last touch of a frame and the first of the next, so that few overtake
    /// each other across it.
    pub fn gap(&self) -> Duration {
        self.pace.saturating_mul(GAP)
    }

    fn sending(&self, is_message: bool) -> Duration {
        let frames = if is_message { MESSAGE_FRAMES } else { 1 };
        let touches = u32::try_from(SYMBOLS).unwrap_or(u32::MAX);
        let frame = self.pace.saturating_mul(touches).saturating_add(self.gap());
        frame.saturating_mul(frames)
    }
}

/// A server forgets touches after a minute: so a frame takes half of one at most.
pub const SLOWEST_PACE: Duration = Duration::from_secs(1);

const GAP: u32 = 10;

/// What the longest text takes.
const MESSAGE_FRAMES: u32 = 4;
