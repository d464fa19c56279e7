//! Which ports are to be touched at which time.

use std::time::Duration;

use nightlatch_core::{Port, Protocol};
use nightlatch_ticket::{SequenceSecret, TimeStep, UnixTime};

use super::PortSpan;

/// What a person and a server agree on beside the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    ports: u8,
    span: PortSpan,
    every: Duration,
    protocol: Protocol,
}

/// The ports of one stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set {
    /// Which stretch, counted from 1970.
    pub(crate) step: TimeStep,
    /// Its first moment.
    pub(crate) begins: UnixTime,
    /// The first moment of the next one.
    pub(crate) ends: UnixTime,
    /// The ports in the order to touch them.
    pub(crate) ports: Vec<u16>,
}

impl Shape {
    /// A shape that a server can have, too.
    pub(crate) fn new(
        ports: u8,
        span: PortSpan,
        every: Duration,
        protocol: Protocol,
    ) -> Result<Self, ShapeError> {
        if span.size() < ROOM {
            return Err(ShapeError::Narrow(span));
        }
        if every < SHORTEST || every > LONGEST {
            return Err(ShapeError::Period);
        }
        Ok(Self {
            ports,
            span,
            every,
            protocol,
        })
    }

    /// The protocol of every touch.
    pub(crate) const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// How long a set is good.
    pub(crate) const fn every(&self) -> Duration {
        self.every
    }

    /// The set of this moment and those that follow it.
    pub(crate) fn sets(&self, secret: &SequenceSecret, now: UnixTime) -> impl Iterator<Item = Set> {
        let TimeStep(first) = TimeStep::at(now, self.every.as_secs());
        (first..u64::MAX).map(|step| self.set(secret, TimeStep(step)))
    }

    fn set(&self, secret: &SequenceSecret, step: TimeStep) -> Set {
        let beginning = |step: u64| UnixTime::from_secs(step.saturating_mul(self.every.as_secs()));
        Set {
            step,
            begins: beginning(step.0),
            ends: beginning(step.0.saturating_add(1)),
            ports: secret.ports(step, self.ports, self.span.bounds()),
        }
    }
}

impl Set {
    /// The ports with their protocol, as they are touched.
    pub(crate) fn touches(&self, protocol: Protocol) -> Vec<Port> {
        self.ports
            .iter()
            .filter_map(|number| Port::new(protocol, *number))
            .collect()
    }
}

/// Why no server has such a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ShapeError {
    /// So few ports are soon guessed.
    #[error("{0} holds fewer than {ROOM} ports\n  say the span as the server has it: {usual} is the usual one", usual = PortSpan::USUAL)]
    Narrow(PortSpan),
    /// So short a time is over before the last touch, and so long a one makes a plain sequence of it.
    #[error(
        "a set is good for 5 seconds to a day\n  say the time as the server has it: 30s is the usual one"
    )]
    Period,
}

/// Three ports out of so many are sixteen million sequences.
pub(super) const ROOM: u32 = 256;

const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_hours(24);

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::sequence) const SHAPE: Shape = Shape {
        ports: 4,
        span: PortSpan::USUAL,
        every: Duration::from_secs(30),
        protocol: Protocol::Tcp,
    };

    pub(in crate::sequence) fn secret() -> SequenceSecret {
        SequenceSecret::from_bytes([7; 32])
    }

    #[test]
    fn sets_follow_each_other_without_a_gap() {
        let now = UnixTime::from_secs(1_800_000_017);
        let sets: Vec<_> = SHAPE.sets(&secret(), now).take(3).collect();
        assert_eq!(sets[0].begins, UnixTime::from_secs(1_800_000_000));
        assert!(sets.windows(2).all(|two| two[0].ends == two[1].begins));
        assert_ne!(sets[0].ports, sets[1].ports);
    }

    #[test]
    fn the_ports_are_those_that_the_server_derives() {
        let now = UnixTime::from_secs(1_800_000_017);
        let set = SHAPE.sets(&secret(), now).next().unwrap();
        let step = TimeStep::at(now, 30);
        assert_eq!(set.ports, secret().ports(step, 4, (20_000, 29_999)));
    }

    #[test]
    fn a_shape_that_no_server_has_is_refused() {
        let shape = |span: &str, seconds| {
            let every = Duration::from_secs(seconds);
            Shape::new(4, span.parse().unwrap(), every, Protocol::Tcp).map(|_| ())
        };
        assert_eq!(shape("1000-1255", 5), Ok(()));
        assert_eq!(shape("1000-1255", 86_400), Ok(()));
        let narrow = shape("1000-1254", 30).unwrap_err().to_string();
        assert!(
            narrow.contains("1000-1254 holds fewer than 256"),
            "{narrow}"
        );
        assert_eq!(shape("1000-1255", 4), Err(ShapeError::Period));
        assert_eq!(shape("1000-1255", 86_401), Err(ShapeError::Period));
    }
}
