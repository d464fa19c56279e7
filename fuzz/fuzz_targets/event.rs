//! An event as another process hands it over: of one form, or refused with a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nightlatch_journal::{Event, Numbered};

fuzz_target!(|bytes: &[u8]| {
    let Ok(event) = Event::from_bytes(bytes) else {
        return;
    };
    assert_eq!(
        event.to_bytes().as_slice(),
        bytes,
        "an event has one way to be written"
    );
    let line = serde_json::to_string(&Numbered(7, &event)).expect("every event can be told");
    assert!(!line.contains(char::is_control), "nothing moves a cursor");
    assert!(line.len() < 2048, "a line has a bound");
});
