//! Judges claims; each "no" is a value with its reason.
//!
//! ```text
//! ticket ───┐ seal, counter, freshness, address, service
//! sequence ─┤ number, budget                              ─► grant, close ─► ledger
//! ```

mod grant;
mod sequence;
mod ticket;
