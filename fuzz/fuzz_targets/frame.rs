//! A frame as a stranger sends it: read on every link, judged at the doorstep, never more than a value.
#![no_main]

use core::time::Duration;
use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use nightlatch_core::{
    Doorstep, DoorstepPlan, Glance, Payload, Protocol, SequenceId, Step, Variant,
};
use nightlatch_fuzz::{People, noon};
use nightlatch_ticket::Span;
use nightlatch_wire::{Link, MOST_OPTIONS, Transport, read_in};

fuzz_target!(|frame: &[u8]| {
    for link in LINKS {
        let mut room = [0; MOST_OPTIONS];
        let Ok(observation) = read_in(frame, link, &mut room) else {
            continue;
        };
        let length = match observation.transport {
            Transport::Tcp(segment) => segment.options.len() + segment.payload.len(),
            Transport::Udp(datagram) => datagram.payload.len(),
            Transport::Icmp(message) => message.body.len(),
        };
        assert!(length < frame.len(), "more came out than went in");
        // Nobody guesses a tag within the life of this fuzzer, nor the ports of the sequence in their
        // order within its time, which stands still; so one doorstep serves all frames.
        let glance = DOORSTEP.with_borrow_mut(|doorstep| doorstep.observe(&observation, noon()));
        assert!(!matches!(glance, Glance::Claim(_)));
    }
});

const LINKS: [Link; 6] = [
    Link::Ethernet,
    Link::Ip,
    Link::Cooked,
    Link::Cooked2,
    Link::FirewallLog,
    Link::KernelLog,
];

/// With a payload that no mutation comes upon, so that no frame is ever all of it.
fn variant() -> Variant {
    let mut last = Step::tcp(9000);
    last.traits.payload = Some(Payload::Matches("^(open|sesame){9}.*[0-9]{12}$".to_owned()));
    Variant {
        sequence: SequenceId(0),
        number: 0,
        steps: vec![Step::udp(7000), Step::tcp(8000), last],
        within: Duration::from_secs(10),
    }
}

thread_local! {
    static DOORSTEP: RefCell<Doorstep> = {
        let keys = vec![People::all().pair(0).tag_key()];
        let span = Span::new(20_000, 28_191, &[]).unwrap();
        let plan = DoorstepPlan {
            knock_port: Some(62201),
            span: Some((span, Protocol::Tcp)),
        };
        let mut doorstep = Doorstep::new(plan, keys, [0; 16], noon());
        doorstep.replace_variants(0, vec![variant()], &[]);
        RefCell::new(doorstep)
    };
}
