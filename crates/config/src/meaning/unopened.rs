//! What is shut and stays shut.

use nightlatch_core::{Deed, Sequence, ServiceId};

use super::services::ServiceBook;
use crate::{desk::Desk, remark::Remark};

/// Without clients a service that sequences only close stays shut to everybody.
pub(super) fn warn(services: &ServiceBook, sequences: &[Sequence], desk: &mut Desk) {
    let named = services.services().iter().zip(services.places());
    for ((service, place), id) in named.zip((0..).map(ServiceId)) {
        let mut deeds = sequences.iter().filter(|one| one.service == id).peekable();
        if deeds.peek().is_some() && deeds.all(|one| one.deed == Deed::Close) {
            let title = format!(
                "sequences only close `{}`, and there is no client: nothing opens it",
                service.name.escape_debug()
            );
            desk.add(
                Remark::warning(place.clone(), title)
                    .advise("add a sequence that opens it, or a table [client.NAME]"),
            );
        }
    }
}
