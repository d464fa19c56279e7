//! The keys that knockd knows, and where each may stand.

use std::ops::Range;

use super::lines::Line;

/// A key that knockd knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    UseSyslog,
    LogFile,
    PidFile,
    Interface,
    Sequence,
    OneTimeSequences,
    SeqTimeout,
    TcpFlags,
    Target,
    StartCommand,
    StartCommandSix,
    CmdTimeout,
    StopCommand,
    StopCommandSix,
}

/// One line that gave a key a value.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) key: Key,
    pub(crate) line: Line,
    /// Where the value stands in the shown text; empty for a word that stands alone.
    pub(crate) value: Range<usize>,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Before the first section.
    Nowhere,
    /// In `[options]`.
    Options,
    /// In a door.
    Door,
}

/// The key of that name in that place; capitals do not matter.
pub(super) fn find(name: &str, place: Place) -> Option<Key> {
    let found = names(place)
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    found.map(|(_, key)| *key)
}

/// What may be written in a place.
pub(super) const fn names(place: Place) -> &'static [(&'static str, Key)] {
    match place {
        Place::Nowhere => &[],
        Place::Options => &IN_OPTIONS,
        Place::Door => &IN_DOORS,
    }
}

const IN_OPTIONS: [(&str, Key); 3] = [
    ("LogFile", Key::LogFile),
    ("PidFile", Key::PidFile),
    ("Interface", Key::Interface),
];

const IN_DOORS: [(&str, Key); 13] = [
    ("Sequence", Key::Sequence),
    ("One_Time_Sequences", Key::OneTimeSequences),
    ("Seq_Timeout", Key::SeqTimeout),
    ("Timeout", Key::SeqTimeout),
    ("TCPFlags", Key::TcpFlags),
    ("Target", Key::Target),
    ("Start_Command", Key::StartCommand),
    ("Command", Key::StartCommand),
    ("Start_Command_6", Key::StartCommandSix),
    ("Command_6", Key::StartCommandSix),
    ("Cmd_Timeout", Key::CmdTimeout),
    ("Stop_Command", Key::StopCommand),
    ("Stop_Command_6", Key::StopCommandSix),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_do_not_matter_and_the_place_does() {
        assert_eq!(find("TIMEOUT", Place::Door), Some(Key::SeqTimeout));
        assert_eq!(find("command_6", Place::Door), Some(Key::StartCommandSix));
        assert_eq!(find("logfile", Place::Options), Some(Key::LogFile));
        assert_eq!(find("logfile", Place::Door), None);
        assert_eq!(find("sequence", Place::Options), None);
        assert_eq!(find("sequence", Place::Nowhere), None);
    }
}
