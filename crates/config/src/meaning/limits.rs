//! `[limits]`: how much of everything.

use std::time::Duration;

use nightlatch_core::Limits;

use super::values::{bounded, time};
use crate::{desk::Desk, text::LimitsText};

/// Reads the limits, each bounded: a typo must not ask for all memory.
pub(super) fn read(text: &LimitsText, desk: &mut Desk) -> Option<Limits> {
    let usual = Limits::default();
    let grants = bounded(text.grants.as_ref(), 1..=MOST_GRANTS, usual.grants, desk);
    let per_client = bounded(
        text.per_client.as_ref(),
        1..=MOST_GRANTS,
        usual.per_client,
        desk,
    );
    let freshness = match &text.freshness {
        Some(written) => time(written, FRESHEST..=STALEST, desk),
        None => Some(usual.freshness),
    };
    Some(Limits {
        grants: grants?,
        per_client: per_client?,
        freshness: freshness?,
    })
}

/// A gibibyte or so of grants when all are taken.
const MOST_GRANTS: i64 = 4_194_304;

const FRESHEST: Duration = Duration::from_secs(1);

/// The tags reach no further.
const STALEST: Duration = Duration::from_mins(10);
