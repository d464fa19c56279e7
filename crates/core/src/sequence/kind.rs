//! What a sequence is for, and how its steps come about.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use nightlatch_ticket::SequenceSecret;

use super::Step;
use crate::{Protocol, ServiceId};

/// A sequence's place in the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SequenceId(pub u16);

/// Several packets that together ask for one thing, and prove nothing but that somebody knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The name that stands in the log.
    pub name: String,
    /// What it opens or closes.
    pub service: ServiceId,
    /// Which of the two.
    pub deed: Deed,
    /// How its steps come about.
    pub method: Method,
    /// From the first step to the last.
    pub within: Duration,
    /// How often it may succeed in a minute, all sources together: so far the listener is believed.
    pub per_minute: u32,
}

/// What a sequence does with its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Opens it for the address that it came from.
    Open,
    /// Ends what the same address opened by a sequence.
    Close,
}

/// How the steps of a sequence come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Always the same: whoever sees them once knows them.
    Plain(Vec<Step>),
    /// Each line once, in their order. Lines that were used may still stand here: the state knows
    /// them by their marks.
    OneTime(Vec<Line>),
    /// From a shared secret and the time.
    Timed(Timed),
}

/// One line of a list of sequences that are used once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// By which the state remembers that it was used.
    pub mark: [u8; 16],
    /// Its steps.
    pub steps: Vec<Step>,
}

/// Ports that follow from a secret and the time, as RFC 6238 has it.
#[derive(Clone, PartialEq, Eq)]
pub struct Timed {
    /// What both sides know.
    pub secret: SequenceSecret,
    /// By which the state remembers what was used.
    pub mark: [u8; 16],
    /// How many ports, 3 to 8.
    pub steps: u8,
    /// The protocol of every step.
    pub protocol: Protocol,
    /// The lowest and the highest port.
    pub span: (u16, u16),
    /// How long one set of ports is valid; the one before and the one after are taken too.
    pub every: Duration,
}

impl fmt::Debug for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A secret is never shown.
        f.debug_struct("Timed")
            .field("steps", &self.steps)
            .field("protocol", &self.protocol)
            .field("span", &self.span)
            .field("every", &self.every)
            .finish_non_exhaustive()
    }
}

/// One set of steps that counts now: what the listener watches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Whose.
    pub sequence: SequenceId,
    /// Which: 0 for a plain one, else the line's place or the time step.
    pub number: u64,
    /// Its steps.
    pub steps: Vec<Step>,
    /// From the first step to the last.
    pub within: Duration,
}
