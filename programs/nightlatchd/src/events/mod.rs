//! Events: what happened, told to the helpers that want to know, none of which is ever waited for.
//!
//! ```text
//! broker: Round::report ─► Hearers ─┬─► Hearer ══ events of one size ══► Ear: clerk
//!                                   │          ◄══════ tidings ═══════
//!                                   └─► …
//! ```
//! Where a helper has no room or is gone, the event is lost to it and counted, and the knock goes on.

mod ear;
mod hearer;
mod hearers;
mod tidings;

pub(crate) use ear::Ear;
pub(crate) use hearer::{Ended, Hearer, Role};
pub(crate) use hearers::Hearers;
pub(crate) use nightlatch_journal::{Event, Kind, Label, UnixMillis, Who};
pub(crate) use tidings::Tidings;
