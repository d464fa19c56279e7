//! What the person's file means.

use std::{net::IpAddr, path::Path};

use serde_spanned::Spanned;

use super::{
    AddressChoice, KnownServer, PresharedChoice,
    sequence::{method, way},
    text::KnownServerText,
};
use crate::{
    desk::Desk,
    document::{Document, Named},
    meaning::{USUAL_KNOCK_PORT, answers, port, public_key, secret_path},
    names::{NAME_ADVICE, is_name},
    remark::Remark,
    text::List,
    trust::folder_of,
};

/// Reads all servers; a broken one leaves a complaint on the desk.
pub(crate) fn servers(
    path: &Path,
    text: &str,
    home: Option<&Path>,
    desk: &mut Desk,
) -> Vec<KnownServer> {
    let Some(mut document) = Document::open(text, &TABLES, desk) else {
        return Vec::new();
    };
    let written = document.named::<KnownServerText>("server", desk);
    if written.is_empty() && desk.is_clean() {
        desk.add(
            Remark::error(0..0, "there is no server to knock at")
                .advise("add a table [server.NAME] with host, key and services"),
        );
    }
    written
        .iter()
        .filter_map(|server| meant(server, folder_of(path), home, desk))
        .collect()
}

fn meant(
    written: &Named<KnownServerText>,
    folder: &Path,
    home: Option<&Path>,
    desk: &mut Desk,
) -> Option<KnownServer> {
    let Named { name, text } = written;
    if !is_name(name.get_ref()) {
        desk.add(
            Remark::error(
                name.span(),
                format!("a server cannot be called {:?}", name.get_ref()),
            )
            .advise(NAME_ADVICE),
        );
    }
    let host = host(text.host.as_ref(), name, desk);
    let port = port(text.port.as_ref(), USUAL_KNOCK_PORT, desk);
    let key = public_key(text.key.as_ref(), name, desk);
    let identity = match &text.identity {
        Some(written) => secret_path(written, folder, home, desk),
        None => Some(folder.join("identity.key")),
    };
    let preshared = preshared(text.preshared.as_ref(), name, folder, home, desk);
    let services = services(text.services.as_ref(), name, desk);
    let answers = answers(text.answers.as_ref(), desk);
    let address = address(text.address.as_ref(), desk);
    let method = method(text.method.as_ref(), desk);
    let sequence = way(text, desk);
    Some(KnownServer {
        name: name.get_ref().clone(),
        host: host?,
        port: port?,
        key: key?.0,
        identity: identity?,
        preshared: preshared?,
        services: services?,
        answers: answers?,
        address: address?,
        method: method?,
        sequence: sequence?,
    })
}

fn host(
    written: Option<&Spanned<String>>,
    name: &Spanned<String>,
    desk: &mut Desk,
) -> Option<String> {
    let remark = match written {
        None => Remark::error(
            name.span(),
            format!("server `{}` has no host", name.get_ref()),
        )
        .advise("add its name or address: host = \"vpn.example.org\""),
        Some(written) => match trimmed_host(written.get_ref()) {
            Some(host) => return Some(host.to_owned()),
            None => Remark::error(
                written.span(),
                format!("{:?} cannot be a host", written.get_ref()),
            )
            .advise("write a name or an address alone; the port has a key of its own"),
        },
    };
    desk.add(remark);
    None
}

/// A host name or an address; IPv6 also in the brackets that people copy from elsewhere.
fn trimmed_host(text: &str) -> Option<&str> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let (address, zone) = bare.split_once('%').unwrap_or((bare, "lo"));
    if address.parse::<IpAddr>().is_ok() && !zone.is_empty() {
        return Some(bare);
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label
                .chars()
                .all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_'))
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    (name.len() <= 253 && name.split('.').all(label)).then_some(text)
}

fn preshared(
    written: Option<&Spanned<String>>,
    name: &Spanned<String>,
    folder: &Path,
    home: Option<&Path>,
    desk: &mut Desk,
) -> Option<PresharedChoice> {
    let Some(written) = written else {
        desk.add(
            Remark::error(
                name.span(),
                format!("server `{}` has no pre-shared secret", name.get_ref()),
            )
            .advise("name the file you got with the invitation: preshared = \"FILE\"")
            .advise("or, if the server does without one for you: preshared = \"none\""),
        );
        return None;
    };
    match written.get_ref().as_str() {
        "none" => Some(PresharedChoice::None),
        _ => secret_path(written, folder, home, desk).map(PresharedChoice::File),
    }
}

fn services(
    written: Option<&Spanned<List>>,
    name: &Spanned<String>,
    desk: &mut Desk,
) -> Option<Vec<String>> {
    let list = match written {
        Some(list) if !list.get_ref().0.is_empty() => &list.get_ref().0,
        _ => {
            let span = written.map_or_else(|| name.span(), Spanned::span);
            desk.add(
                Remark::error(
                    span,
                    format!("server `{}` offers no service", name.get_ref()),
                )
                .advise("name what you may open there: services = [\"ssh\"]"),
            );
            return None;
        }
    };
    let before = desk.errors();
    for service in list.iter().filter(|service| !is_name(service.get_ref())) {
        desk.add(
            Remark::error(
                service.span(),
                format!("no service can be called {:?}", service.get_ref()),
            )
            .advise(NAME_ADVICE),
        );
    }
    (desk.errors() == before).then(|| {
        list.iter()
            .map(|service| service.get_ref().clone())
            .collect()
    })
}

fn address(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<AddressChoice> {
    let Some(written) = written else {
        return Some(AddressChoice::Auto);
    };
    match written.get_ref().as_str() {
        "auto" => Some(AddressChoice::Auto),
        text => match text.parse::<IpAddr>() {
            Ok(address) if !address.is_unspecified() && !address.is_multicast() => {
                Some(AddressChoice::Fixed(address.to_canonical()))
            }
            _ => {
                desk.add(
                    Remark::error(
                        written.span(),
                        format!("{text:?} is no address that a knock can come from"),
                    )
                    .advise("write \"auto\", or an address such as \"203.0.113.7\""),
                );
                None
            }
        },
    }
}

/// The tables that a person's file may have.
pub(crate) const TABLES: [&str; 1] = ["server"];
