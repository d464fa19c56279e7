//! When two steps are met by the same packet: such sequences get in each other's way.

use nightlatch_wire::Family;

use super::{FlagsWanted, Number, OptionWanted, Payload, Probe, Step, Traits};

impl Step {
    /// Whether every packet that meets the other step meets this one, too.
    pub fn covers(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.traits, &other.traits);
        let all_numbers = numbers(ours).into_iter().zip(numbers(theirs));
        probe_covers(self.probe, other.probe)
            && all_numbers
                .into_iter()
                .all(|(ours, theirs)| covers(ours, theirs, is_within))
            && covers(ours.unfragmentable, theirs.unfragmentable, |a, b| a == b)
            && covers(ours.options.as_ref(), theirs.options.as_ref(), |a, b| {
                pairwise(a, b, |a, b| covers(a.value, b.value, |a, b| a == b))
            })
            && covers(
                ours.payload.as_ref(),
                theirs.payload.as_ref(),
                payload_covers,
            )
    }

    /// Whether one packet may meet both steps. Of regular expressions nothing is known: they may always meet.
    pub fn overlaps(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.traits, &other.traits);
        let mut all_numbers = numbers(ours).into_iter().zip(numbers(theirs));
        probe_overlaps(self.probe, other.probe)
            && all_numbers.all(|(ours, theirs)| {
                meets(ours, theirs, |a, b| a.least <= b.most && b.least <= a.most)
            })
            && meets(ours.unfragmentable, theirs.unfragmentable, |a, b| a == b)
            && meets(ours.options.as_ref(), theirs.options.as_ref(), |a, b| {
                pairwise(a, b, |a, b| meets(a.value, b.value, |a, b| a == b))
            })
            && meets(
                ours.payload.as_ref(),
                theirs.payload.as_ref(),
                payload_overlaps,
            )
    }
}

/// What is not asked for covers everything; what is asked for covers only what is asked for, too.
fn covers<T>(wide: Option<T>, narrow: Option<T>, holds: impl Fn(T, T) -> bool) -> bool {
    match (wide, narrow) {
        (None, _) => true,
        (Some(wide), Some(narrow)) => holds(wide, narrow),
        (Some(_), None) => false,
    }
}

/// What is not asked for is in nobody's way.
fn meets<T>(one: Option<T>, other: Option<T>, holds: impl Fn(T, T) -> bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => holds(one, other),
        _ => true,
    }
}

fn numbers(traits: &Traits) -> [Option<Number>; 7] {
    [
        traits.hops,
        traits.identification,
        traits.length,
        traits.source_port,
        traits.sequence,
        traits.acknowledgement,
        traits.window,
    ]
}

fn is_within(wide: Number, narrow: Number) -> bool {
    wide.least <= narrow.least && narrow.most <= wide.most
}

fn pairwise(
    ours: &[OptionWanted],
    theirs: &[OptionWanted],
    holds: impl Fn(OptionWanted, OptionWanted) -> bool,
) -> bool {
    ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .all(|(a, b)| a.kind == b.kind && holds(*a, *b))
}

fn payload_covers(wide: &Payload, narrow: &Payload) -> bool {
    match (wide, narrow) {
        (Payload::Begins(wide), Payload::Begins(narrow) | Payload::Exactly(narrow)) => {
            narrow.starts_with(wide)
        }
        _ => wide == narrow,
    }
}

fn payload_overlaps(one: &Payload, other: &Payload) -> bool {
    match (one, other) {
        (Payload::Matches(_), _) | (_, Payload::Matches(_)) => true,
        _ => payload_covers(one, other) || payload_covers(other, one),
    }
}

fn probe_covers(wide: Probe, narrow: Probe) -> bool {
    match (wide, narrow) {
        (
            Probe::Tcp { port, flags },
            Probe::Tcp {
                port: to,
                flags: narrow,
            },
        ) => port == to && flags_cover(flags, narrow),
        (Probe::Icmp { code, .. }, Probe::Icmp { code: theirs, .. }) => {
            message_covers(wide, narrow) && covers(code, theirs, |a, b| a == b)
        }
        _ => wide == narrow,
    }
}

fn probe_overlaps(one: Probe, other: Probe) -> bool {
    match (one, other) {
        (
            Probe::Tcp { port, flags },
            Probe::Tcp {
                port: to,
                flags: others,
            },
        ) => port == to && flags_meet(flags, others),
        (Probe::Icmp { code, .. }, Probe::Icmp { code: others, .. }) => {
            (message_covers(one, other) || message_covers(other, one))
                && meets(code, others, |a, b| a == b)
        }
        _ => one == other,
    }
}

