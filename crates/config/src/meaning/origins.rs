//! Where each client was written, for complaints about two that cannot be told apart.

use std::{ops::Range, path::PathBuf};

use nightlatch_core::ClientId;

use crate::{
    clients_file::show_line,
    desk::Desk,
    remark::Remark,
    roster::{Likeness, Roster, Twin},
};

/// Where each client was written.
#[derive(Default)]
pub(super) struct Origins {
    /// Name and key of those in the file itself.
    pub(super) spans: Vec<[Range<usize>; 2]>,
    pub(super) file: PathBuf,
    /// Line numbers of those in the clients file.
    pub(super) lines: Vec<u32>,
}

impl Origins {
    pub(super) fn complain_of_twin(&self, twin: Twin, roster: &Roster, desk: &mut Desk) {
        let name = |place: usize| {
            let id = u32::try_from(place).unwrap_or(u32::MAX);
            roster.name_of(ClientId(id)).unwrap_or_default()
        };
        let before = self.describe(twin.first);
        let title = match twin.likeness {
            Likeness::Name => format!("there is a client `{}` already", name(twin.second)),
            Likeness::Key => format!(
                "`{}` has the same key as `{}`",
                name(twin.second),
                name(twin.first)
            ),
        };
        let advice = match twin.likeness {
            Likeness::Name => "give each client a name of its own",
            Likeness::Key => "each client makes a key of its own; take one of them out",
        };
        let first_span = self
            .spans
            .get(twin.first)
            .map(|spans| of_likeness(spans, twin.likeness));
        let both_here = twin.second < self.spans.len();
        let remark = |span| {
            let remark = Remark::error(span, title.clone());
            let remark = match &first_span {
                Some(first) if both_here => remark.also(first.clone(), "first here"),
                _ => remark.label(format!("first in {before}")),
            };
            remark.advise(advice)
        };
        self.complain(twin.second, twin.likeness, remark, desk);
    }

    pub(super) fn complain(
        &self,
        place: usize,
        likeness: Likeness,
        remark: impl Fn(Range<usize>) -> Remark,
        desk: &mut Desk,
    ) {
        if let Some(spans) = self.spans.get(place) {
            desk.add(remark(of_likeness(spans, likeness)));
            return;
        }
        if let Some(line) = self.line(place) {
            let word = match likeness {
                Likeness::Name => 0,
                Likeness::Key => 1,
            };
            show_line(&self.file, line, word, remark, desk);
        }
    }

    fn describe(&self, place: usize) -> String {
        match self.line(place) {
            Some(line) => format!("line {line}"),
            None => String::from("the main file"),
        }
    }

    fn line(&self, place: usize) -> Option<u32> {
        self.lines
            .get(place.checked_sub(self.spans.len())?)
            .copied()
    }
}

fn of_likeness(spans: &[Range<usize>; 2], likeness: Likeness) -> Range<usize> {
    let [name, key] = spans;
    match likeness {
        Likeness::Name => name.clone(),
        Likeness::Key => key.clone(),
    }
}
