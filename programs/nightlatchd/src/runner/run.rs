//! One run: a command that is to be begun, and how it ended.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use crate::errand::{Action, Half, Name, Notice};

/// Whom a grant is for, as far as an action is concerned: what was begun for it is stopped for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) address: IpAddr,
    pub(super) service: Name,
}

impl Key {
    /// Before every other.
    pub(super) const FIRST: Self = Self {
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        service: Name::NONE,
    };
}

/// A command that is to be begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Whose place it takes: the number of a desk.
    pub(super) desk: u64,
    /// Of what.
    pub(super) action: Arc<Action>,
    /// Which part of it.
    pub(super) part: Part,
    /// For whom.
    pub(super) key: Key,
    /// The client, or the sequence.
    pub(super) client: Name,
    /// For how long the grant is; 0 for a message.
    pub(super) seconds: u32,
    /// What it gets on its standard input; nothing at all for a grant.
    pub(super) text: Option<Vec<u8>>,
}

/// Which part a command plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// It does something that a stop undoes.
    Start,
    /// It undoes it.
    Stop,
    /// It does something that nothing undoes.
    Alone,
}

impl Part {
    /// Which half of the action it is.
    pub(super) const fn half(self) -> Half {
        match self {
            Self::Start | Self::Alone => Half::Start,
            Self::Stop => Half::Stop,
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Well.
    Done,
    /// With this exit code.
    Failed(i32),
    /// By this signal, and not by us.
    Killed(i32),
    /// Too late: it was killed with everything in its process group.
    TimedOut,
    /// Not at all: the system had no process for it.
    Unstarted,
}

impl Outcome {
    pub(super) fn notice(self) -> Notice {
        match self {
            Self::Done => Notice::Done,
            Self::Failed(code) => Notice::Failed(code.unsigned_abs()),
            Self::Killed(signal) => Notice::Killed(signal.unsigned_abs()),
            Self::TimedOut => Notice::TimedOut,
            Self::Unstarted => Notice::Unstarted,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => write!(f, "done"),
            Self::Failed(code) => write!(f, "exit code {code}"),
            Self::Killed(signal) => write!(f, "ended by signal {signal}"),
            Self::TimedOut => write!(f, "timed out, killed with its process group"),
            Self::Unstarted => write!(f, "not started: the system has no process for it"),
        }
    }
}