fn flags_cover(wide: FlagsWanted, narrow: FlagsWanted) -> bool {
    narrow.set.contains(wide.set) && narrow.clear.contains(wide.clear)
}

fn flags_meet(one: FlagsWanted, other: FlagsWanted) -> bool {
    one.set.bits() & other.clear.bits() == 0 && other.set.bits() & one.clear.bits() == 0
}

/// An echo request of no family is one of either (RFC 792, RFC 4443 §4.1).
fn message_covers(wide: Probe, narrow: Probe) -> bool {
    let message = |probe| match probe {
        Probe::Icmp { family, kind, .. } => Some((family, kind)),
        Probe::Tcp { .. } | Probe::Udp { .. } => None,
    };
    match (message(wide), message(narrow)) {
        (Some((None, _)), Some((family, kind))) => matches!(
            (family, kind),
            (None, _) | (Some(Family::V4), 8) | (Some(Family::V6), 128)
        ),
        (wide, narrow) => wide == narrow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(text: &str) -> Step {
        text.parse().unwrap()
    }

    /// The first covers the second and not the other way round; both meet.
    #[test]
    fn the_step_that_asks_for_less_covers_the_one_that_asks_for_more() {
        for (wide, narrow) in [
            ("tcp/1", "tcp/1 ttl=64"),
            ("tcp/1 ttl=50-64", "tcp/1 ttl=64"),
            ("tcp/1 flags=syn,!ack", "tcp/1"),
            ("tcp/1 flags=any", "tcp/1 flags=fin"),
            ("tcp/1 df=yes", "tcp/1 df=yes window=7"),
            ("tcp/1 options=mss,nop", "tcp/1 options=mss:1460,nop"),
            ("udp/1 payload^='kn'", "udp/1 payload^='knock'"),
            ("udp/1 payload^='kn'", "udp/1 payload='knock'"),
            ("udp/1", "udp/1 payload~'k'"),
            ("icmp/echo", "icmp4/8"),
            ("icmp/echo", "icmp6/128 length=90"),
            ("icmp4/3", "icmp4/3/1"),
        ] {
            let (wide, narrow) = (step(wide), step(narrow));
            assert!(wide.covers(&narrow), "{wide} covers {narrow}");
            assert!(!narrow.covers(&wide), "{narrow} covers {wide}");
            assert!(wide.overlaps(&narrow) && narrow.overlaps(&wide));
            assert!(wide.covers(&wide) && narrow.overlaps(&narrow));
        }
    }

    #[test]
    fn one_packet_may_meet_two_steps_of_which_none_covers_the_other() {
        for (one, other) in [
            ("tcp/1 ttl=60-64", "tcp/1 window=7"),
            ("tcp/1 ttl=60-64", "tcp/1 ttl=64-70"),
            ("tcp/1 flags=syn", "tcp/1 flags=ack"),
            ("udp/1 payload~'a'", "udp/1 payload='b'"),
            ("icmp/echo ttl=3", "icmp4/8"),
            ("icmp4/3/1", "icmp4/3 ttl=3"),
        ] {
            let (one, other) = (step(one), step(other));
            assert!(
                one.overlaps(&other) && other.overlaps(&one),
                "{one} {other}"
            );
            assert!(!one.covers(&other) || !other.covers(&one));
        }
    }

    #[test]
    fn steps_that_no_packet_meets_both_keep_apart() {
        for (one, other) in [
            ("tcp/1", "tcp/2"),
            ("tcp/1", "udp/1"),
            ("tcp/1", "icmp/echo"),
            ("tcp/1 flags=syn", "tcp/1 flags=!syn"),
            ("tcp/1 ttl=1-3", "tcp/1 ttl=4-6"),
            ("tcp/1 seq=1", "tcp/1 seq=2"),
            ("tcp/1 df=yes", "tcp/1 df=no"),
            ("tcp/1 options=mss:1,nop", "tcp/1 options=mss:2,nop"),
            ("tcp/1 options=mss,nop", "tcp/1 options=nop,mss"),
            ("tcp/1 options=none", "tcp/1 options=nop"),
            ("udp/1 payload='a'", "udp/1 payload='ab'"),
            ("udp/1 payload^='a'", "udp/1 payload^='b'"),
            ("icmp/echo", "icmp4/13"),
            ("icmp4/8", "icmp6/128"),
            ("icmp4/3/1", "icmp4/3/2"),
        ] {
            let (one, other) = (step(one), step(other));
            assert!(
                !one.overlaps(&other) && !other.overlaps(&one),
                "{one} {other}"
            );
            assert!(!one.covers(&other) && !other.covers(&one));
        }
    }
}
