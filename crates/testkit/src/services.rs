//! The services that the stories are about.

use alloc::vec;
use alloc::vec::Vec;
use core::time::Duration;

use nightlatch_core::{ActionId, Answers, Limits, Passage, Policy, Port, Protocol, Service};

/// Four services: `ssh` lasts 30 s and up to an hour, `web` opens two ports, `once` is one-shot,
/// `job` opens nothing and runs the first action.
pub fn usual_services() -> Vec<Service> {
    let named = |name: &str, ports, passage| Service {
        name: name.into(),
        ports,
        inserts: vec![],
        forwards: vec![],
        lasts: Duration::from_secs(30),
        at_most: Duration::from_hours(1),
        passage,
        runs: None,
        cuts: false,
    };
    vec![
        named("ssh", vec![port(22)], Passage::Lasting),
        named("web", vec![port(80), port(443)], Passage::Lasting),
        named("once", vec![port(5432)], Passage::OneShot),
        Service {
            runs: Some(ActionId(0)),
            ..named("job", vec![], Passage::Lasting)
        },
    ]
}

/// The policy of the [`usual_services`]; encrypted sequences are heard too.
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up should stop"
)]
pub fn usual_policy(answers: Answers, limits: Limits) -> Policy {
    Policy::new(usual_services(), vec![], answers, limits)
        .and_then(Policy::with_encrypted_sequences)
        .expect("the usual services are right")
}

/// A TCP port, never 0.
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up should stop"
)]
pub fn port(number: u16) -> Port {
    Port::new(Protocol::Tcp, number).expect("no test is about port 0")
}
