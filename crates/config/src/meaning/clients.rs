//! `[client.…]` and the clients file: who may knock, for what.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use nightlatch_core::ServiceSet;
use nightlatch_ticket::{KeyTextError, PresharedSecret, PublicKey};
use serde_spanned::Spanned;

use super::{ServiceBook, origins::Origins, settings::Settings, values::path_of};
use crate::{
    clients_file::read_clients,
    desk::Desk,
    document::Named,
    key_file::read_preshared,
    names::{NAME_ADVICE, is_name},
    remark::Remark,
    roster::{Leave, Likeness, Roster, RosterDraft},
    source::SECRET_PREFIXES,
    text::{ClientText, List},
};

/// Reads everybody who may knock, from the file itself and from the clients file that it names.
pub(crate) fn read(
    written: &[Named<ClientText>],
    services: &ServiceBook,
    settings: Option<&Settings>,
    folder: &Path,
    desk: &mut Desk,
) -> Roster {
    let mut draft = RosterDraft::default();
    let mut origins = Origins::default();
    for client in written {
        let Some(meant) = meant(client, services, folder, desk) else {
            continue;
        };
        let name = client.name.get_ref();
        if draft.push(name, meant.key, &meant.shared, meant.leave) {
            origins.spans.push([client.name.span(), meant.key_span]);
        }
    }
    if let Some(file) = settings.and_then(|settings| settings.clients_file.as_ref()) {
        origins.file.clone_from(file.get_ref());
        match read_clients(file.get_ref(), services, &mut draft, desk) {
            Ok(lines) => origins.lines = lines,
            Err(error) => desk.add(Remark::of(file.span(), &error)),
        }
    }
    let (roster, twins) = draft.finish();
    for twin in twins.iter().take(MOST_TWINS) {
        origins.complain_of_twin(*twin, &roster, desk);
    }
    if let Some(own) = settings
        .and_then(Settings::public_key)
        .and_then(|key| roster.id_of_key(&key))
    {
        let place = usize::try_from(own.0).unwrap_or(usize::MAX);
        let remark = |span| {
            Remark::error(span, "this is the server's own key").advise(
                "a client has a key of its own: make one with nightlatch keygen, on the client",
            )
        };
        origins.complain(place, Likeness::Key, remark, desk);
    }
    roster
}

/// A remark about the text of a key, with the caret at the letter that is wrong.
pub(crate) fn key_remark(span: &Range<usize>, text: &str, error: &KeyTextError) -> Remark {
    let letter = match error {
        KeyTextError::TypoAt { at, .. } | KeyTextError::StrangeCharacter { at, .. } => {
            at.checked_sub(1)
        }
        _ => None,
    };
    let place = letter
        .and_then(|letter| text.char_indices().nth(letter))
        .map(|(offset, letter)| (span.start.saturating_add(offset), letter.len_utf8()));
    match place {
        Some((start, length)) => Remark::of(start..start.saturating_add(length), error),
        None => Remark::of(span.clone(), error),
    }
}

/// The public key that a table must name.
pub(crate) fn public_key(
    written: Option<&Spanned<String>>,
    owner: &Spanned<String>,
    desk: &mut Desk,
) -> Option<(PublicKey, Range<usize>)> {
    let Some(written) = written else {
        desk.add(
            Remark::error(owner.span(), format!("`{}` has no key", owner.get_ref()))
                .advise("add its public key: key = \"nightlatch-pub1…\""),
        );
        return None;
    };
    match written.get_ref().parse() {
        Ok(key) => Some((key, written.span())),
        Err(error) => {
            // Inside the quotes.
            let inner =
                written.span().start.saturating_add(1)..written.span().end.saturating_sub(1);
            desk.add(key_remark(&inner, written.get_ref(), &error));
            None
        }
    }
}

struct Meant {
    key: PublicKey,
    key_span: Range<usize>,
    shared: PresharedSecret,
    leave: Leave,
}

fn meant(
    client: &Named<ClientText>,
    services: &ServiceBook,
    folder: &Path,
    desk: &mut Desk,
) -> Option<Meant> {
    let Named { name, text } = client;
    if !is_name(name.get_ref()) {
        desk.add(
            Remark::error(
                name.span(),
                format!("a client cannot be called {:?}", name.get_ref()),
            )
            .advise(NAME_ADVICE),
        );
    }
    let key = public_key(text.key.as_ref(), name, desk);
    let shared = preshared(text.preshared.as_ref(), name, folder, desk);
    let leave = leave(text, name, services, desk);
    let (key, key_span) = key?;
    Some(Meant {
        key,
        key_span,
        shared: shared?,
        leave: leave?,
    })
}

fn leave(
    text: &ClientText,
    name: &Spanned<String>,
    services: &ServiceBook,
    desk: &mut Desk,
) -> Option<Leave> {
    let tells = text.may_tell.as_ref();
    let may_tell = tells.is_some_and(|written| *written.get_ref());
    let services = match &text.may {
        None if may_tell => ServiceSet::EMPTY,
        written => may(written.as_ref(), name, services, desk)?,
    };
    Some(Leave { services, may_tell })
}

fn may(
    written: Option<&Spanned<List>>,
    name: &Spanned<String>,
    services: &ServiceBook,
    desk: &mut Desk,
) -> Option<ServiceSet> {
    let list = match written {
        Some(list) if !list.get_ref().0.is_empty() => &list.get_ref().0,
        _ => {
            let span = written.map_or_else(|| name.span(), Spanned::span);
            desk.add(
                Remark::error(
                    span,
                    format!("client `{}` may open nothing", name.get_ref()),
                )
                .advise("name services: may = [\"ssh\"], or take the client out"),
            );
            return None;
        }
    };
    let before = desk.errors();
    let mut set = ServiceSet::EMPTY;
    for service in list {
        match services.find(service.get_ref(), service.span()) {
            Ok(id) => set = set.with(id),
            Err(remark) => desk.add(remark),
        }
    }
    (desk.errors() == before).then_some(set)
}

/// To do without one is said with `preshared = "none"` and never by saying nothing.
fn preshared(
    written: Option<&Spanned<String>>,
    name: &Spanned<String>,
    folder: &Path,
    desk: &mut Desk,
) -> Option<PresharedSecret> {
    let Some(written) = written else {
        desk.add(
            Remark::error(name.span(), format!("client `{}` has no pre-shared secret", name.get_ref()))
                .advise("name its file: preshared = \"FILE\"")
                .advise("or do without, and without protection from quantum computers: preshared = \"none\""),
        );
        return None;
    };
    if written.get_ref() == "none" {
        return Some(PresharedSecret::none());
    }
    let path = secret_path(written, folder, None, desk)?;
    match read_preshared(&path) {
        Ok(secret) => Some(secret),
        Err(error) => {
            desk.add(Remark::of(written.span(), &error));
            None
        }
    }
}

/// The path of a secret's file; the secret itself is refused here.
pub(crate) fn secret_path(
    written: &Spanned<String>,
    folder: &Path,
    home: Option<&Path>,
    desk: &mut Desk,
) -> Option<PathBuf> {
    let begins = |prefix: &&str| written.get_ref().starts_with(*prefix);
    if SECRET_PREFIXES.iter().any(begins) {
        desk.add(
            Remark::error(
                written.span(),
                "a secret stands in this file, where others may read it",
            )
            .advise("put it into a file of its own (chmod 600), and name that file here"),
        );
        return None;
    }
    path_of(written, folder, home, desk)
}

/// A screenful: a file pasted twice has as many twins as lines.
const MOST_TWINS: usize = 100;
