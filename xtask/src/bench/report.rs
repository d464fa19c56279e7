//! Everything that was measured, before anybody writes about it.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::machine::Machine;
use super::peers::Kind;
use super::spread::Spread;
use super::usage::Memory;

/// The figures of one run.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) openings: Vec<Opening>,
    pub(super) inside: Vec<Inside>,
    pub(super) floods: Vec<Flooding>,
    pub(super) grants: Option<Grants>,
    pub(super) memory: Vec<Housed>,
    pub(super) rows: Vec<Row>,
    pub(super) scans: Vec<Scan>,
    pub(super) sequence_floods: Vec<Flooding>,
    pub(super) replays: Vec<Replays>,
    pub(super) sourced: Vec<Sourced>,
    pub(super) followed: Option<Followed>,
}

/// A log that was written as fast as it was read.
#[derive(Serialize)]
pub(super) struct Followed {
    pub(super) bytes: u64,
    pub(super) lines: u64,
    /// What the daemon counted; the lines of the knocks beside them.
    pub(super) handed_over: u64,
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) before: Memory,
    pub(super) after: Memory,
    pub(super) knocks: usize,
    pub(super) opened: Vec<Duration>,
}

/// Knock to open through one source.
#[derive(Serialize)]
pub(super) struct Sourced {
    pub(super) source: String,
    pub(super) knocks: usize,
    pub(super) opened: Option<Spread>,
}

/// One thing that happens to a sequence of SYNs, and whether the door opened.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) should_open: bool,
    pub(super) theirs: Option<Fate>,
    pub(super) ours: Fate,
}

/// What became of the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Fate {
    Opens,
    Stays,
    /// The daemon takes no such doors.
    Refused,
}

/// Scans of one manner, and how many of them opened the door.
#[derive(Serialize)]
pub(super) struct Scan {
    pub(super) who: Who,
    pub(super) steps: usize,
    pub(super) manner: String,
    pub(super) scans: u32,
    pub(super) opened: u32,
    /// Touches that our daemon saw and that were no step.
    pub(super) astray: u64,
    /// Packets that the kernel had no room for.
    pub(super) lost: u64,
}

/// A recorded knock, sent again.
#[derive(Serialize)]
pub(super) struct Replays {
    pub(super) kind: String,
    /// What the first time opened.
    pub(super) honoured: u64,
    pub(super) times: u32,
    /// What all the others opened.
    pub(super) opened: u64,
}

/// Whose figure it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) enum Who {
    #[default]
    Ours,
    Peer(Kind),
}

/// Last knock to first SYN-ACK.
#[derive(Serialize)]
pub(super) struct Opening {
    pub(super) who: Who,
    pub(super) rest: Rest,
    pub(super) knocks: usize,
    pub(super) opened: Option<Spread>,
}

/// What was between two knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Rest {
    /// A millisecond.
    None,
    /// Long enough for the cores to halt and for their caches to hold something else.
    Some,
}

impl Rest {
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::None => "one after the other",
            Self::Some => "each after 100 ms of rest",
        }
    }

    pub(super) const fn length(self) -> Duration {
        match self {
            Self::None => Duration::from_millis(1),
            Self::Some => Duration::from_millis(100),
        }
    }
}

/// Claim to kernel's word, and the same knocks seen from outside.
#[derive(Serialize)]
#[expect(
    clippy::struct_field_names,
    reason = "inside and outside are what is compared"
)]
pub(super) struct Inside {
    pub(super) knocks: String,
    pub(super) inside: Option<Spread>,
    pub(super) outside: Option<Spread>,
}

/// Knocks under junk.
#[derive(Default, Serialize)]
pub(super) struct Flooding {
    pub(super) who: Who,
    pub(super) clients: u32,
    pub(super) junk: String,
    /// Packets a second that were asked for; `None`: all that the machine sends.
    pub(super) wanted: Option<u32>,
    pub(super) packets: u64,
    pub(super) seconds: f64,
    pub(super) knocks: u32,
    pub(super) honoured: usize,
    pub(super) opened: Option<Spread>,
    pub(super) cpu_seconds: f64,
    pub(super) lost_by_listener: u64,
}

/// Grants as fast as they come.
#[derive(Serialize)]
pub(super) struct Grants {
    pub(super) people: u32,
    pub(super) knocks: u32,
    pub(super) granted: u64,
    pub(super) answered: usize,
    pub(super) seconds: f64,
    pub(super) before: Option<Spread>,
    pub(super) after: Option<Spread>,
}

/// Memory of one daemon.
#[derive(Serialize)]
pub(super) struct Housed {
    pub(super) who: Who,
    pub(super) clients: u32,
    pub(super) memory: Memory,
    pub(super) ready_after: f64,
}

impl Report {
    pub(super) fn begin(peers: &[Kind]) -> Result<Self> {
        Ok(Self {
            machine: Machine::here(peers)?,
            openings: Vec::new(),
            inside: Vec::new(),
            floods: Vec::new(),
            grants: None,
            memory: Vec::new(),
            rows: Vec::new(),
            scans: Vec::new(),
            sequence_floods: Vec::new(),
            replays: Vec::new(),
            sourced: Vec::new(),
            followed: None,
        })
    }
}

impl Who {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ours => "nightlatchd",
            Self::Peer(kind) => kind.program(),
        }
    }
}

impl Opening {
    pub(super) fn of(who: Who, rest: Rest, times: &[Option<Duration>]) -> Self {
        Self {
            who,
            rest,
            knocks: times.len(),
            opened: Spread::of(times.iter().copied().flatten()),
        }
    }
}

impl Flooding {
    /// Packets a second that came about.
    pub(super) fn pace(&self) -> f64 {
        number(self.packets) / self.seconds.max(f64::MIN_POSITIVE)
    }

    /// Microseconds of CPU for each packet of junk.
    pub(super) fn cpu_each(&self) -> f64 {
        self.cpu_seconds * 1e6 / number(self.packets).max(1.0)
    }

    /// How much of one core the daemon took, in per cent.
    pub(super) fn cpu_share(&self) -> f64 {
        self.cpu_seconds * 100.0 / self.seconds.max(f64::MIN_POSITIVE)
    }
}

impl Followed {
    pub(super) fn lines_a_second(&self) -> f64 {
        number(self.lines) / self.seconds.max(f64::MIN_POSITIVE)
    }

    /// Of ten to the sixth bytes.
    pub(super) fn megabytes_a_second(&self) -> f64 {
        number(self.bytes) / 1e6 / self.seconds.max(f64::MIN_POSITIVE)
    }

    /// Microseconds of CPU for each line.
    pub(super) fn cpu_each(&self) -> f64 {
        self.cpu_seconds * 1e6 / number(self.lines).max(1.0)
    }
}

impl Grants {
    pub(super) fn per_second(&self) -> f64 {
        number(self.granted) / self.seconds.max(f64::MIN_POSITIVE)
    }
}

/// Counts of packets stay far below the 2^52 that a float holds.
#[expect(clippy::cast_precision_loss, reason = "a rate is told in three digits")]
fn number(count: u64) -> f64 {
    count as f64
}
