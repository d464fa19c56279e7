//! How long to wait for an answer before knocking again.

use std::time::Duration;

use nightlatch_ticket::Attempt;

/// How far away the server is thought to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Anywhere on earth: the attempt's own waits, under five seconds in all.
    Usual,
    /// On this computer, as in tests and demonstrations: a tenth of that.
    Nearby,
}

impl Patience {
    /// How long to wait for the answer to what an attempt has just sent.
    pub fn with(self, attempt: &Attempt) -> Duration {
        match self {
            Self::Usual => attempt.patience(),
            Self::Nearby => attempt.patience().checked_div(10).unwrap_or_default(),
        }
    }
}
