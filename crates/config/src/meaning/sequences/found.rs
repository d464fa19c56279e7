//! A sequence, and where each part of it was written.

use std::{ops::Range, path::PathBuf, time::Duration};

use nightlatch_core::{Deed, Line, Method, Sequence, ServiceId, Step, Timed};

/// A sequence, and where each part of it was written.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) place: Range<usize>,
    pub(super) service: ServiceId,
    pub(super) deed: Deed,
    pub(super) method: Places,
    pub(super) within: Duration,
    pub(super) per_minute: u32,
}

/// How its steps come about, each with its place.
pub(super) enum Places {
    Plain(Vec<(Step, Range<usize>)>),
    OneTime(List),
    Timed { timed: Timed, place: Range<usize> },
}

/// A list of sequences that are used once.
pub(super) struct List {
    pub(super) path: PathBuf,
    pub(super) lines: Vec<ListLine>,
}

/// One line of it.
pub(super) struct ListLine {
    pub(super) number: usize,
    pub(super) text: String,
    pub(super) line: Line,
}

impl ListLine {
    pub(super) fn steps(&self) -> &[Step] {
        &self.line.steps
    }
}

impl Found {
    pub(super) fn into_sequence(self) -> Sequence {
        let method = match self.method {
            Places::Plain(steps) => {
                Method::Plain(steps.into_iter().map(|(step, _)| step).collect())
            }
            Places::OneTime(list) => {
                Method::OneTime(list.lines.into_iter().map(|line| line.line).collect())
            }
            Places::Timed { timed, .. } => Method::Timed(timed),
        };
        Sequence {
            name: self.name,
            service: self.service,
            deed: self.deed,
            method,
            within: self.within,
            per_minute: self.per_minute,
        }
    }

    /// The steps of a plain one.
    pub(super) fn steps(&self) -> &[(Step, Range<usize>)] {
        match &self.method {
            Places::Plain(steps) => steps,
            Places::OneTime(_) | Places::Timed { .. } => &[],
        }
    }

    /// From the first step of a plain one to the last.
    pub(super) fn all_steps(&self) -> Range<usize> {
        match self.steps() {
            [] => self.place.clone(),
            [(_, only)] => only.clone(),
            [(_, first), .., (_, last)] => first.start..last.end,
        }
    }
}
