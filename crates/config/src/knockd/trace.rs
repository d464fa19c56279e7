//! What is wrong with our text for a file of knockd's, said about the lines of knockd's file.

use std::{ops::Range, path::Path, sync::Arc};

use super::{convert::Converted, reading::Lines};
use crate::{
    complaint::{Complaint, Complaints},
    desk::Desk,
    meaning,
    remark::{Remark, Weight},
    server::Server,
    source::Source,
};

/// What our text means, or what is wrong with it; the warnings then tell why a door is not in it.
pub(super) fn meaning_of(
    path: &Path,
    bytes: &[u8],
    converted: &Converted,
) -> Result<Option<Server>, Complaints> {
    let trace = Trace {
        original: Arc::new(Source::new(path, &Lines::of(bytes).shown)),
        text: &converted.text,
    };
    if !converted.opens_something() {
        return Err(trace.nothing_opens(&converted.warnings));
    }
    let mut desk = Desk::new(Source::new(path, &converted.text));
    let server = meaning::server(path, &converted.text, &mut desk);
    // What is odd about the translation has been said about the original.
    match desk.close() {
        Ok(_) => Ok(server),
        Err(wrong) => Err(trace.of_all(wrong, &converted.warnings)),
    }
}

struct Trace<'t> {
    original: Arc<Source>,
    text: &'t str,
}

impl Trace<'_> {
    fn nothing_opens(&self, warnings: &[Complaint]) -> Complaints {
        let remark = Remark::error(
            0..0,
            "no door is left that opens or runs anything, so nothing is guarded",
        )
        .advise("mend what the warnings name; without any, add a door");
        with(vec![self.complaint(remark)], warnings)
    }

    fn of_all(&self, wrong: Complaints, warnings: &[Complaint]) -> Complaints {
        let errors = wrong.0.into_iter().map(|one| self.of(one)).collect();
        with(errors, warnings)
    }

    /// A complaint about our text becomes one about the line that this part of it was made of.
    fn of(&self, complaint: Complaint) -> Complaint {
        let is_ours =
            complaint.remark.weight == Weight::Error && complaint.source.path == self.original.path;
        if !is_ours {
            return complaint;
        }
        let Remark { span, title, .. } = complaint.remark;
        let remark = Remark::error(self.line_of(span.start), title);
        let remark = match self.written(span.start) {
            "" => remark,
            written => remark.advise(format!("it became: {written}")),
        };
        self.complaint(remark.advise("see all of it: nightlatchd import FILE"))
    }

    fn complaint(&self, remark: Remark) -> Complaint {
        Complaint {
            source: Arc::clone(&self.original),
            remark,
        }
    }

    /// Our line at a place.
    fn written(&self, at: usize) -> &str {
        let (before, after) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        let start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
        let end = after.find('\n').unwrap_or(after.len()).saturating_add(at);
        self.text.get(start..end).unwrap_or_default()
    }

    /// The original's line that is quoted above a place of our text.
    fn line_of(&self, at: usize) -> Range<usize> {
        let before = self.text.get(..at).unwrap_or_default();
        let quoted = before.lines().rev().find_map(number_of);
        let text = &self.original.text;
        let mut start = 0_usize;
        for line in text
            .split_inclusive('\n')
            .take(quoted.unwrap_or(0).saturating_sub(1))
        {
            start = start.saturating_add(line.len());
        }
        let rest = text.get(start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let blank = line.len().saturating_sub(line.trim_start().len());
        start.saturating_add(blank)..start.saturating_add(line.len())
    }
}

/// What is wrong, and below it what was odd before.
fn with(mut errors: Vec<Complaint>, warnings: &[Complaint]) -> Complaints {
    errors.extend(warnings.iter().cloned());
    Complaints(errors)
}

/// `#> 8: tcpflags = syn`
fn number_of(line: &str) -> Option<usize> {
    let (number, _) = line.strip_prefix("#> ")?.split_once(':')?;
    number.parse().ok()
}
