//! The page of time-based sequences.

use nightlatch_ticket::{SequenceSecret, TimeStep, UnixTime};

use crate::page::{number, page, unhex};

#[test]
fn every_moment_has_the_ports_that_are_written() {
    for moment in page("timed.toml").of("moment") {
        let secret = SequenceSecret::from_bytes(unhex(&moment["secret"]));
        assert!(
            moment["text"].parse() == Ok(secret.clone()),
            "{}",
            moment["text"]
        );
        let time = UnixTime::from_secs(number(&moment["time"]));
        let step = TimeStep::at(time, number(&moment["period"]));
        assert_eq!(step.0.to_string(), moment["step"]);
        let (first, last) = moment["span"].split_once('-').unwrap();
        let span = (first.parse().unwrap(), last.parse().unwrap());
        let ports = secret.ports(step, moment["count"].parse().unwrap(), span);
        let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
        assert_eq!(ports.join(" "), moment["ports"], "{}", moment["name"]);
    }
}
