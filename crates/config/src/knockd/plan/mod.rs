//! What becomes of each door, with the reasons.
//!
//! ```text
//! door ─► halves (commands) ─► deed ─► candidate ─► services ─► blocks ─► text, warnings
//!      └► steps ──────────────────────────┘
//! ```

mod action_block;
mod block;
mod candidate;
mod deed;
mod halves;
mod names;
mod sequence_block;
mod server_block;
mod service_block;
mod services;
mod steps;
mod toml;
mod weak;
mod whole;

pub(super) use whole::write;
