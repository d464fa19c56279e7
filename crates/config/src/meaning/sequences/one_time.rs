//! `one-time = "FILE"`: a list of sequences, one to a line, each of them used once.
//!
//! ```text
//! # three on paper, in the order in which they are used
//! 31007, 4711:udp, 29001
//! tcp/40123 udp/23456 tcp/19283
//! ```
//!
//! A port that stands alone is one of TCP, as in knockd's lists; so these are read as they are.

use std::{collections::BTreeMap, path::Path};

use nightlatch_core::{Line, MOST_LINES, MOST_STEPS, Step, StepError};
use serde_spanned::Spanned;
use sha2::{Digest, Sha256};

use super::found::{List, ListLine};
use crate::{
    desk::Desk,
    meaning::{MOST_COMPLAINTS, secret_path},
    remark::Remark,
    source::Source,
    trust::{Care, ReadError, Trusted},
};

/// Reads the list; what is wrong in it is pointed at there.
pub(super) fn read(written: &Spanned<String>, folder: &Path, desk: &mut Desk) -> Option<List> {
    let path = secret_path(written, folder, None, desk)?;
    let text = match text_of(&path) {
        Ok(text) => text,
        Err(error) => {
            desk.add(Remark::of(written.span(), &error).label("the list of sequences"));
            return None;
        }
    };
    let before = desk.errors();
    let mut list = List {
        path,
        lines: Vec::new(),
    };
    let mut known: BTreeMap<[u8; 16], usize> = BTreeMap::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        let steps = match steps(line) {
            Ok(None) => continue,
            Ok(Some(steps)) => steps,
            Err(remark) => {
                desk.add_elsewhere(Source::line(&list.path, line, number), remark);
                if desk.errors() >= MOST_COMPLAINTS {
                    return None;
                }
                continue;
            }
        };
        if list.lines.len() >= MOST_LINES {
            let remark = Remark::error(0..line.len(), format!("more than {MOST_LINES} sequences"))
                .advise("keep the rest for the next list");
            desk.add_elsewhere(Source::line(&list.path, line, number), remark);
            return None;
        }
        let mark = mark(&steps);
        if let Some(first) = known.insert(mark, number) {
            let remark = Remark::error(0..line.len(), "this sequence stands here twice")
                .label(format!("first in line {first}"))
                .advise("a used one must not open again: take one of them out");
            desk.add_elsewhere(Source::line(&list.path, line, number), remark);
        }
        list.lines.push(ListLine {
            number,
            text: line.to_owned(),
            line: Line { mark, steps },
        });
    }
    if list.lines.is_empty() && desk.errors() == before {
        desk.add(
            Remark::error(written.span(), "there is no sequence in this list")
                .advise("write one to a line, such as: 31007 4711:udp 29001")
                .advise("or let nightlatch make them: nightlatch sequence lines"),
        );
    }
    (desk.errors() == before).then_some(list)
}

fn text_of(path: &Path) -> Result<zeroize::Zeroizing<String>, ReadError> {
    Trusted::open(path, Care::Secret)?.text(LONGEST_LIST)
}

/// The steps of a line; none where it is empty or a comment.
fn steps(line: &str) -> Result<Option<Vec<Step>>, Remark> {
    let text = line.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let mut steps = Vec::new();
    let base = line.as_ptr().addr();
    for word in line
        .split([' ', '\t', ','])
        .filter(|word| !word.trim().is_empty())
    {
        let start = word.as_ptr().addr().saturating_sub(base);
        let span = start..start.saturating_add(word.len());
        if steps.len() >= MOST_STEPS {
            return Err(Remark::error(
                span,
                format!("this is step {}", MOST_STEPS.saturating_add(1)),
            )
            .advise(format!("a sequence has up to {MOST_STEPS} steps")));
        }
        if word.contains('=') {
            return Err(Remark::error(span, "a line holds ports and nothing else")
                .advise("steps that ask for more stand in the configuration: steps = […]"));
        }
        steps.push(step(word.trim_end()).map_err(|error| Remark::of(span, &error))?);
    }
    if steps.is_empty() {
        return Err(
            Remark::error(0..line.len(), "there is no step in this line")
                .advise("write ports, such as: 31007 4711:udp 29001"),
        );
    }
    Ok(Some(steps))
}

/// `31007`, `4711:udp`, `tcp/31007`.
fn step(word: &str) -> Result<Step, StepError> {
    match word.split_once(':') {
        None if word.contains('/') => word.parse(),
        None => format!("tcp/{word}").parse(),
        Some((port, protocol)) => match protocol.to_ascii_lowercase().as_str() {
            protocol @ ("tcp" | "udp") => format!("{protocol}/{port}").parse(),
            _ => Err(StepError::UnknownProtocol(word.to_owned())),
        },
    }
}

/// By which the state remembers that it was used, whatever the list and the sequence are called by then.
fn mark(steps: &[Step]) -> [u8; 16] {
    let mut digest = Sha256::new_with_prefix("nightlatch one-time sequence");
    for step in steps {
        digest.update(format!("\n{step}"));
    }
    leading(&digest.finalize().into())
}

/// The first half of a digest: enough to tell apart what one administrator writes.
pub(super) fn leading(digest: &[u8; 32]) -> [u8; 16] {
    let [(half, _), ..] = [digest.split_at(16)];
    half.try_into().unwrap_or_default()
}

/// Room for all lines that there can be, at the longest that anybody writes.
const LONGEST_LIST: usize = 8 << 20;
