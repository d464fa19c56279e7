//! What the daemon on this computer has kept of what happened: asked of the daemon, or read from its folder.

mod entry;
mod error;
mod moment;
mod source;
mod wanted;
mod words;

use std::collections::VecDeque;

use crate::clock::Clock;
use crate::options::Journal;
use crate::voice::{Audience, SpeakError, tell_on};
use entry::Entry;
pub(crate) use error::JournalError;
pub(crate) use moment::{When, when};
use source::{Said, Source};
use wanted::Wanted;
pub(crate) use wanted::kind;

/// Why no more is printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadingError {
    /// There is no more.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It cannot be printed.
    #[error(transparent)]
    Speak(#[from] SpeakError),
}

/// Prints what is wanted, the oldest first; and where it is to be followed, what happens from then on.
pub(crate) fn run(options: &Journal) -> Result<(), ReadingError> {
    let mut source = Source::open(options)?;
    let wanted = Wanted::of(options, Clock::system().unix());
    let mut last = options.lines.map(|_| VecDeque::new());
    loop {
        match source.next()? {
            Said::Event(line) => {
                let Some(text) = shown(&line, &wanted, options.json) else {
                    continue;
                };
                let most = options.lines.unwrap_or(0);
                if let Some(last) = &mut last {
                    last.push_back(text);
                    if last.len() > most {
                        last.pop_front();
                    }
                } else if tell_on(&text)? == Audience::Gone {
                    return Ok(());
                }
            }
            Said::CaughtUp => {
                for text in last.take().into_iter().flatten() {
                    if tell_on(&text)? == Audience::Gone {
                        return Ok(());
                    }
                }
                if !options.follow {
                    return Ok(());
                }
                source.follow()?;
            }
        }
    }
}

/// A line as it is printed, if it is wanted at all.
fn shown(line: &str, wanted: &Wanted, as_json: bool) -> Option<String> {
    let entry: Entry = serde_json::from_str(line).ok()?;
    if !wanted.wants(&entry) {
        return None;
    }
    Some(if as_json {
        line.to_owned()
    } else {
        words::of(&entry)
    })
}
