//! What makes a sequence one that can be walked, and means one thing.

use core::time::Duration;

use nightlatch_ticket::SequenceSecret;

use super::PolicyError;
use crate::{MOST_STEPS, Method, Probe, Sequence, Step, Timed};

/// How many sequences a policy can have: the listener looks for all of them in every packet.
pub const MOST_SEQUENCES: usize = 256;

/// How many lines a list of one-time sequences can have: more than anybody uses up.
pub const MOST_LINES: usize = 65_536;

/// Every sequence is right by itself, for a service that exists, and told from every other.
pub(super) fn check_sequences(sequences: &[Sequence], services: usize) -> Result<(), PolicyError> {
    if sequences.len() > MOST_SEQUENCES {
        return Err(PolicyError::TooManySequences(sequences.len()));
    }
    for (place, sequence) in sequences.iter().enumerate() {
        let name = || sequence.name.clone();
        if usize::from(sequence.service.0) >= services {
            return Err(PolicyError::NoService(name()));
        }
        check_sequence(sequence)?;
        for other in sequences.iter().take(place) {
            if other.name == sequence.name {
                return Err(PolicyError::SameSequenceName(name()));
            }
            if secret(other).is_some_and(|known| secret(sequence) == Some(known)) {
                return Err(PolicyError::SameSecret(other.name.clone(), name()));
            }
        }
    }
    Ok(())
}

fn check_sequence(sequence: &Sequence) -> Result<(), PolicyError> {
    let name = || sequence.name.clone();
    if sequence.name.is_empty() {
        return Err(PolicyError::NoSequenceName);
    }
    if sequence.within.is_zero() {
        return Err(PolicyError::NoTime(name()));
    }
    if sequence.per_minute == 0 || sequence.per_minute > MOST_PER_MINUTE {
        return Err(PolicyError::PerMinute(name(), sequence.per_minute));
    }
    match &sequence.method {
        Method::Plain(steps) => check_steps(sequence, steps),
        Method::OneTime(lines) if lines.len() > MOST_LINES => {
            Err(PolicyError::TooManyLines(name(), lines.len()))
        }
        // None at all is no mistake: it is a list that was used up.
        Method::OneTime(lines) => lines
            .iter()
            .try_for_each(|line| check_steps(sequence, &line.steps)),
        Method::Timed(timed) => check_timed(sequence, timed),
    }
}

fn check_steps(sequence: &Sequence, steps: &[Step]) -> Result<(), PolicyError> {
    let name = || sequence.name.clone();
    if steps.is_empty() {
        return Err(PolicyError::NoSteps(name()));
    }
    if steps.len() > MOST_STEPS {
        return Err(PolicyError::TooManySteps(name(), steps.len()));
    }
    let is_nowhere = |step: &Step| {
        matches!(
            step.probe,
            Probe::Tcp { port: 0, .. } | Probe::Udp { port: 0 }
        )
    };
    if steps.iter().any(is_nowhere) {
        return Err(PolicyError::PortZero(name()));
    }
    Ok(())
}

fn check_timed(sequence: &Sequence, timed: &Timed) -> Result<(), PolicyError> {
    let name = || sequence.name.clone();
    if timed.steps < FEWEST_PORTS || timed.steps > MOST_PORTS {
        return Err(PolicyError::TimedPorts(name(), timed.steps));
    }
    let (first, last) = timed.span;
    if first == 0 || last.saturating_sub(first) < NARROWEST {
        return Err(PolicyError::Span(name(), first, last));
    }
    let is_whole = timed.every.subsec_nanos() == 0 && !timed.every.is_zero();
    if !is_whole || timed.every > LONGEST_PERIOD {
        return Err(PolicyError::Period(name(), timed.every));
    }
    Ok(())
}

/// Two with one secret would be told from each other by nothing, and use each other up.
fn secret(sequence: &Sequence) -> Option<&SequenceSecret> {
    match &sequence.method {
        Method::Timed(timed) => Some(&timed.secret),
        Method::Plain(_) | Method::OneTime(_) => None,
    }
}

