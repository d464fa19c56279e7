//! `cut` of a service: whether closing it ends what runs.

use crate::{desk::Desk, remark::Remark, text::ServiceText};

/// Whether closing ends what runs; where nothing opens, nothing runs that could be cut.
pub(super) fn cuts(text: &ServiceText, desk: &mut Desk) -> Option<bool> {
    let Some(written) = text.cut.as_ref().filter(|cut| *cut.get_ref()) else {
        return Some(false);
    };
    if text.open.is_none() && text.run.is_some() {
        desk.add(
            Remark::error(
                written.span(),
                "a service that opens nothing has no connections to cut",
            )
            .advise("leave `cut` out, or name what it opens: open = [\"tcp/22\"]"),
        );
        return None;
    }
    Some(true)
}
