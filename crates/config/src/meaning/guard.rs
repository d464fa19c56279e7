//! `guard = […]`: what is silent until somebody knocks.

use std::ops::Range;

use nightlatch_core::{Port, PortRange, Protocol};
use serde_spanned::Spanned;

use super::settings::Need;
use crate::{desk::Desk, ports::read_ports, remark::Remark, text::List};

/// Reads the guarded ports, each with its place. Where no service opens a port, none has to be guarded.
pub(super) fn read(
    written: Option<&Spanned<List>>,
    place: &Range<usize>,
    (knock_port, need): (Option<u16>, Need),
    desk: &mut Desk,
) -> Option<Vec<Spanned<PortRange>>> {
    let before = desk.errors();
    let list = match written {
        Some(list) if !list.get_ref().0.is_empty() => &list.get_ref().0,
        None if need == Need::Optional => return Some(Vec::new()),
        _ => {
            let span = written.map_or_else(|| place.clone(), Spanned::span);
            desk.add(Remark::error(span, "nothing is guarded").advise(
                "name the ports that are silent until somebody knocks: guard = [\"tcp/22\"]",
            ));
            return None;
        }
    };
    let mut guard: Vec<Spanned<PortRange>> = Vec::new();
    for text in list {
        match read_ports(text.get_ref()) {
            Ok(range) => {
                check_range(range, text.span(), &guard, knock_port, desk);
                guard.push(Spanned::new(text.span(), range));
            }
            Err(error) => desk.add(Remark::of(text.span(), &error)),
        }
    }
    (desk.errors() == before).then_some(guard)
}

fn check_range(
    range: PortRange,
    span: Range<usize>,
    before: &[Spanned<PortRange>],
    knock_port: Option<u16>,
    desk: &mut Desk,
) {
    let knocks = knock_port.and_then(|number| Port::new(Protocol::Udp, number));
    if knocks.is_some_and(|port| range.contains(port)) {
        desk.add(
            Remark::error(span, "the knock port cannot be guarded")
                .label("knocks come in here")
                .advise("leave it out: it never answers anybody anyway"),
        );
        return;
    }
    let overlaps = |other: PortRange| {
        other.protocol() == range.protocol()
            && other.first() <= range.last()
            && range.first() <= other.last()
    };
    if let Some(other) = before.iter().find(|other| overlaps(*other.get_ref())) {
        desk.add(
            Remark::error(span, format!("{range} is guarded already"))
                .also(other.span(), "by this")
                .advise("name each port once"),
        );
    }
}
