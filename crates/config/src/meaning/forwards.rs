//! `forward` of a service: where its ports lead on to, behind this host.

use std::{
    collections::BTreeSet,
    net::{IpAddr, SocketAddr},
    ops::Range,
};

use nightlatch_core::{Forward, Port, Service, Shows};
use serde_spanned::Spanned;

use super::settings::Settings;
use crate::{
    desk::Desk,
    remark::Remark,
    text::{OneOrMore, ServiceText},
};

/// A place as it is written: without a port each port keeps its number.
#[derive(Clone, Copy)]
struct Place {
    address: IpAddr,
    port: Option<u16>,
}

/// Reads where these ports lead; nowhere unless it is said.
pub(super) fn read(
    text: &ServiceText,
    ports: &[Port],
    settings: Option<&Settings>,
    desk: &mut Desk,
) -> Option<Vec<Forward>> {
    let before = desk.errors();
    let Some(written) = &text.forward else {
        complain_of_masquerade(text, desk);
        return (desk.errors() == before).then(Vec::new);
    };
    complain_of_company(text, written.span(), desk);
    complain_of_unguarded(text, ports, settings, desk);
    let places = places(written, desk);
    for (place, span) in &places {
        complain_of_ports(*place, ports, span, desk);
    }
    warn_of_one_version(&places, desk);
    let shows = match &text.masquerade {
        Some(masquerade) if *masquerade.get_ref() => Shows::Ours,
        _ => Shows::Theirs,
    };
    let each = ports.iter().flat_map(|port| {
        places.iter().map(move |(place, _)| Forward {
            port: *port,
            to: SocketAddr::new(place.address, place.port.unwrap_or_else(|| port.number())),
            shows,
        })
    });
    let forwards: Vec<Forward> = each.collect();
    (desk.errors() == before).then_some(forwards)
}

/// One port leads to one place, whoever asks for it: the kernel knows no services.
pub(super) fn complain_of_two_places(
    services: &[Service],
    places: &[Range<usize>],
    desk: &mut Desk,
) {
    for (number, (service, span)) in services.iter().zip(places).enumerate() {
        let earlier = services.iter().zip(places).take(number);
        for (other, first) in earlier {
            let differs = |port: &&Port| {
                other.ports.contains(port) && of(service, **port) != of(other, **port)
            };
            if let Some(port) = service.ports.iter().find(differs) {
                desk.add(
                    Remark::error(
                        span.clone(),
                        format!(
                            "{port} leads somewhere else in `{}` than in `{}`",
                            service.name, other.name
                        ),
                    )
                    .also(first.clone(), "the other one")
                    .advise(
                        "open another port here, or give both the same `forward` and `masquerade`",
                    ),
                );
            }
        }
    }
}

fn of(service: &Service, port: Port) -> BTreeSet<Forward> {
    let forwards = service.forwards.iter();
    forwards
        .filter(|forward| forward.port == port)
        .copied()
        .collect()
}

fn places(written: &Spanned<OneOrMore>, desk: &mut Desk) -> Vec<(Place, Range<usize>)> {
    let words: Vec<(&str, Range<usize>)> = match written.get_ref() {
        OneOrMore::One(word) => vec![(word.as_str(), written.span())],
        OneOrMore::More(list) => list
            .iter()
            .map(|word| (word.get_ref().as_str(), word.span()))
            .collect(),
    };
    if words.is_empty() {
        desk.add(
            Remark::error(written.span(), "it leads nowhere")
                .advise("name the host behind this one: forward = \"192.168.7.20:443\""),
        );
    }
    let mut places: Vec<(Place, Range<usize>)> = Vec::new();
    for (word, span) in words {
        let Some(place) = place(word, &span, desk) else {
            continue;
        };
        let is_same = |(other, _): &&(Place, Range<usize>)| {
            other.address.is_ipv4() == place.address.is_ipv4()
        };
        if let Some((_, first)) = places.iter().find(is_same) {
            desk.add(
                Remark::error(span.clone(), "a port leads to one place of each IP version")
                    .also(first.clone(), "the first of this version")
                    .advise("make a service of its own for the other host, with another port"),
            );
        }
        places.push((place, span));
    }
    places
}

