//! What is kept of what happened, as the administrator wants it.

use std::time::Duration;

/// How the journal is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Journal {
    /// For how long.
    pub keep: Duration,
    /// In how many bytes of the disk.
    pub at_most: u64,
}

impl Default for Journal {
    /// A quarter of a year; half a million events and more.
    fn default() -> Self {
        Self {
            keep: Duration::from_hours(24 * 90),
            at_most: 64 << 20,
        }
    }
}
