//! `[journal]`: what happened, for how long it is kept, and in how much of the disk.

use std::{ops::RangeInclusive, time::Duration};

use super::values::time_read_by;
use crate::{
    desk::Desk, document::Section, journal::Journal, remark::Remark, size::read_size,
    text::JournalText, time_span::read_long_time_span,
};

/// Reads how the journal is kept; not at all, where it is off, or where what is on the desk is wrong.
pub(super) fn read(section: Option<&Section<JournalText>>, desk: &mut Desk) -> Option<Journal> {
    let usual = Journal::default();
    let Some(Section { text, .. }) = section else {
        return Some(usual);
    };
    let keep = match &text.keep {
        Some(written) => time_read_by(read_long_time_span, written, KEPT, desk),
        None => Some(usual.keep),
    };
    let at_most = match &text.at_most {
        None => Some(usual.at_most),
        Some(written) => match read_size(written.get_ref()) {
            Ok(bytes) if SIZES.contains(&bytes) => Some(bytes),
            Ok(_) => {
                let title = format!("{:?} is out of bounds", written.get_ref());
                desk.add(Remark::error(written.span(), title).advise("choose from 1MiB to 16GiB"));
                None
            }
            Err(error) => {
                let title = format!("{:?} is {error}", written.get_ref());
                desk.add(Remark::of(written.span(), &title));
                None
            }
        },
    };
    let is_off = text
        .enabled
        .as_ref()
        .is_some_and(|enabled| !*enabled.get_ref());
    let journal = Journal {
        keep: keep?,
        at_most: at_most?,
    };
    (!is_off).then_some(journal)
}

const KEPT: RangeInclusive<Duration> = Duration::from_hours(1)..=Duration::from_hours(24 * 3650);
/// Less is not a file's worth; more takes minutes to look through at the start.
const SIZES: RangeInclusive<u64> = 1 << 20..=16 << 30;
