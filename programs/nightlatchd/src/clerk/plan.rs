//! What the clerk is told when it is started: one word of its command line.

use core::time::Duration;
use std::path::PathBuf;
use std::str::FromStr;

use nightlatch_journal::Limits;
use serde::{Deserialize, Serialize};

use crate::log::Form;

/// Where what is kept, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The journal's own folder.
    pub(crate) folder: PathBuf,
    /// For how long.
    pub(crate) keep_seconds: u64,
    /// In how many bytes.
    pub(crate) at_most: u64,
    /// How the log is written.
    pub(crate) form: Form,
}

/// A word that no broker says.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no plan of a clerk\n  the daemon starts it by itself")]
pub(crate) struct NoPlan;

impl Plan {
    pub(super) const fn limits(&self) -> Limits {
        Limits {
            keep: Duration::from_secs(self.keep_seconds),
            at_most: self.at_most,
        }
    }

    /// As it stands on the command line; a path that is no text cannot stand there.
    pub(crate) fn to_word(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

impl FromStr for Plan {
    type Err = NoPlan;

    fn from_str(word: &str) -> Result<Self, NoPlan> {
        serde_json::from_str(word).map_err(|_| NoPlan)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_survives_the_command_line() {
        let plan = Plan {
            folder: PathBuf::from("/var/lib/night \"latch\"/journal"),
            keep_seconds: 7,
            at_most: 1 << 40,
            form: Form::Json,
        };
        assert_eq!(plan.to_word().unwrap().parse::<Plan>().unwrap(), plan);
        assert!("{}".parse::<Plan>().is_err());
    }
}
