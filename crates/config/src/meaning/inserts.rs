//! `insert`: the sets of the administrator's own that a knock puts the address into.

use std::{ops::Range, sync::Arc};

use nightlatch_core::{AddressSet, IpVersion, MOST_SETS, Passage, Service};
use serde_spanned::Spanned;

use crate::{
    desk::Desk,
    remark::Remark,
    text::{List, ServiceText},
};

/// Reads the sets of one service.
pub(super) fn read(
    name: &Spanned<String>,
    written: &Spanned<List>,
    desk: &mut Desk,
) -> Option<Vec<Arc<AddressSet>>> {
    let list = &written.get_ref().0;
    let before = desk.errors();
    if list.is_empty() {
        desk.add(
            Remark::error(
                written.span(),
                format!("service `{}` inserts into nothing", name.get_ref()),
            )
            .advise("name a set: insert = [\"ipv4 into nftables inet filter admins\"]"),
        );
    }
    if let Some(first_too_many) = list.get(MOST_SETS) {
        desk.add(
            Remark::error(
                first_too_many.span(),
                format!(
                    "service `{}` inserts into more than {MOST_SETS} sets",
                    name.get_ref()
                ),
            )
            .advise("make several services of it"),
        );
    }
    let mut sets: Vec<(Arc<AddressSet>, Range<usize>)> = Vec::new();
    for text in list.iter().take(MOST_SETS) {
        match text.get_ref().parse::<AddressSet>() {
            Ok(set) => {
                complain_of_twin(&set, text, &sets, desk);
                sets.push((Arc::new(set), text.span()));
            }
            Err(error) => desk.add(Remark::of(text.span(), &error)),
        }
    }
    let sets = sets.into_iter().map(|(set, _)| set);
    (desk.errors() == before).then(|| sets.collect())
}

fn complain_of_twin(
    set: &AddressSet,
    text: &Spanned<String>,
    before: &[(Arc<AddressSet>, Range<usize>)],
    desk: &mut Desk,
) {
    let mut before = before.iter();
    if let Some((_, span)) = before.find(|(other, _)| other.place == set.place) {
        desk.add(
            Remark::error(text.span(), format!("{} stands here twice", set.place))
                .also(span.clone(), "first here")
                .advise("name each set once: it holds addresses of one IP version"),
        );
    }
}

/// Whether the sets go with the rest of the service; says where they do not, and what is odd about them.
pub(super) fn fits(service: &Service, text: &ServiceText, desk: &mut Desk) -> bool {
    let Some(written) = &text.insert else {
        return true;
    };
    let before = desk.errors();
    if service.ports.is_empty() && service.passage == Passage::OneShot {
        complain_of_one_shot(text, desk);
    }
    if service.at_most > LONGEST_IN_IPSET && service.inserts.iter().any(|set| set.is_ipset()) {
        let span = text.at_most.as_ref().or(text.r#for.as_ref());
        desk.add(
            Remark::error(
                span.map_or_else(|| written.span(), Spanned::span),
                "an ipset keeps nothing for longer than 24 days",
            )
            .advise("shorten it, or name a set of nftables"),
        );
    }
    warn_of_one_version(service, written, desk);
    desk.errors() == before
}

fn complain_of_one_shot(text: &ServiceText, desk: &mut Desk) {
    if let Some(once) = &text.one_shot {
        desk.add(
            Remark::error(once.span(), "a set cannot count connections")
                .label("who is in it gets in as often as he likes")
                .advise("leave `one-shot` out, or name a guarded port at `open`"),
        );
    }
}

/// Somebody who comes over the other one is told that he is in, and is not.
fn warn_of_one_version(service: &Service, written: &Spanned<List>, desk: &mut Desk) {
    for (missing, other) in [(IpVersion::V4, "ipv6"), (IpVersion::V6, "ipv4")] {
        if !service.inserts.iter().any(|set| set.version == missing) {
            desk.add(
                Remark::warning(
                    written.span(),
                    format!("there is no set here for who knocks over {missing}"),
                )
                .label(format!("these take {other} only"))
                .advise(format!(
                    "add one, such as \"{missing} into nftables inet filter admins{}\", unless nobody comes that way",
                    if missing == IpVersion::V6 { "6" } else { "" }
                )),
            );
        }
    }
}

/// Its timers count milliseconds in 31 bits.
const LONGEST_IN_IPSET: std::time::Duration = std::time::Duration::from_hours(24 * 24);
