//! One door: a section of knockd's file with all that was said in it.

use std::ops::Range;

use super::{
    flags::Flags,
    keys::{Key, Said},
    lines::{Line, Lines},
    touches::{self, Touch},
};
use crate::remark::Remark;

/// A section that is not `[options]`.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    /// Its name, at most 127 bytes of it.
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) name_span: Range<usize>,
    pub(crate) header: Line,
    /// The comments above it and in it.
    pub(crate) comments: Vec<Line>,
    /// Everything said in it, in the order of the file.
    pub(crate) said: Vec<Said>,
    /// What the last `Sequence` says.
    pub(crate) touches: Vec<Touch>,
    /// What all `TCPFlags` say together.
    pub(crate) flags: Flags,
}

impl Door {
    /// A door of which nothing but the name is known.
    pub(super) fn new(
        name: &Range<usize>,
        header: Line,
        comments: Vec<Line>,
        lines: &Lines,
    ) -> Self {
        let text = lines.text(name);
        let length = text.floor_char_boundary(LONGEST_NAME.min(text.len()));
        Self {
            name: text.get(..length).unwrap_or_default().to_owned(),
            name_span: name.clone(),
            header,
            comments,
            said: Vec::new(),
            touches: Vec::new(),
            flags: Flags::default(),
        }
    }

    /// Takes in one line.
    pub(super) fn add(&mut self, said: Said, lines: &Lines) -> Result<(), Remark> {
        let value = said.value.clone();
        let key = said.key;
        self.said.push(said);
        match key {
            Key::Sequence => self.touches = touches::read(lines, &value)?,
            Key::TcpFlags => self.flags.add(lines, &value)?,
            Key::OneTimeSequences if value.is_empty() => {
                return Err(Remark::error(value, "no file is named here")
                    .advise("name the file with the sequences, one to a line"));
            }
            _ => {}
        }
        Ok(())
    }

    /// The line that counts: the last one with that key.
    pub(crate) fn last(&self, key: Key) -> Option<&Said> {
        self.all(key).next_back()
    }

    /// The line with the command that starts something, for IPv4 before IPv6.
    pub(crate) fn start(&self) -> Option<&Said> {
        self.last(Key::StartCommand)
            .or_else(|| self.last(Key::StartCommandSix))
    }

    /// The line with the command that undoes it, for IPv4 before IPv6.
    pub(crate) fn stop(&self) -> Option<&Said> {
        self.last(Key::StopCommand)
            .or_else(|| self.last(Key::StopCommandSix))
    }

    /// Every line with that key.
    pub(crate) fn all(&self, key: Key) -> impl DoubleEndedIterator<Item = &Said> {
        self.said.iter().filter(move |said| said.key == key)
    }

    /// What is missing for knockd to take it.
    pub(super) fn check(&self) -> Result<(), Remark> {
        if self.last(Key::Sequence).is_some() || self.last(Key::OneTimeSequences).is_some() {
            return Ok(());
        }
        let title = format!("door `{}` has no sequence", self.name.escape_debug());
        Err(Remark::error(self.name_span.clone(), title)
            .advise("add one: sequence = 7142,8311,9027, or take the door out"))
    }
}

/// What knockd keeps of a name.
const LONGEST_NAME: usize = 127;
