//! What came of a knock, told to people and to programs.

mod json;
mod trouble;
mod words;

pub(crate) use trouble::Trouble;

use crate::exit::Exit;
use crate::knock::Visit;

/// What came of a knock, with the names that the person uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    /// The server.
    pub(crate) server: &'a str,
    /// The service; empty where none was asked for.
    pub(crate) service: &'a str,
    /// Each family that was tried.
    pub(crate) visits: &'a [Visit],
}

/// What is said about a knock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// What the person asked for: standard output.
    pub(crate) answers: Vec<String>,
    /// What else is worth knowing: standard error.
    pub(crate) remarks: Vec<String>,
}

impl Report<'_> {
    /// The outcome for people.
    pub(crate) fn said(&self) -> Said {
        words::said(self)
    }

    /// The outcome for programs: one JSON object in one line.
    pub(crate) fn json(&self) -> String {
        json::json(self)
    }

    /// What happened, packet by packet.
    pub(crate) fn diary(&self) -> String {
        words::diary(self)
    }

    /// Why nothing was done, when nothing was done anywhere: what the server itself said comes
    /// first, then silence, then that there is no way to it.
    pub(crate) fn trouble(&self) -> Option<Trouble<'_>> {
        if self.visits.iter().any(|visit| visit.done().is_some()) {
            return None;
        }
        let troubles = self.visits.iter().filter_map(Trouble::of);
        Some(
            troubles
                .min_by_key(Trouble::rank)
                .unwrap_or(Trouble::NoThread),
        )
    }

    /// How the program ends.
    pub(crate) fn exit(&self) -> Exit {
        self.trouble().map_or(Exit::Done, |trouble| trouble.exit())
    }
}
