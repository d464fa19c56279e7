//! A frame as a stranger sends it: read on every link, judged at the doorstep, never more than a value.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use nightlatch_core::{Doorstep, DoorstepPlan, Glance};
use nightlatch_fuzz::{People, noon};
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
        // Nobody guesses the eight bytes of a tag within the life of this fuzzer; noise leaves no
        // trace, so one doorstep serves all frames.
        let glance = DOORSTEP.with_borrow_mut(|doorstep| doorstep.observe(&observation, noon()));
        assert!(matches!(glance, Glance::Ignore(_)));
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

thread_local! {
    static DOORSTEP: RefCell<Doorstep> = {
        let plan = DoorstepPlan { knock_port: Some(62201), span: None };
        let keys = vec![People::all().pair(0).tag_key()];
        RefCell::new(Doorstep::new(plan, keys, [0; 16], noon()))
    };
}
