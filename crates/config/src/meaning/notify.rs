//! `[notify.…]`: who is told what happens, and how.

use std::{ops::RangeInclusive, path::Path};

use serde_spanned::Spanned;

use super::{
    secret_path,
    services::ServiceBook,
    syslog,
    values::{bounded, path_of, unknown_word},
    webhook_url::{Travels, judge},
};
use crate::{
    desk::Desk,
    document::Named,
    names::{NAME_ADVICE, is_name},
    notification::{EVENT_KINDS, Notification, USUAL_KINDS, Way, Webhook},
    remark::Remark,
    signing_secret::SigningSecret,
    spelling::nearest,
    text::{List, NotifyText},
    webhook_files::{read_certificates, read_signing_secret},
};

/// Reads whom to tell, each on his own.
pub(super) fn read(
    written: &[Named<NotifyText>],
    services: &ServiceBook,
    folder: &Path,
    desk: &mut Desk,
) -> Vec<Notification> {
    if let Some(first_too_many) = written.get(MOST_NOTIFICATIONS) {
        let title = format!("more than {MOST_NOTIFICATIONS} notifications");
        desk.add(
            Remark::error(first_too_many.name.span(), title)
                .advise("tell one program, and let it tell the others"),
        );
    }
    let written = written.iter().take(MOST_NOTIFICATIONS);
    written
        .filter_map(|notify| meant(notify, services, folder, desk))
        .collect()
}

fn meant(
    written: &Named<NotifyText>,
    services: &ServiceBook,
    folder: &Path,
    desk: &mut Desk,
) -> Option<Notification> {
    let Named { name, text } = written;
    if !is_name(name.get_ref()) {
        let title = format!("a notification cannot be called {:?}", name.get_ref());
        desk.add(Remark::error(name.span(), title).advise(NAME_ADVICE));
    }
    let way = way(name, text, folder, desk);
    let on = on(text.on.as_ref(), desk);
    let services = of_services(text.services.as_ref(), services, desk);
    let usual = match &way {
        Some(Way::Syslog(_)) => USUAL_LINES,
        _ => USUAL_POSTS,
    };
    let per_minute = bounded(text.per_minute.as_ref(), PACES, usual, desk);
    Some(Notification {
        name: name.get_ref().clone(),
        way: way?,
        on: on?,
        services: services?,
        per_minute: per_minute?,
    })
}

fn way(name: &Spanned<String>, text: &NotifyText, folder: &Path, desk: &mut Desk) -> Option<Way> {
    match (&text.webhook, &text.syslog) {
        (Some(url), None) => {
            out_of_place(
                text.syslog_socket.as_ref().map(Spanned::span),
                "syslog-socket",
                "webhook",
                desk,
            );
            webhook(url, text, folder, desk).map(Way::Webhook)
        }
        (None, Some(words)) => {
            let of_webhooks = [
                (text.secret.as_ref().map(Spanned::span), "secret"),
                (text.ca.as_ref().map(Spanned::span), "ca"),
                (text.insecure.as_ref().map(Spanned::span), "insecure"),
            ];
            for (span, key) in of_webhooks {
                out_of_place(span, key, "syslog", desk);
            }
            syslog::read(words, text.syslog_socket.as_ref(), folder, desk).map(Way::Syslog)
        }
        (Some(url), Some(words)) => {
            desk.add(
                Remark::error(words.span(), "one notification goes one way")
                    .also(url.span(), "the other way")
                    .advise("make two tables of it"),
            );
            None
        }
        (None, None) => {
            let title = format!("notification `{}` goes nowhere", name.get_ref());
            desk.add(
                Remark::error(name.span(), title)
                    .advise("say where: webhook = \"https://…\", or syslog = \"authpriv.notice\""),
            );
            None
        }
    }
}

fn out_of_place(span: Option<std::ops::Range<usize>>, key: &str, beside: &str, desk: &mut Desk) {
    if let Some(span) = span {
        desk.add(
            Remark::error(span, format!("`{key}` says nothing beside `{beside}`"))
                .advise("take it out"),
        );
    }
}

