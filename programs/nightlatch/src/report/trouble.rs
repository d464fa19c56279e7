//! Why one visit came to nothing.

use std::fmt;

use nightlatch_ticket::{Kind, Reason};

use crate::exit::Exit;
use crate::knock::{Knocked, Remark, SpreadError, Visit, VisitError};

/// Why one visit came to nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble<'a> {
    /// The attempt was given up.
    GivenUp(Reason, &'a Knocked),
    /// The key may not tell anything.
    Untold,
    /// The place could not be knocked at.
    Unvisited(&'a VisitError),
    /// The system gives us no thread.
    NoThread,
}

impl<'a> Trouble<'a> {
    /// The trouble of a visit, if it had one.
    pub(crate) fn of(visit: &'a Visit) -> Option<Self> {
        match &visit.end {
            Ok(knocked) => knocked.exchange.end.err().map(|reason| match reason {
                Reason::Forbidden if visit.kind == Kind::Message => Self::Untold,
                reason => Self::GivenUp(reason, knocked),
            }),
            Err(error) => Some(Self::Unvisited(error)),
        }
    }

    /// Which trouble to tell when there are several: the lowest says the most.
    pub(crate) const fn rank(&self) -> u8 {
        match self {
            Self::GivenUp(Reason::Silence | Reason::SilenceAfterRecovery, ..) => 1,
            Self::Untold | Self::GivenUp(..) => 0,
            Self::Unvisited(VisitError::Exchange(_) | VisitError::Spread(_)) => 2,
            Self::Unvisited(VisitError::OtherFamily { .. }) => 3,
            Self::Unvisited(VisitError::NoWay { .. }) => 4,
            Self::NoThread => 5,
        }
    }

    /// The exit code that tells this kind of trouble.
    pub(crate) const fn exit(&self) -> Exit {
        match self {
            Self::Untold => Exit::Refused,
            Self::GivenUp(reason, ..) => match reason {
                Reason::Forbidden | Reason::SeenElsewhere { .. } => Exit::Refused,
                Reason::CounterUsedUp => Exit::Content,
                _ => Exit::Unavailable,
            },
            Self::Unvisited(VisitError::OtherFamily { .. }) => Exit::Usage,
            Self::Unvisited(VisitError::NoWay { .. }) => Exit::Unavailable,
            Self::Unvisited(VisitError::Spread(error)) => of_spread(error),
            Self::Unvisited(VisitError::Exchange(_)) | Self::NoThread => Exit::System,
        }
    }

    /// One word for programs.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Untold => "forbidden",
            Self::GivenUp(reason, ..) => match reason {
                Reason::Silence => "silence",
                Reason::SilenceAfterRecovery => "silence-after-recovery",
                Reason::TriesUsedUp => "tries-used-up",
                Reason::Forbidden => "forbidden",
                Reason::Unavailable => "unavailable",
                Reason::Full => "full",
                Reason::SeenElsewhere { .. } => "seen-elsewhere",
                Reason::AddressUnsteady { .. } => "address-unsteady",
                Reason::ClockUnsteady => "clock-unsteady",
                Reason::CounterUnsteady => "counter-unsteady",
                Reason::CounterUsedUp => "counter-used-up",
            },
            Self::Unvisited(VisitError::NoWay { .. }) => "no-way",
            Self::Unvisited(VisitError::OtherFamily { .. }) => "other-family",
            Self::Unvisited(VisitError::Spread(
                SpreadError::CounterAhead { .. } | SpreadError::CounterFarAhead { .. },
            )) => "counter-ahead",
            Self::Unvisited(VisitError::Exchange(_) | VisitError::Spread(_)) | Self::NoThread => {
                "system"
            }
        }
    }

    /// What the network hinted at, where the server itself said nothing.
    fn hint(&self) -> Option<&'static str> {
        let Self::GivenUp(Reason::Silence, knocked) = self else {
            return None;
        };
        let hints = [
            // With the gate up, nothing at all comes back from the knock port.
            (
                Remark::Refused,
                "the network says that nothing listens there: nightlatchd is probably not running",
            ),
            (
                Remark::Unreachable,
                "the network says that the host cannot be reached",
            ),
            (
                Remark::Strange,
                "something did come back, but not from a server with this key",
            ),
        ];
        let told = |hint: &&(Remark, _)| knocked.exchange.diary.tells_of(hint.0);
        hints.iter().find(told).map(|(_, words)| *words)
    }
}

const fn of_spread(error: &SpreadError) -> Exit {
    match error {
        SpreadError::CounterAhead { .. } | SpreadError::CounterFarAhead { .. } => Exit::Unavailable,
        SpreadError::NoAnswer => Exit::Usage,
        SpreadError::NoPort => Exit::Config,
        SpreadError::Touch(_) => Exit::System,
    }
}

impl fmt::Display for Trouble<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold => out.write_str(
                "this key may not tell the server anything\n  \
                 its administrator allows it with may-tell = true",
            )?,
            Self::GivenUp(reason, ..) => write!(out, "{reason}")?,
            Self::Unvisited(error) => write!(out, "{error}")?,
            Self::NoThread => out.write_str(
                "the operating system gives no thread\n  try again when less is running",
            )?,
        }
        match self.hint() {
            Some(hint) => write!(out, "\n  {hint}"),
            None => Ok(()),
        }
    }
}
