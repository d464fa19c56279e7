//! Which touches have to be logged: whatever may be a step, and whatever leads a scanner astray.

use nightlatch_capture::Touches;
use nightlatch_config::Server;
use nightlatch_core::{Method, PortRange, Sequence, SequenceId, Step, Timed, Variant};
use nightlatch_firewall::SocketTable;

use crate::ephemeral::ephemeral_ports;
use crate::listener::touches;

/// What the sequences of a configuration and its span need, whatever time it is.
pub(super) fn touches_of(server: &Server) -> Touches {
    let sequences = server.policy.sequences();
    let mut in_use = in_use(server);
    let timed = sequences
        .iter()
        .filter_map(|sequence| match &sequence.method {
            Method::Timed(timed) => Some(timed),
            _ => None,
        });
    // A step may wait at any port of such a span, sooner or later.
    let timed: Vec<&Timed> = timed.collect();
    in_use.retain(|range| !timed.iter().any(|timed| overlap(timed, *range)));
    let variants: Vec<Variant> = sequences.iter().flat_map(variants).collect();
    touches(&variants, &in_use, server.span.as_ref())
}

/// The names of sequences with a step whose payload must say something.
pub(super) fn unseen(server: &Server) -> Vec<&str> {
    let asks = |step: &Step| step.traits.payload.is_some();
    let sequences = server.policy.sequences().iter();
    sequences
        .filter(|sequence| {
            steps_of(sequence)
                .iter()
                .any(|steps| steps.iter().any(asks))
        })
        .map(|sequence| sequence.name.as_str())
        .collect()
}

/// Where somebody listens now, from where this host sends datagrams, and what the configuration names.
fn in_use(server: &Server) -> Vec<PortRange> {
    let mut in_use = server.in_use.clone();
    let listening = SocketTable::open()
        .ok()
        .and_then(|mut table| table.listening().ok());
    in_use.extend(listening.into_iter().flatten());
    in_use.extend(ephemeral_ports());
    in_use.sort_unstable();
    in_use.dedup();
    in_use
}

fn overlap(timed: &Timed, range: PortRange) -> bool {
    let (first, last) = timed.span;
    timed.protocol == range.protocol() && first <= range.last() && range.first() <= last
}

fn variants(sequence: &Sequence) -> Vec<Variant> {
    let variant = |steps: &[Step]| Variant {
        sequence: SequenceId(0),
        number: 0,
        steps: steps.to_vec(),
        within: sequence.within,
    };
    steps_of(sequence).into_iter().map(variant).collect()
}

/// Every set of steps; of one that follows from the time an empty one, which stands for all.
fn steps_of(sequence: &Sequence) -> Vec<&[Step]> {
    match &sequence.method {
        Method::Plain(steps) => vec![steps],
        Method::OneTime(lines) => lines.iter().map(|line| line.steps.as_slice()).collect(),
        Method::Timed(_) => vec![&[]],
    }
}