fn webhook(
    url: &Spanned<String>,
    text: &NotifyText,
    folder: &Path,
    desk: &mut Desk,
) -> Option<Webhook> {
    let is_insecure = text.insecure.as_ref().is_some_and(|said| *said.get_ref());
    let before = desk.errors();
    match judge(url.get_ref()) {
        Ok(Travels::Openly) if !is_insecure => desk.add(
            Remark::error(
                url.span(),
                "everybody on the way could read and change this",
            )
            .advise("use https://, or say insecure = true where that does not matter"),
        ),
        Ok(_) => {}
        Err(error) => desk.add(Remark::of(url.span(), &error)),
    }
    let secret = secret(url, text.secret.as_ref(), folder, desk);
    let ca = text.ca.as_ref().map(|ca| certificates(ca, folder, desk));
    (desk.errors() == before).then_some(())?;
    Some(Webhook {
        url: url.get_ref().clone(),
        secret: secret?,
        ca: ca.flatten(),
    })
}

fn secret(
    url: &Spanned<String>,
    written: Option<&Spanned<String>>,
    folder: &Path,
    desk: &mut Desk,
) -> Option<SigningSecret> {
    let Some(written) = written else {
        desk.add(
            Remark::error(url.span(), "a webhook needs a secret that signs")
                .advise("make one: (umask 077; nightlatchd notify secret > ops.secret)")
                .advise("and name its file: secret = \"ops.secret\""),
        );
        return None;
    };
    let path = secret_path(written, folder, None, desk)?;
    match read_signing_secret(&path) {
        Ok(secret) => Some(secret),
        Err(error) => {
            desk.add(Remark::of(written.span(), &error));
            None
        }
    }
}

fn certificates(written: &Spanned<String>, folder: &Path, desk: &mut Desk) -> Option<String> {
    let path = path_of(written, folder, None, desk)?;
    match read_certificates(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            desk.add(Remark::of(written.span(), &error));
            None
        }
    }
}

fn on(written: Option<&Spanned<List>>, desk: &mut Desk) -> Option<Vec<String>> {
    let Some(written) = written else {
        return Some(USUAL_KINDS.map(str::to_owned).to_vec());
    };
    if written.get_ref().0.is_empty() {
        desk.add(
            Remark::error(written.span(), "nothing is told")
                .advise("name what shall be told: on = [\"granted\", \"banned\"]"),
        );
    }
    let before = desk.errors();
    let is_known = |kind: &Spanned<String>| EVENT_KINDS.contains(&kind.get_ref().as_str());
    for kind in written.get_ref().0.iter().filter(|kind| !is_known(kind)) {
        let title = format!("there is no event {:?}", kind.get_ref());
        let near = nearest(kind.get_ref(), EVENT_KINDS.iter().copied());
        let remark = Remark::error(kind.span(), title);
        desk.add(match near {
            Some(_) => remark.suggest(near),
            None => remark.advise(format!("known here: {}", EVENT_KINDS.join(", "))),
        });
    }
    (desk.errors() == before).then(|| words(written))
}

fn of_services(
    written: Option<&Spanned<List>>,
    services: &ServiceBook,
    desk: &mut Desk,
) -> Option<Vec<String>> {
    let Some(written) = written else {
        return Some(Vec::new());
    };
    let before = desk.errors();
    let known = services.services().iter();
    let known = known.map(|service| service.name.as_str());
    for name in &written.get_ref().0 {
        if !known.clone().any(|known| known == name.get_ref()) {
            desk.add(unknown_word(
                "service",
                name.get_ref(),
                name.span(),
                known.clone(),
            ));
        }
    }
    (desk.errors() == before).then(|| words(written))
}

fn words(written: &Spanned<List>) -> Vec<String> {
    let list = written.get_ref().0.iter();
    list.map(|word| word.get_ref().clone()).collect()
}

/// Each webhook has a thread of its own.
const MOST_NOTIFICATIONS: usize = 16;
const PACES: RangeInclusive<i64> = 1..=6000;
/// What a person reads, or a chat takes.
const USUAL_POSTS: u32 = 30;
/// A log takes more.
const USUAL_LINES: u32 = 600;
