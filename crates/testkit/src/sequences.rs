//! The sequences that the stories are about, and what a listener says of them.

use alloc::vec;
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use nightlatch_core::{
    Answers, Claim, Deed, Limits, Line, Method, Policy, Protocol, Sequence, SequenceClaim,
    SequenceId, ServiceId, Step, Timed, Variant,
};
use nightlatch_ticket::SequenceSecret;

use crate::{Came, SERVER_V4, Scene, usual_services};

/// A plain sequence for `ssh` that opens it.
pub fn plain(name: &str, ports: &[u16]) -> Sequence {
    let steps = ports.iter().map(|port| Step::tcp(*port));
    Sequence {
        name: name.into(),
        service: ServiceId(0),
        deed: Deed::Open,
        method: Method::Plain(steps.collect()),
        within: Duration::from_secs(10),
        per_minute: 60,
    }
}

/// A sequence that is another one's end.
pub fn closing(sequence: Sequence) -> Sequence {
    Sequence {
        deed: Deed::Close,
        ..sequence
    }
}

/// A list of so many lines for `ssh`, the first of them with this number.
pub fn listed(name: &str, first: u16, count: u16) -> Sequence {
    let numbers = (first..).take(count.into());
    let line = |number: u16| Line {
        mark: u128::from(number).to_be_bytes(),
        steps: vec![Step::tcp(7000), Step::udp(number), Step::tcp(9000)],
    };
    Sequence {
        method: Method::OneTime(numbers.map(line).collect()),
        ..plain(name, &[])
    }
}

/// A time-based sequence for `ssh` that changes every half minute.
pub fn timed(name: &str, secret: u8) -> Sequence {
    let timed = Timed {
        secret: SequenceSecret::from_bytes([secret; 32]),
        mark: [secret; 16],
        steps: 4,
        protocol: Protocol::Tcp,
        span: (20_000, 29_999),
        every: Duration::from_secs(30),
    };
    Sequence {
        method: Method::Timed(timed),
        ..plain(name, &[])
    }
}

/// The policy of the usual services and these sequences.
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up should stop"
)]
pub fn policy_with(sequences: Vec<Sequence>, limits: Limits) -> Policy {
    Policy::new(usual_services(), sequences, Answers::Sealed, limits)
        .and_then(Policy::with_encrypted_sequences)
        .expect("these sequences are right")
}

impl Scene {
    /// So many people, and these sequences.
    pub fn with_sequences(people: u32, sequences: Vec<Sequence>) -> Self {
        Self::governed(people, policy_with(sequences, Limits::default()))
    }

    /// The listener says that somebody at this address walked a sequence.
    pub fn walk(&mut self, name: &str, number: u64, source: IpAddr) -> Came {
        let id = self.sequence(name);
        self.walked(id, number, source)
    }

    /// The listener says so of any sequence, whether there is one or not.
    pub fn walked(&mut self, id: SequenceId, number: u64, source: IpAddr) -> Came {
        self.judge(&Claim::Sequence(SequenceClaim {
            edition: self.gatekeeper.edition(),
            sequence: id,
            number,
            source,
            destination: SERVER_V4.into(),
        }))
    }

    /// What the listener watches for now of one sequence.
    pub fn watched(&self, name: &str) -> Vec<Variant> {
        let id = self.sequence(name);
        let mut variants = self.gatekeeper.variants(self.now());
        variants.retain(|variant| variant.sequence == id);
        variants
    }

    /// The place of a sequence.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "a story is about sequences that are there"
    )]
    pub fn sequence(&self, name: &str) -> SequenceId {
        let found = self.gatekeeper.policy().sequence_by_name(name);
        found.expect("no sequence has this name").0
    }
}
