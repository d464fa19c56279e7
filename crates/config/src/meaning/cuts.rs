//! `cut` of a service: whether closing it ends what runs.

use nightlatch_core::Port;

use super::settings::Settings;
use crate::{desk::Desk, remark::Remark, text::ServiceText};

/// Whether closing ends what runs; where nothing opens, nothing runs that could be cut.
pub(super) fn cuts(
    text: &ServiceText,
    ports: &[Port],
    settings: Option<&Settings>,
    desk: &mut Desk,
) -> Option<bool> {
    let Some(written) = text.cut.as_ref().filter(|cut| *cut.get_ref()) else {
        return Some(false);
    };
    if text.open.is_none() && (text.run.is_some() || text.insert.is_some()) {
        desk.add(
            Remark::error(
                written.span(),
                "a service that opens nothing has no connections to cut",
            )
            .advise("leave `cut` out, or name what it opens: open = [\"tcp/22\"]"),
        );
        return None;
    }
    // Who is cut stays out until he knocks, and at an open port nobody knocks.
    let open = settings.and_then(|settings| settings.unguarded(ports));
    if let Some(port) = open {
        desk.add(
            Remark::error(
                written.span(),
                format!("{port} would be cut and is not guarded"),
            )
            .advise(format!("add {:?} to `guard`", port.to_string()))
            .advise("or make a service of its own for what everybody may reach"),
        );
        return None;
    }
    Some(true)
}
