//! The teller: what the herald says of its receivers in the log, once for each change.

use std::sync::{Mutex, PoisonError};

use nightlatch_core::Now;

use crate::log::{Line, Log};
use crate::pace::Pace;

/// Says how receivers fare. Threads share it.
#[derive(Debug)]
pub(super) struct Teller {
    log: Log,
    drops: Mutex<Pace>,
}

impl Teller {
    pub(super) const fn new(log: Log) -> Self {
        Self {
            log,
            drops: Mutex::new(Pace::new(DROPS_A_MINUTE, 60)),
        }
    }

    /// A receiver was told, after so many failures in a row; without failures there is nothing to say.
    pub(super) fn works(&self, name: &str, failures: u32) {
        if failures > 0 {
            let tries = failures.saturating_add(1);
            self.say(name, "told-again", format!("told again, at try {tries}"));
        }
    }

    /// A receiver was not told, for the first time in a row.
    pub(super) fn failing(&self, name: &str, cause: &str, then: &str) {
        self.say(name, "failing", format!("not told: {cause}; {then}"));
    }

    /// Something is not told to a receiver any more.
    pub(super) fn dropped(&self, name: &str, cause: &str, now: Now) {
        let mut drops = self.drops.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = drops.take(now) {
            let dropped = before.saturating_add(1);
            self.say(name, "dropped", format!("{dropped} dropped: {cause}"));
        }
    }

    /// A receiver wants nothing more.
    pub(super) fn gone(&self, name: &str, lost: usize) {
        self.say(
            name,
            "gone",
            format!(
                "it answered 410, which means for good; {lost} dropped\n  nothing is sent there until the next reload: \
                 correct `webhook`, or take the table out"
            ),
        );
    }

    fn say(&self, name: &str, is: &'static str, words: String) {
        self.log.say(Line::Notification {
            notification: name.to_owned(),
            is,
            words,
        });
    }

    pub(super) fn warn(&self, warning: String) {
        self.log.say(Line::Warned { warning });
    }
}

/// A receiver that refuses everything would else fill the log.
const DROPS_A_MINUTE: u32 = 6;
