//! Decides: observations and the time in, verdicts and effects out.
//!
//! ```text
//!                 listener                      │                 broker
//! Observation ─► Doorstep ─► tags ─► quota ─► Claim ─► Gatekeeper ─► judge ─► Verdict ─► Effect
//!                   ├ walks ───────────────────┤ │         ├ durable, recovery, freshness
//!                   └ gathering ─► tags ─► quota │         └ ledger (a view of the kernel's grants)
//!                                                │             └ holds, members, ends, adoption
//!             Glance ─► Sentry ────────────── Suspect ─► Bans ─► Sentence ─────────► Effect
//! ```
//!
//! Nothing here reads a clock, draws a random number or touches the world: time is the last
//! argument, and the edge obeys the values that come back.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod address_set;
mod adoption;
mod bounded;
mod budget;
mod claim;
mod corrections;
mod cut;
mod doorstep;
mod durable;
mod effect;
mod ends;
mod freshness;
mod gatekeeper;
mod gathering;
mod grant;
mod guard;
mod held;
mod holds;
mod judge;
mod knocker;
mod labels;
mod lane;
mod ledger;
mod members;
mod plan;
mod policy;
mod port;
mod quota;
mod recovery;
mod reload;
mod revoke;
mod sequence;
mod service;
mod shelf;
mod shelves;
mod spent;
mod time;
mod variants;
mod verdict;
mod warning;

pub use address_set::{AddressSet, AddressSetError, IpVersion, SetPlace, TableFamily};
pub use claim::{
    Claim, ClaimError, FrameList, FramesClaim, MessageClaim, SequenceClaim, TicketClaim,
};
pub use cut::Cut;
pub use doorstep::{Advance, Doorstep, DoorstepPlan, Glance, Ignored};
pub use durable::{Marks, WINDOW};
pub use effect::{Effect, Member, Opening, Standing, Stay};
pub use gatekeeper::{Client, Gatekeeper};
pub use grant::{Grant, InForce};
pub use guard::{
    BanPlan, Banned, BannedBefore, Banning, Bans, Failure, LONGEST_BAN, Loud, MOST_BANS, Prefix,
    PrefixError, Sentence, Sentry, SentryPlan, Spared, Suspect,
};
pub use knocker::Knocker;
pub use labels::MOST_HEARD_BY_PORTS;
pub use plan::{Forward, GatePlan, Shows};
pub use policy::{
    Answers, LONGEST, Limits, MOST_LINES, MOST_PORTS, MOST_SEQUENCES, MOST_SERVICES, MOST_SETS,
    Policy, PolicyError,
};
pub use port::{Port, PortError, PortRange, Protocol};
pub use revoke::{Revoke, TakenBack};
pub use sequence::{
    Deed, FlagsWanted, Line, MOST_PAYLOAD, MOST_STEPS, Method, Number, OptionWanted, Pattern,
    PatternError, Payload, Probe, Sequence, SequenceId, Step, StepError, Timed, Traits, Variant,
};
pub use service::{ActionId, ClientId, Passage, Service, ServiceId, ServiceSet};
pub use time::{Instant, Now};
pub use verdict::{Judgement, Record, Refused, Verdict};
pub use warning::Warning;
