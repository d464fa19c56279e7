//! What works and should not be relied on: few steps, ports in a row, ports that everybody tries.

use nightlatch_core::{Deed, Probe, Protocol, Step, Traits};
use nightlatch_ticket::Span;

use super::{
    clashes::at_line,
    found::{Found, List, Places},
};
use crate::{
    desk::Desk,
    remark::Remark,
    scanned::{is_scanned, is_stock},
    strength::Strength,
};

/// Warns of sequences that a stranger may walk, and of those that other knocks disturb.
pub(super) fn warn(found: &[Found], span: Option<&(Span, Protocol)>, desk: &mut Desk) {
    for one in found {
        if let Some((span, protocol)) = span {
            inside_the_span(one, span, *protocol, desk);
        }
        // What a stranger can close is his own.
        if one.deed == Deed::Open {
            weak_steps(one, desk);
            if let Places::OneTime(list) = &one.method {
                short_lines(list, desk);
            }
        }
    }
}

fn weak_steps(one: &Found, desk: &mut Desk) {
    let steps: Vec<Step> = one.steps().iter().map(|(step, _)| step.clone()).collect();
    if steps.is_empty() {
        return;
    }
    let ports: Vec<u16> = steps.iter().filter_map(port_of).collect();
    if ports.len() == steps.len() && is_stock(&ports) {
        desk.add(
            Remark::warning(
                one.all_steps(),
                format!("the ports of `{}` stand in every manual", one.name),
            )
            .advise("choose others, at random"),
        );
        return;
    }
    if steps.len() < SAFE_STEPS && is_guessed(&steps) {
        desk.add(
            Remark::warning(
                one.all_steps(),
                format!("`{}` is short: {}", one.name, Strength::of_steps(&steps)),
            )
            .advise("three steps are the least that scans and guesses do not find"),
        );
    } else if let Some(direction) = direction(&steps) {
        desk.add(
            Remark::warning(
                one.all_steps(),
                format!(
                    "`{}` only {direction}: a port scan could open this door",
                    one.name
                ),
            )
            .advise("mix the order of the ports"),
        );
    }
    for (step, span) in one.steps() {
        if let Some((protocol, port)) = common_port(step) {
            desk.add(
                Remark::warning(
                    span.clone(),
                    format!("scanners try {protocol}/{port} before most others"),
                )
                .advise("take a port that nobody has a reason to try"),
            );
        }
    }
}

fn short_lines(list: &List, desk: &mut Desk) {
    let mut short = list
        .lines
        .iter()
        .filter(|line| line.steps().len() < SAFE_STEPS);
    if let Some(line) = short.next() {
        let more = match short.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let remark = |span| {
            Remark::warning(
                span,
                format!(
                    "this line is short{more}: {}",
                    Strength::of_steps(line.steps())
                ),
            )
            .advise("three steps are the least that scans and guesses do not find")
        };
        at_line(list, line, remark, desk);
    }
}

/// The packets of an encrypted sequence go anywhere in the span, and would count as steps.
fn inside_the_span(one: &Found, span: &Span, protocol: Protocol, desk: &mut Desk) {
    for (step, place) in one.steps() {
        let port = match (step.probe, protocol) {
            (Probe::Tcp { port, .. }, Protocol::Tcp) | (Probe::Udp { port }, Protocol::Udp) => {
                Some(port)
            }
            _ => None,
        };
        if let Some(port) = port.filter(|port| span.symbol(*port).is_some()) {
            desk.add(
                Remark::warning(
                    place.clone(),
                    format!("{protocol}/{port} is one of the ports of encrypted sequences"),
                )
                .label("their packets would count as this step")
                .advise(format!(
                    "take another port, or add \"{port}\" to `skip` here and at all clients"
                )),
            );
        }
    }
}

/// Short and guessed sooner than three free ports are.
fn is_guessed(steps: &[Step]) -> bool {
    let three_ports = [31_007, 29_001, 23_456].map(Step::tcp);
    Strength::of_steps(steps) < Strength::of_steps(&three_ports)
}

/// Which way a scan would have to go, if any scan could meet all the steps.
fn direction(steps: &[Step]) -> Option<&'static str> {
    let is_bare = |step: &&Step| step.traits == Traits::default();
    let bare = steps.iter().filter(is_bare);
    let ports: Vec<u16> = bare.filter_map(port_of).collect();
    let all = |holds: fn(&u16, &u16) -> bool| {
        let next = ports.iter().skip(1);
        ports.len() == steps.len() && ports.iter().zip(next).all(|(one, next)| holds(one, next))
    };
    if ports.len() < 2 {
        None
    } else if all(u16::lt) {
        Some("rises")
    } else if all(u16::gt) {
        Some("falls")
    } else {
        None
    }
}

/// The port of a step that asks for nothing but it, where scanners come by.
fn common_port(step: &Step) -> Option<(Protocol, u16)> {
    let (protocol, port) = match step.probe {
        Probe::Tcp { port, .. } => (Protocol::Tcp, port),
        Probe::Udp { port } => (Protocol::Udp, port),
        Probe::Icmp { .. } => return None,
    };
    (step.traits == Traits::default() && is_scanned(protocol, port)).then_some((protocol, port))
}

fn port_of(step: &Step) -> Option<u16> {
    match step.probe {
        Probe::Tcp { port, .. } | Probe::Udp { port } => Some(port),
        Probe::Icmp { .. } => None,
    }
}

/// No order of a scan has been seen to walk three.
const SAFE_STEPS: usize = 3;
