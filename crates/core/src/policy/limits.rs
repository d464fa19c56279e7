//! How much of everything, and whether anybody is answered.

use core::time::Duration;

use super::PolicyError;

/// Whether proven clients are answered; strangers never are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Answers {
    /// A sealed answer goes to whoever proved to hold a key.
    #[default]
    Sealed,
    /// Nobody is answered: clients repair themselves less well, and nothing leaves the host.
    Silent,
}

/// How much of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many grants may be in force at once, all clients together.
    pub grants: usize,
    /// How many of them one client may hold.
    pub per_client: u32,
    /// How far a client's clock may be off.
    pub freshness: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // Some 40 MiB when all are taken: more than a busy gateway needs at once.
            grants: 262_144,
            // A person with several devices and services, many times over; one stolen key cannot
            // fill the ledger.
            per_client: 64,
            freshness: Duration::from_mins(1),
        }
    }
}

impl Limits {
    pub(super) fn check(self) -> Result<(), PolicyError> {
        if self.grants == 0 || self.per_client == 0 {
            return Err(PolicyError::NoGrants);
        }
        if self.freshness < SHORTEST || self.freshness > WIDEST {
            return Err(PolicyError::Freshness(self.freshness));
        }
        Ok(())
    }
}

/// No two clocks agree better for long.
const SHORTEST: Duration = Duration::from_secs(1);
/// Tags reach one epoch of ten minutes to either side; a clock further off is not recognised.
const WIDEST: Duration = Duration::from_mins(10);
