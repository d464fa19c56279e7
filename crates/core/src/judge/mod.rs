//! Judges claims; each "no" is a value with its reason.
//!
//! ```text
//! ticket ──┐ seal ─► heard: recovery, ┐
//! message ─┘         address, answer  ├─ counter, freshness ─┐
//! frames ─── seal, address ───────────┘                      ├─► grant, close, tell
//! sequence ─ number, budget ─────────────────────────────────┘
//! ```

mod claim;
mod counter;
mod frames;
mod grant;
mod heard;
mod sequence;
mod ticket;
