//! What any scan opens, and what should not be relied on: neighbours, few steps, ports that everybody tries.

use std::ops::Range;

use nightlatch_core::{Deed, Probe, Protocol, Step, Traits};
use nightlatch_ticket::Span;

use super::{
    clashes::at_line,
    found::{Found, List, ListLine, Places},
};
use crate::{
    desk::Desk,
    remark::Remark,
    scanned::{is_scanned, is_stock},
    strength::Strength,
    sweep::{is_run, is_swept},
};

/// Refuses sequences that a sweep walks; warns of those that a stranger may walk, and of those that other
/// knocks disturb.
pub(super) fn judge(found: &[Found], span: Option<&(Span, Protocol)>, desk: &mut Desk) {
    for one in found {
        if let Some((span, protocol)) = span {
            inside_the_span(one, span, *protocol, desk);
        }
        // What a stranger can close is his own.
        if one.deed == Deed::Open {
            weak_steps(one, desk);
            if let Places::OneTime(list) = &one.method {
                weak_lines(list, desk);
            }
        }
    }
}

fn weak_steps(one: &Found, desk: &mut Desk) {
    let steps: Vec<Step> = one.steps().iter().map(|(step, _)| step.clone()).collect();
    if steps.is_empty() {
        return;
    }
    if is_swept(&steps) {
        desk.add(
            Remark::error(
                one.all_steps(),
                format!("the ports of `{}` are neighbours, one after the other", one.name),
            )
            .label("a scan that touches all ports in their order opens this")
            .advise("take ports that lie apart, in any order; this draws some: nightlatch sequence lines -n 1"),
        );
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
    } else if is_run(&steps) && is_guessed(&steps) {
        desk.add(
            Remark::warning(
                one.all_steps(),
                format!(
                    "the ports of `{}` are neighbours: {}",
                    one.name,
                    Strength::of_steps(&steps)
                ),
            )
            .advise("take ports that lie apart"),
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

fn weak_lines(list: &List, desk: &mut Desk) {
    let swept = |line: &&ListLine| is_swept(line.steps());
    first_line(list, swept, desk, |_, more, span| {
        Remark::warning(
            span,
            format!("the ports of this line are neighbours, one after the other{more}"),
        )
        .label(
            "while it is this line's turn, a scan that touches all ports in their order opens it",
        )
        .advise("take ports that lie apart")
    });
    let short = |line: &&ListLine| line.steps().len() < SAFE_STEPS && !is_swept(line.steps());
    first_line(list, short, desk, |line, more, span| {
        Remark::warning(
            span,
            format!(
                "this line is short{more}: {}",
                Strength::of_steps(line.steps())
            ),
        )
        .advise("three steps are the least that scans and guesses do not find")
    });
}

/// Says something about the first of such lines, and how many more there are.
fn first_line(
    list: &List,
    is_such: impl Fn(&&ListLine) -> bool,
    desk: &mut Desk,
    remark: impl Fn(&ListLine, &str, Range<usize>) -> Remark,
) {
    let mut such = list.lines.iter().filter(is_such);
    if let Some(line) = such.next() {
        let more = match such.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        at_line(list, line, |span| remark(line, &more, span), desk);
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

/// A scan in random order walks three that are no neighbours once in four thousand million times.
const SAFE_STEPS: usize = 3;