/// A hundred a second: who needs more has no use for sequences.
const MOST_PER_MINUTE: u32 = 6000;
/// Fewer are guessed, or met by a scan.
const FEWEST_PORTS: u8 = 3;
/// What [`SequenceSecret::ports`] draws at most.
const MOST_PORTS: u8 = 8;
/// From the first port to the last: 256 of them.
const NARROWEST: u16 = 255;
/// A set of ports that is good for a day is a plain sequence.
const LONGEST_PERIOD: Duration = Duration::from_hours(24);

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;
    use alloc::vec::Vec;

    use super::*;
    use crate::{Deed, Line, Protocol, ServiceId};

    fn plain(name: &str) -> Sequence {
        Sequence {
            name: name.into(),
            service: ServiceId(0),
            deed: Deed::Open,
            method: Method::Plain(vec![Step::tcp(7000), Step::udp(8000)]),
            within: Duration::from_secs(10),
            per_minute: 60,
        }
    }

    fn timed(name: &str, byte: u8) -> Sequence {
        let timed = Timed {
            secret: SequenceSecret::from_bytes([byte; 32]),
            mark: [byte; 16],
            steps: 4,
            protocol: Protocol::Tcp,
            span: (20_000, 29_999),
            every: Duration::from_secs(30),
        };
        Sequence {
            method: Method::Timed(timed),
            ..plain(name)
        }
    }

    fn refused(change: impl Fn(&mut Sequence)) -> PolicyError {
        let mut sequence = plain("door");
        change(&mut sequence);
        check_sequences(&[sequence], 1).unwrap_err()
    }

    fn refused_timed(change: impl Fn(&mut Timed)) -> PolicyError {
        refused(|sequence| {
            *sequence = timed("door", 1);
            if let Method::Timed(timed) = &mut sequence.method {
                change(timed);
            }
        })
    }

    fn door() -> String {
        "door".into()
    }

    #[test]
    fn a_sequence_that_cannot_be_right_is_refused_with_its_reason() {
        assert_eq!(refused(|s| s.name.clear()), PolicyError::NoSequenceName);
        assert_eq!(
            refused(|s| s.service = ServiceId(1)),
            PolicyError::NoService(door())
        );
        assert_eq!(
            refused(|s| s.within = Duration::ZERO),
            PolicyError::NoTime(door())
        );
        for often in [0, 6001] {
            assert_eq!(
                refused(|s| s.per_minute = often),
                PolicyError::PerMinute(door(), often)
            );
        }
    }

    #[test]
    fn steps_are_1_to_32_and_none_goes_to_port_0() {
        let with = |steps: Vec<Step>| refused(|s| s.method = Method::Plain(steps.clone()));
        assert_eq!(with(vec![]), PolicyError::NoSteps(door()));
        assert_eq!(
            with(vec![Step::tcp(1); 33]),
            PolicyError::TooManySteps(door(), 33)
        );
        for step in [Step::tcp(0), Step::udp(0)] {
            assert_eq!(with(vec![step]), PolicyError::PortZero(door()));
        }
        let mut longest = plain("long");
        longest.method = Method::Plain(vec![Step::tcp(1); 32]);
        assert_eq!(check_sequences(&[longest], 1), Ok(()));
    }

    #[test]
    fn the_lines_of_a_list_are_sequences_too_and_it_may_be_used_up() {
        let line = |steps| Line {
            mark: [0; 16],
            steps,
        };
        assert_eq!(
            refused(|s| s.method = Method::OneTime(vec![line(vec![Step::tcp(1)]), line(vec![])])),
            PolicyError::NoSteps(door())
        );
        assert_eq!(
            refused(|s| s.method = Method::OneTime(vec![line(vec![Step::tcp(1)]); 65_537])),
            PolicyError::TooManyLines(door(), 65_537)
        );
        let mut used_up = plain("list");
        used_up.method = Method::OneTime(vec![]);
        assert_eq!(check_sequences(&[used_up], 1), Ok(()));
    }

    #[test]
    fn a_time_based_sequence_has_ports_that_nobody_guesses() {
        for ports in [2, 9] {
            assert_eq!(
                refused_timed(|t| t.steps = ports),
                PolicyError::TimedPorts(door(), ports)
            );
        }
        for span in [(0, 1000), (1000, 1254), (2000, 1000)] {
            assert_eq!(
                refused_timed(|t| t.span = span),
                PolicyError::Span(door(), span.0, span.1)
            );
        }
        for every in [
            Duration::ZERO,
            Duration::from_millis(1500),
            Duration::from_hours(25),
        ] {
            assert_eq!(
                refused_timed(|t| t.every = every),
                PolicyError::Period(door(), every)
            );
        }
    }

    #[test]
    fn two_sequences_that_mean_the_same_are_refused() {
        assert_eq!(
            check_sequences(&[plain("door"), plain("door")], 1),
            Err(PolicyError::SameSequenceName(door()))
        );
        assert_eq!(
            check_sequences(&[timed("a", 1), timed("b", 1)], 1),
            Err(PolicyError::SameSecret("a".into(), "b".into()))
        );
        assert_eq!(
            check_sequences(&[timed("a", 1), timed("b", 2), plain("c"), plain("d")], 1),
            Ok(())
        );
    }

    #[test]
    fn the_two_hundred_and_fifty_seventh_is_refused() {
        let many = |count: u32| -> Vec<Sequence> {
            (0..count)
                .map(|number| plain(&alloc::format!("s{number}")))
                .collect()
        };
        assert_eq!(check_sequences(&many(256), 1), Ok(()));
        assert_eq!(
            check_sequences(&many(257), 1),
            Err(PolicyError::TooManySequences(257))
        );
    }
}
