//! Sources that hear nothing more: said once when it begins and once when it ends, and shown while it lasts.

use nightlatch_capture::Deafness;
use nightlatch_core::Now;

use super::round::Round;
use crate::channel::Hearing;
use crate::log::Line;
use crate::pace::Pace;

/// What was said of the sources.
#[derive(Debug)]
pub(super) struct Said {
    deaf: Vec<Option<Deafness>>,
    pace: Pace,
}

impl Default for Said {
    fn default() -> Self {
        Self {
            deaf: Vec::new(),
            pace: Pace::new(LINES, 60),
        }
    }
}

impl Round {
    /// Takes what the listener says of its sources, and says what is new about it. It is believed, but
    /// does not fill the log.
    pub(super) fn hear(&mut self, hearing: Hearing, now: Now) {
        self.tallies.hear(hearing);
        let said = &mut self.tallies.deaf_said;
        said.deaf.resize(self.tallies.hearing.len(), None);
        let sources = self.reloading.fixed.sources.iter();
        let each = sources.zip(&self.tallies.hearing).zip(&mut said.deaf);
        for ((source, heard), said_of_it) in each {
            if heard.deaf == *said_of_it || said.pace.take(now).is_none() {
                continue;
            }
            *said_of_it = heard.deaf;
            let source = source.to_string();
            self.log.say(match heard.deaf {
                Some(deaf) => Line::Warned {
                    warning: in_words(&source, deaf),
                },
                None => Line::HearsAgain { source },
            });
        }
    }

    /// What is wrong with sources now.
    pub(super) fn deaf(&self) -> Vec<String> {
        let sources = self.reloading.fixed.sources.iter();
        let heard = sources.zip(&self.tallies.hearing);
        heard
            .filter_map(|(source, heard)| Some(in_words(&source.to_string(), heard.deaf?)))
            .collect()
    }
}

fn in_words(source: &str, deaf: Deafness) -> String {
    let (why, to_do) = match deaf {
        Deafness::Absent => (
            "there is no such file",
            "the syslog daemon makes it, where it runs: it is waited for",
        ),
        Deafness::NotAFile => (
            "a folder, a pipe or a device stands in its place",
            "put the log back: it is waited for",
        ),
        Deafness::Unreadable => (
            "it may not be read",
            "chgrp adm and chmod 640, and have logrotate or the syslog daemon make it so",
        ),
    };
    format!("{source} is deaf, and no knock is heard of it: {why}\n  {to_do}")
}

/// In a minute; who takes the listener over shall not fill the log.
const LINES: u32 = 10;
