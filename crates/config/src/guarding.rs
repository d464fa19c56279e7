//! What failures lead to, as the administrator wants it.

use nightlatch_core::{BanPlan, SentryPlan};

/// What failures lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guarding {
    /// From when on somebody is suspect.
    pub sentry: SentryPlan,
    /// Whether suspects are banned, and for how long.
    pub bans: BanPlan,
    /// What of failures stands in the log.
    pub failures: FailureLog,
}

/// What of failures stands in the log. Strangers cause them, so it is bounded either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailureLog {
    /// Nothing but bans; `status` has the numbers.
    #[default]
    Bans,
    /// A line for each suspect, for programs that watch the log.
    Suspects,
}
