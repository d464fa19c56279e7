//! `[encrypted-sequence]`: the ports in which sealed requests are heard that come as touches of ports.

use std::ops::Range;

use nightlatch_core::{PortRange, Protocol, Service};
use nightlatch_ticket::{ServiceHash, Span};
use serde_spanned::Spanned;

use super::{settings::Settings, values::word};
use crate::{
    desk::Desk,
    document::Section,
    ports::read_span,
    remark::Remark,
    text::{EncryptedText, List},
};

/// Reads where encrypted sequences are heard.
pub(super) fn read(
    section: &Section<EncryptedText>,
    settings: Option<&Settings>,
    desk: &mut Desk,
) -> Option<(Span, Protocol)> {
    let EncryptedText {
        span,
        carrier,
        skip,
    } = &section.text;
    let carrier = self::carrier(carrier.as_ref(), desk);
    let span_here = self::span(span.as_ref(), skip.as_ref(), desk);
    let (heard, carrier) = (span_here?, carrier?);
    if let Some(settings) = settings {
        let place = span
            .as_ref()
            .map_or_else(|| section.place.clone(), Spanned::span);
        warn_of_neighbours(&heard, carrier, &place, settings, desk);
    }
    Some((heard, carrier))
}

/// `carrier = "tcp"`: what the packets are.
pub(crate) fn carrier(written: Option<&Spanned<String>>, desk: &mut Desk) -> Option<Protocol> {
    word(
        written,
        &[("tcp", Protocol::Tcp), ("udp", Protocol::Udp)],
        desk,
    )
}

/// `span` and `skip`: the same at the server and at all its clients, or they do not understand each other.
pub(crate) fn span(
    span: Option<&Spanned<String>>,
    skip: Option<&Spanned<List>>,
    desk: &mut Desk,
) -> Option<Span> {
    let before = desk.errors();
    let mut range = |written: &Spanned<String>| match read_span(written.get_ref()) {
        Ok(range) => Some(range),
        Err(error) => {
            desk.add(Remark::of(written.span(), &error));
            None
        }
    };
    let bounds = match span {
        Some(written) => range(written),
        None => Some(USUAL_SPAN),
    };
    let skipped: Vec<(u16, u16)> = skip
        .iter()
        .flat_map(|list| &list.get_ref().0)
        .filter_map(&mut range)
        .collect();
    let (first, last) = bounds?;
    if desk.errors() > before {
        return None;
    }
    match Span::new(first, last, &skipped) {
        Ok(span) => Some(span),
        Err(error) => {
            // What would do without `skip` is spoilt by it.
            let is_spoilt = Span::new(first, last, &[]).is_ok();
            let skip = skip.filter(|_| is_spoilt).map(Spanned::span);
            let culprit = skip.or_else(|| span.map(Spanned::span)).unwrap_or_default();
            desk.add(Remark::of(culprit, &error));
            None
        }
    }
}

/// In an encrypted sequence a service is named by 14 bits: two services may look the same there.
pub(super) fn complain_of_twins(services: &[Service], places: &[Range<usize>], desk: &mut Desk) {
    let short = |service: &Service| ServiceHash::of(&service.name).short();
    for (place, service) in services.iter().enumerate() {
        let before = services.iter().zip(places).take(place);
        let mut twins = before.filter(|(other, _)| short(other) == short(service));
        if let (Some((other, first)), Some(here)) = (twins.next(), places.get(place)) {
            desk.add(
                Remark::error(
                    here.clone(),
                    format!(
                        "encrypted sequences cannot tell `{}` from `{}`",
                        service.name, other.name
                    ),
                )
                .also(first.clone(), "the other one")
                .advise("give one of them another name"),
            );
        }
    }
}

/// Ports that are spoken for lose nothing by the packets; they show that something is there.
fn warn_of_neighbours(
    span: &Span,
    carrier: Protocol,
    place: &Range<usize>,
    settings: &Settings,
    desk: &mut Desk,
) {
    let heard = |range: &PortRange| {
        range.protocol() == carrier
            && (range.first()..=range.last()).any(|port| span.symbol(port).is_some())
    };
    let guarded = settings.guard.iter().filter(|range| heard(range.get_ref()));
    let in_use = settings
        .in_use
        .iter()
        .filter(|range| heard(range.get_ref()));
    for range in guarded.chain(in_use) {
        let ports = range.get_ref();
        let (first, last) = (ports.first(), ports.last());
        let written = if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        };
        desk.add(
            Remark::warning(
                range.span(),
                format!("{ports} lies in the span of encrypted sequences"),
            )
            .also(place.clone(), "this span")
            .advise(format!(
                "add {written:?} to `skip`, here and at all clients"
            )),
        );
    }
    let knocks = settings.knock_port.filter(|_| carrier == Protocol::Udp);
    if let Some(port) = knocks.filter(|port| span.symbol(*port).is_some()) {
        desk.add(
            Remark::warning(place.clone(), "the knock port lies in this span")
                .advise(format!("add \"{port}\" to `skip`, here and at all clients")),
        );
    }
}

/// 8,192 ports: 256 more than are needed, for those to skip.
const USUAL_SPAN: (u16, u16) = (20_000, 28_191);
