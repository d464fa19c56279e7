//! Which commands a door runs for an address of either family, after knockd's manner of falling back.

use crate::knockd::reading::{Door, Key, Lines, Said};

/// What is run for IPv4, and what for IPv6.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Halves {
    pub(super) four: Half,
    pub(super) six: Half,
}

/// What is run at the beginning and after a while.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Half {
    pub(super) start: Option<String>,
    pub(super) stop: Option<String>,
}

impl Halves {
    /// What this door runs.
    pub(super) fn of(door: &Door, lines: &Lines) -> Self {
        let value = |said: &Said| lines.text(&said.value).to_owned();
        let last = |key| door.last(key).map(value);
        let start = last(Key::StartCommand);
        let stop = last(Key::StopCommand);
        let start_six = last(Key::StartCommandSix).or_else(|| start.clone());
        let stop_six = last(Key::StopCommandSix).or_else(|| stop.clone());
        Self {
            four: Half::new(start, stop),
            six: Half::new(start_six, stop_six),
        }
    }

    /// Everything that is run after a while.
    pub(super) fn stops(&self) -> impl Iterator<Item = &str> {
        let halves = [&self.four, &self.six].into_iter();
        halves.filter_map(|half| half.stop.as_deref())
    }
}

impl Half {
    /// An empty command is none, and without a start knockd never comes to the stop.
    fn new(start: Option<String>, stop: Option<String>) -> Self {
        let some = |command: Option<String>| command.filter(|command| !command.is_empty());
        let start = some(start);
        Self {
            stop: some(stop).filter(|_| start.is_some()),
            start,
        }
    }
}
