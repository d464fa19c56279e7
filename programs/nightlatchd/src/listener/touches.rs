//! Which touches the kernel is to let through: those that may be a step, and those that reset a walk.

use nightlatch_capture::Touches;
use nightlatch_core::{Port, PortRange, Probe, Protocol, Step, Variant};
use nightlatch_ticket::Span;
use nightlatch_wire::{Family, Flags};

/// What the sequences of now, and the span of encrypted ones, need to see.
pub(crate) fn touches(
    variants: &[Variant],
    in_use: &[PortRange],
    span: Option<&(Span, Protocol)>,
) -> Touches {
    let steps = || variants.iter().flat_map(|variant| &variant.steps);
    let mut touches = Touches {
        icmp4: kinds(steps(), Family::V4),
        icmp6: kinds(steps(), Family::V6),
        ..Touches::default()
    };
    if !variants.is_empty() {
        // A range in which a step waits counts as closed: else a scan of it would step and never stray.
        let is_left = |range: &PortRange| !steps().any(|step| waits_in(step, *range));
        let left: Vec<PortRange> = in_use.iter().copied().filter(is_left).collect();
        touches.attempts = beside(&left, Protocol::Tcp);
        touches.datagrams = beside(&left, Protocol::Udp);
        if steps().any(takes_any_segment) {
            // Where a step takes segments that begin nothing, those lead astray as well.
            touches.segments.clone_from(&touches.attempts);
        }
    }
    if let Some((span, carrier)) = span {
        match carrier {
            Protocol::Tcp => touches.attempts.push(span.bounds()),
            Protocol::Udp => touches.datagrams.push(span.bounds()),
        }
    }
    // Some who take them, nft among them, refuse ranges that overlap.
    Touches {
        attempts: merged(touches.attempts),
        datagrams: merged(touches.datagrams),
        ..touches
    }
}

/// The same, and what may be a failure: touches of ports that nobody uses, of decoys, and whatever comes to the knock
/// port.
pub(super) fn with_failures(
    of_knocks: &Touches,
    in_use: &[PortRange],
    (decoys, knock_port): (&[PortRange], Option<u16>),
) -> Touches {
    let failures = |protocol| {
        let decoys = decoys
            .iter()
            .filter(move |range| range.protocol() == protocol);
        let mut failures = beside(in_use, protocol);
        failures.extend(decoys.map(|range| (range.first(), range.last())));
        failures
    };
    let mut attempts = of_knocks.attempts.clone();
    attempts.extend(failures(Protocol::Tcp));
    let mut datagrams = of_knocks.datagrams.clone();
    datagrams.extend(failures(Protocol::Udp));
    datagrams.extend(knock_port.map(|port| (port, port)));
    Touches {
        attempts: merged(attempts),
        datagrams: merged(datagrams),
        ..of_knocks.clone()
    }
}

/// The ports of one protocol that nobody uses.
fn beside(in_use: &[PortRange], protocol: Protocol) -> Vec<(u16, u16)> {
    let used = in_use
        .iter()
        .filter(|range| range.protocol() == protocol)
        .map(|range| (range.first(), range.last()));
    let mut free = Vec::new();
    let mut next = Some(1);
    for (first, last) in merged(used.collect()) {
        let Some(from) = next else { break };
        if first > from {
            free.push((from, first.saturating_sub(1)));
        }
        next = last.checked_add(1);
    }
    free.extend(next.map(|from| (from, u16::MAX)));
    free
}

fn waits_in(step: &Step, range: PortRange) -> bool {
    let port = match step.probe {
        Probe::Tcp { port, .. } => Port::new(Protocol::Tcp, port),
        Probe::Udp { port } => Port::new(Protocol::Udp, port),
        Probe::Icmp { .. } => None,
    };
    port.is_some_and(|port| range.contains(port))
}

/// Whether a step takes segments that begin nothing.
fn takes_any_segment(step: &Step) -> bool {
    matches!(step.probe, Probe::Tcp { flags, .. } if !flags.clear.contains(Flags::ACK.with(Flags::RST)))
}

