//! The guard: whose failures are many, who scans, and who is banned for it.
//!
//! ```text
//!            listener                        │            broker
//! Observation, Glance ─► Sentry ─► Crowd ────┼─► Suspect ─► Bans ─► Sentence ─► Effect
//!                          └─► Loudest ──────┼─► status       └ allow list, grants, limits
//! ```
//!
//! Nothing that is counted here proves anything: whoever can forge a source can fail in its name. So a
//! ban only takes away what nobody was granted, and the broker decides about it.

mod bans;
mod crowd;
mod failure;
mod loudest;
mod ports;
mod prefix;
mod records;
mod sentence;
mod sentry;
mod suspicion;

pub use bans::{Banned, Bans};
pub use failure::Failure;
pub use loudest::Loud;
pub use prefix::{Prefix, PrefixError};
pub use records::BannedBefore;
pub use sentence::{BanPlan, Banning, LONGEST_BAN, MOST_BANS, Sentence, Spared};
pub use sentry::{Sentry, SentryPlan, Suspect};
