//! How a request is packed for its way: as a ticket or as ports to touch, with its text.

use std::time::Duration;

use nightlatch_config::{KnockMethod, KnownServer, SequenceWay};
use nightlatch_ticket::{LONGEST_MESSAGE, MessageText, SequenceText, TextTooLong};

use crate::knock::{Carriage, Means, Method, SLOWEST_PACE};

/// What the person wants of the way, beyond what the configuration says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wrapping<'a> {
    /// The method, where not the configured one.
    pub(crate) means: Option<Means>,
    /// From one touch to the next, where not the usual pace.
    pub(crate) pause: Option<Duration>,
    /// What to tell.
    pub(crate) text: Option<&'a str>,
}

/// A request's way with all that it takes.
#[derive(Clone, Debug)]
pub(crate) enum Packed {
    /// One sealed datagram.
    Ticket(Option<MessageText>),
    /// Touches of closed ports.
    Sequence(Carriage, Option<SequenceText>),
}

impl Packed {
    /// Packs what goes to this server.
    pub(crate) fn new(server: &KnownServer, wrapping: Wrapping<'_>) -> Result<Self, PackError> {
        match wrapping.means.unwrap_or_else(|| usual_means(server)) {
            Means::Ticket if wrapping.pause.is_some() => Err(PackError::NothingToPause),
            Means::Ticket => {
                let text = wrapping.text.map(MessageText::new).transpose();
                Ok(Self::Ticket(text.map_err(PackError::TooLong)?))
            }
            Means::Sequence => {
                let text = wrapping.text.map(SequenceText::new).transpose();
                let text = text.map_err(PackError::TooLongForPorts)?;
                Ok(Self::Sequence(carriage(server, wrapping.pause)?, text))
            }
        }
    }

    /// The way as the knock wants it.
    pub(crate) const fn method(&self) -> Method<'_> {
        match self {
            Self::Ticket(text) => Method::Ticket(text.as_ref()),
            Self::Sequence(carriage, text) => Method::Sequence(carriage, text.as_ref()),
        }
    }
}

/// Why a request cannot be packed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    /// A ticket has room for no such text.
    #[error(transparent)]
    TooLong(TextTooLong),
    /// Ports have room for much less.
    #[error(
        "{0}\n  or tell it with a ticket, which has room for {LONGEST_MESSAGE}: --method ticket"
    )]
    TooLongForPorts(TextTooLong),
    /// One packet has nothing beside it.
    #[error(
        "a ticket is one packet: there is nothing to pause between\n  leave --pause away; it is for sequences"
    )]
    NothingToPause,
    /// The server would forget the first touches before the last.
    #[error(
        "so long a pause makes the server forget the first touches\n  {most} ms is the most in an encrypted sequence",
        most = SLOWEST_PACE.as_millis()
    )]
    TooSlow,
}

const fn usual_means(server: &KnownServer) -> Means {
    match server.method {
        KnockMethod::Ticket => Means::Ticket,
        KnockMethod::EncryptedSequence => Means::Sequence,
    }
}

fn carriage(server: &KnownServer, pause: Option<Duration>) -> Result<Carriage, PackError> {
    let SequenceWay {
        span,
        carrier,
        pace,
    } = server.sequence.clone();
    let pace = pause.unwrap_or(pace);
    if pace > SLOWEST_PACE {
        return Err(PackError::TooSlow);
    }
    Ok(Carriage {
        span,
        carrier,
        pace,
    })
}