fn kinds<'a>(steps: impl Iterator<Item = &'a Step>, wanted: Family) -> Vec<u8> {
    let mut kinds: Vec<u8> = steps
        .filter_map(|step| match step.probe {
            Probe::Icmp {
                family: Some(family),
                kind,
                ..
            } => (family == wanted).then_some(kind),
            // Whoever pings wants either.
            Probe::Icmp { family: None, .. } => Some(match wanted {
                Family::V4 => ECHO_REQUEST_FOUR,
                Family::V6 => ECHO_REQUEST_SIX,
            }),
            _ => None,
        })
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Ranges that neither overlap nor touch, in their order.
fn merged(mut ranges: Vec<(u16, u16)>) -> Vec<(u16, u16)> {
    ranges.sort_unstable();
    let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// RFC 792.
const ECHO_REQUEST_FOUR: u8 = 8;
/// RFC 4443 §4.1.
const ECHO_REQUEST_SIX: u8 = 128;

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use nightlatch_core::SequenceId;

    use super::*;

    fn variant(steps: &[&str]) -> Variant {
        Variant {
            sequence: SequenceId(0),
            number: 0,
            steps: steps.iter().map(|step| step.parse().unwrap()).collect(),
            within: Duration::from_secs(1),
        }
    }

    fn ranges(texts: &[&str]) -> Vec<PortRange> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn without_sequences_nothing_is_looked_at() {
        let touches = touches(&[], &ranges(&["tcp/80"]), None);
        assert_eq!(touches, Touches::default());
    }

    #[test]
    fn for_failures_every_closed_port_is_looked_at_and_every_decoy_and_the_knock_port() {
        let in_use = ranges(&["tcp/20-30", "udp/1-65535"]);
        let decoys = ranges(&["tcp/23", "udp/161"]);
        let touches = with_failures(&Touches::default(), &in_use, (&decoys, Some(62_201)));
        assert_eq!(touches.attempts, [(1, 19), (23, 23), (31, 65_535)]);
        assert_eq!(touches.datagrams, [(161, 161), (62_201, 62_201)]);
    }

    #[test]
    fn every_port_counts_but_those_in_use() {
        let touches = touches(
            &[variant(&["tcp/7000", "tcp/8000"])],
            &ranges(&[
                "tcp/1",
                "tcp/80",
                "tcp/81-90",
                "tcp/65535",
                "udp/32768-60999",
            ]),
            None,
        );
        assert_eq!(touches.attempts, [(2, 79), (91, 65_534)]);
        assert_eq!(touches.datagrams, [(1, 32_767), (61_000, 65_535)]);
        assert!(touches.segments.is_empty());
    }

    #[test]
    fn a_range_in_which_a_step_waits_counts_as_closed() {
        let touches = touches(
            &[variant(&["tcp/80", "udp/40000"])],
            &ranges(&["tcp/70-90", "udp/32768-60999"]),
            None,
        );
        assert_eq!(touches.attempts, [(1, 65_535)]);
        assert_eq!(touches.datagrams, [(1, 65_535)]);
    }

    #[test]
    fn where_a_step_takes_other_segments_those_to_all_closed_ports_are_seen() {
        let in_use = ranges(&["tcp/32768-60999"]);
        let touches = touches(
            &[variant(&["tcp/7000 flags=any", "tcp/7001"])],
            &in_use,
            None,
        );
        assert_eq!(touches.segments, [(1, 32_767), (61_000, 65_535)]);
    }

    #[test]
    fn a_ping_of_either_family_is_seen() {
        let touches = touches(&[variant(&["icmp/echo"])], &[], None);
        assert_eq!((touches.icmp4, touches.icmp6), (vec![8], vec![128]));
    }

    #[test]
    fn a_span_beside_sequences_is_part_of_their_ranges() {
        let variants = [variant(&["tcp/7000", "tcp/8000"])];
        let in_use = ranges(&["tcp/80", "udp/25000-26000"]);
        for carrier in [Protocol::Tcp, Protocol::Udp] {
            let span = Span::new(20_000, 28_191, &[]).unwrap();
            let touches = touches(&variants, &in_use, Some(&(span, carrier)));
            let datagrams: &[(u16, u16)] = match carrier {
                Protocol::Tcp => &[(1, 24_999), (26_001, 65_535)],
                Protocol::Udp => &[(1, 65_535)],
            };
            assert_eq!(touches.attempts, [(1, 79), (81, 65_535)]);
            assert_eq!(touches.datagrams, datagrams);
        }
    }

    #[test]
    fn a_span_alone_needs_no_more_than_itself() {
        let span = Span::new(20_000, 28_191, &[]).unwrap();
        let touches = touches(&[], &[], Some(&(span, Protocol::Udp)));
        assert_eq!(touches.datagrams, [(20_000, 28_191)]);
        assert!(touches.attempts.is_empty());
    }
}