fn place(word: &str, span: &Range<usize>, desk: &mut Desk) -> Option<Place> {
    let Some(place) = parse(word) else {
        desk.add(
            Remark::error(
                span.clone(),
                format!("{word:?} is not an address to lead on to"),
            )
            .advise("write \"192.168.7.20:443\" or \"[2001:db8::20]:443\"; without a port each port keeps its number")
            .advise("names are not looked up"),
        );
        return None;
    };
    if let Some(why) = unfit(place.address) {
        desk.add(
            Remark::error(
                span.clone(),
                format!("{} {why}: nothing can be led on to it", place.address),
            )
            .advise("name the host by the address that this host reaches it by"),
        );
        return None;
    }
    Some(place)
}

fn parse(word: &str) -> Option<Place> {
    if let Ok(both) = word.parse::<SocketAddr>() {
        let has_port = both.port() != 0;
        return has_port.then_some(Place {
            address: both.ip(),
            port: Some(both.port()),
        });
    }
    let bare = word
        .strip_prefix('[')
        .and_then(|word| word.strip_suffix(']'));
    let address = match bare {
        Some(bare) => IpAddr::V6(bare.parse().ok()?),
        None => word.parse().ok()?,
    };
    Some(Place {
        address,
        port: None,
    })
}

/// Why no other host has this address.
fn unfit(address: IpAddr) -> Option<&'static str> {
    let is_link_local = match address {
        IpAddr::V4(address) if address.is_broadcast() => return Some("is for everybody"),
        IpAddr::V4(_) => false,
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            return Some("is an IPv4 address in the dress of IPv6");
        }
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    match address {
        _ if address.is_unspecified() => Some("is nobody's"),
        _ if address.is_loopback() => Some("is this host itself"),
        _ if address.is_multicast() => Some("is for many"),
        _ if is_link_local => Some("is known on one link alone"),
        _ => None,
    }
}

fn complain_of_masquerade(text: &ServiceText, desk: &mut Desk) {
    if let Some(written) = text.masquerade.as_ref().filter(|is| *is.get_ref()) {
        desk.add(
            Remark::error(
                written.span(),
                "`masquerade` without `forward` hides nobody",
            )
            .advise("say where it leads: forward = \"192.168.7.20:443\", or leave it out"),
        );
    }
}

/// What cannot stand beside `forward`.
fn complain_of_company(text: &ServiceText, span: Range<usize>, desk: &mut Desk) {
    if text.open.is_none() {
        desk.add(
            Remark::error(span.clone(), "nothing opens that could lead on")
                .advise("name the port of this host: open = [\"tcp/8443\"]"),
        );
    }
    if let Some(once) = text.one_shot.as_ref().filter(|once| *once.get_ref()) {
        desk.add(
            Remark::error(
                once.span(),
                "a port that leads on cannot be open for one connection alone",
            )
            .label("the first packet uses the grant up before it is led on")
            .also(span, "where it leads")
            .advise("leave `one-shot` out, and make `for` short"),
        );
    }
}

/// Without the gate before it, what leads on would be a port that swallows packets.
fn complain_of_unguarded(
    text: &ServiceText,
    ports: &[Port],
    settings: Option<&Settings>,
    desk: &mut Desk,
) {
    let (Some(open), Some(settings)) = (&text.open, settings) else {
        return;
    };
    if let Some(port) = settings.unguarded(ports) {
        desk.add(
            Remark::error(open.span(), format!("{port} leads on and is not guarded"))
                .advise(format!("add {:?} to `guard`", port.to_string())),
        );
    }
}

/// Several ports that become one would meet one service: which of them is meant?
fn complain_of_ports(place: Place, ports: &[Port], span: &Range<usize>, desk: &mut Desk) {
    let numbers: BTreeSet<u16> = ports.iter().map(|port| port.number()).collect();
    if place.port.is_some() && numbers.len() > 1 {
        desk.add(
            Remark::error(
                span.clone(),
                format!("{} ports cannot lead to one", numbers.len()),
            )
            .advise("leave the port out here: each of them keeps its number")
            .advise("or make a service of each"),
        );
    }
}

fn warn_of_one_version(places: &[(Place, Range<usize>)], desk: &mut Desk) {
    let [(place, span)] = places else {
        return;
    };
    let (this, other) = if place.address.is_ipv4() {
        ("IPv4", "IPv6")
    } else {
        ("IPv6", "IPv4")
    };
    desk.add(
        Remark::warning(
            span.clone(),
            format!("this leads {this} on, and who knocks over {other} meets silence"),
        )
        .advise(format!(
            "name a place for {other} too: forward = [\"…\", \"…\"], or have clients knock over {this}"
        )),
    );
}
