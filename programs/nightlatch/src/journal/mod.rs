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
    let mut printer = Printer {
        last: options.last_lines().map(Last::of),
        audience: Audience::There,
    };
    while printer.audience == Audience::There {
        match source.next()? {
            Said::Event(line) => {
                let text = shown(&line, &wanted, options.json);
                text.map_or(Ok(()), |text| printer.take(text))?;
            }
            Said::CaughtUp => {
                printer.catch_up()?;
                if !options.follow {
                    break;
                }
                source.follow()?;
            }
        }
    }
    Ok(())
}

/// What prints, or keeps the last lines until there are no more.
struct Printer {
    last: Option<Last>,
    audience: Audience,
}

/// The last lines, so many at most.
struct Last {
    most: usize,
    lines: VecDeque<String>,
}

impl Last {
    const fn of(most: usize) -> Self {
        Self {
            most,
            lines: VecDeque::new(),
        }
    }

    fn take(&mut self, text: String) {
        self.lines.push_back(text);
        if self.lines.len() > self.most {
            self.lines.pop_front();
        }
    }
}

impl Printer {
    fn take(&mut self, text: String) -> Result<(), SpeakError> {
        match &mut self.last {
            Some(last) => last.take(text),
            None => self.audience = tell_on(&text)?,
        }
        Ok(())
    }

    /// What comes from now on is printed at once.
    fn catch_up(&mut self) -> Result<(), SpeakError> {
        let kept = self.last.take().map(|last| last.lines);
        kept.into_iter().flatten().try_for_each(|text| {
            self.audience = tell_on(&text)?;
            Ok(())
        })
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
