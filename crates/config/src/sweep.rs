//! What a sweep walks: a scan that touches one port after the other, in their order.

use nightlatch_core::{Probe, Protocol, Step, Traits};

/// Whether a sweep of packets that ask for nothing but ports walks all these steps.
pub(crate) fn is_swept(steps: &[Step]) -> bool {
    is_run(steps) && steps.iter().all(|step| step.traits == Traits::default())
}

/// Whether each step is at the neighbour of the port before, all in one direction and of one protocol, so that
/// a sweep of packets alike touches nothing between them.
pub(crate) fn is_run(steps: &[Step]) -> bool {
    let places: Vec<(Protocol, u16)> = steps.iter().filter_map(place).collect();
    let rises =
        |pair: &[(Protocol, u16)]| is_next(pair, |low, high| low.checked_add(1) == Some(high));
    let falls =
        |pair: &[(Protocol, u16)]| is_next(pair, |high, low| low.checked_add(1) == Some(high));
    places.len() > 1
        && places.len() == steps.len()
        && (places.windows(2).all(rises) || places.windows(2).all(falls))
        && some_flags_meet(steps)
}

fn is_next(pair: &[(Protocol, u16)], follows: impl Fn(u16, u16) -> bool) -> bool {
    matches!(pair, [(one, port), (other, next)] if one == other && follows(*port, *next))
}

fn place(step: &Step) -> Option<(Protocol, u16)> {
    match step.probe {
        Probe::Tcp { port, .. } => Some((Protocol::Tcp, port)),
        Probe::Udp { port } => Some((Protocol::Udp, port)),
        Probe::Icmp { .. } => None,
    }
}

/// Whether segments with the same flags meet all the steps.
fn some_flags_meet(steps: &[Step]) -> bool {
    let (set, clear) = steps
        .iter()
        .filter_map(|step| match step.probe {
            Probe::Tcp { flags, .. } => Some(flags),
            Probe::Udp { .. } | Probe::Icmp { .. } => None,
        })
        .fold((0, 0), |(set, clear), flags| {
            (set | flags.set.bits(), clear | flags.clear.bits())
        });
    set & clear == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<Step> {
        text.split(", ").map(|step| step.parse().unwrap()).collect()
    }

    #[test]
    fn neighbours_in_one_direction_are_swept_however_many_they_are() {
        for text in [
            "tcp/31001, tcp/31002",
            "tcp/31003, tcp/31002, tcp/31001",
            "udp/65533, udp/65534, udp/65535",
            "tcp/1 flags=any, tcp/2, tcp/3 flags=syn",
        ] {
            assert!(is_swept(&steps(text)), "{text}");
        }
    }

    #[test]
    fn what_lies_between_or_is_of_another_kind_is_met_first() {
        for text in [
            "tcp/31001",
            "tcp/31001, tcp/31003",
            "tcp/31001, tcp/31002, tcp/31004",
            "tcp/31001, tcp/31002, tcp/31001",
            "tcp/65535, tcp/1",
            "udp/3001, tcp/3002, udp/3003",
            "tcp/1, icmp/echo, tcp/2",
            "tcp/1 flags=syn, tcp/2 flags=fin,!syn",
        ] {
            assert!(!is_run(&steps(text)), "{text}");
        }
    }

    #[test]
    fn who_asks_for_more_than_ports_is_met_by_no_sweep_of_bare_packets() {
        let steps = steps("udp/31001 payload='k', udp/31002 payload='k'");
        assert!(is_run(&steps) && !is_swept(&steps));
    }
}
