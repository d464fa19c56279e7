//! Stops that are still to come, on the disk: what a start half did is undone, whatever happens to us.
//!
//! ```text
//! stops        one record a change, appended and synced; written anew when it grows long
//! stops.lock   held by the running runner
//! ```
//! Actions are named here, never their commands: who can write this folder can have nothing run that
//! the configuration does not have.

mod file;
mod record;
mod scribe;

use core::net::IpAddr;

use nightlatch_ticket::UnixTime;

use crate::errand::Name;
pub(super) use file::{Folder, Locked, remembered};
pub(super) use scribe::Scribe;

/// A stop half that is to run, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) key: StopKey,
    /// The client, or the sequence.
    pub(super) client: Name,
    /// For how long the grant was.
    pub(super) seconds: u32,
    /// When; by the date, since no other clock outlives a boot.
    pub(super) at: UnixTime,
}

/// What makes two stops one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StopKey {
    pub(super) action: Name,
    pub(super) address: IpAddr,
    pub(super) service: Name,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// It is to run then, and no longer when it was to run before.
    Due(Stop),
    /// It ran.
    Over(StopKey),
}

/// How many can be remembered: 15 MB of disk.
pub(super) const MOST_STOPS: usize = 65_536;
