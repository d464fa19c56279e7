//! Sequences that are walked on the way to others.

use std::borrow::Borrow;

use nightlatch_core::{FlagsWanted, Probe, Step};

/// How sure it is that who walks one sequence walks another on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OnTheWay {
    /// Whatever he sends.
    Surely,
    /// If what he sends is what the other one asks for, which a packet of the usual kind may well be.
    Perhaps,
}

/// Whether whoever walks `long` walks `short` with his first steps.
pub(crate) fn beginning<S: Borrow<Step>>(short: &[S], long: &[S]) -> Option<OnTheWay> {
    let mut pairs = short
        .iter()
        .zip(long)
        .map(|(short, long)| (short.borrow(), long.borrow()));
    let is_longer = short.len() <= long.len();
    pairs
        .try_fold(OnTheWay::Surely, |so_far, (short, long)| {
            if short.covers(long) {
                Some(so_far)
            } else {
                may_be_one(short, long).then_some(OnTheWay::Perhaps)
            }
        })
        .filter(|_| is_longer)
}

/// Whether whatever the one asks for is enough for the other, or both take a connection attempt.
fn may_be_one(one: &Step, other: &Step) -> bool {
    let attempted = |step: &Step| match step.probe {
        Probe::Tcp { port, flags } if flags.is_met_by(FlagsWanted::ATTEMPT.set) => Step {
            traits: step.traits.clone(),
            ..Step::tcp(port)
        },
        _ => step.clone(),
    };
    let [one, other] = [one, other].map(attempted);
    one.covers(&other) || other.covers(&one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(short: &[&str], long: &[&str]) -> Option<OnTheWay> {
        let [short, long] = [short, long]
            .map(|texts| -> Vec<Step> { texts.iter().map(|text| text.parse().unwrap()).collect() });
        beginning(&short, &long)
    }

    #[test]
    fn what_asks_for_less_is_walked_surely_and_what_asks_for_more_perhaps() {
        let (bare, any) = ("tcp/31007", "tcp/31007 flags=any");
        for (short, long, expected) in [
            (bare, bare, Some(OnTheWay::Surely)),
            (any, bare, Some(OnTheWay::Surely)),
            (bare, any, Some(OnTheWay::Perhaps)),
            (bare, "tcp/31007 flags=!urg", Some(OnTheWay::Perhaps)),
            (bare, "tcp/31007 flags=fin", None),
            ("udp/31007 payload~'a'", "udp/31007 payload~'b'", None),
            (bare, "udp/31007", None),
            (bare, "tcp/31008", None),
        ] {
            assert_eq!(
                begins(&[short, "udp/9"], &[long, "udp/9", "udp/8"]),
                expected
            );
        }
        assert_eq!(
            begins(&[any, bare], &[bare, any, "udp/9"]),
            Some(OnTheWay::Perhaps)
        );
    }

    #[test]
    fn what_asks_for_something_else_is_not_walked_nor_is_the_longer_one() {
        assert_eq!(begins(&["udp/9 ttl=1-9"], &["udp/9 ttl=10", "udp/8"]), None);
        assert_eq!(begins(&["udp/9", "udp/8"], &["udp/9"]), None);
    }
}
