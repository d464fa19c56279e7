//! Stories of strangers who try: they see no packet, and they are in nobody's way.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nightlatch_lab::{
    Entered, Flags, Flood, Forger, Host, Packet, Payloads, Recorded, Recorder, pause, wait_until,
};

use crate::person::send;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, KNOCK_PORT, Stage, address, door, is_in, keyhole};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_stranger_sees_no_packet_whatever_he_sends", no_packet),
    (
        "a_scanned_knock_port_looks_like_every_other",
        scanned_knock_port,
    ),
    (
        "twenty_thousand_junk_datagrams_do_not_keep_a_knock_out",
        flood,
    ),
    (
        "a_flood_of_junk_with_a_valid_tag_does_not_keep_others_out",
        tagged_flood,
    ),
];

fn no_packet(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running_for(entered, "no-packet", "30s");
    let mut wire = Recorder::open(&stage.stranger).unwrap();
    stage.alice.knock("office", V4).unwrap();
    let knock = stage.alice.sealed("ssh", V4);
    let forger = Forger::open(&stage.stranger).unwrap();
    for family in [V4, V6] {
        let from = SocketAddr::new(address("stranger", family), 40_000);
        for port in (1..=1024).chain([KNOCK_PORT]) {
            forger
                .send(&Packet::udp(from, door(port, family), *b"hello?"))
                .unwrap();
        }
        for port in 1..=1024 {
            for flags in [Flags::SYN, Flags::ACK, Flags::RST, Flags(0), Flags(0x29)] {
                forger
                    .send(&Packet::tcp(from, door(port, family), flags, 1))
                    .unwrap();
            }
        }
        for length in [0, 1, 99, 100, 101, 1400] {
            send(&stage.stranger, &vec![0xa5; length], family);
        }
        for cut in [8, 20, 99] {
            send(&stage.stranger, &knock[..cut], family);
        }
    }
    assert_saw_nothing(&mut wire, "stranger");
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

/// Fails when anything but housekeeping between neighbours came from the server to a host.
fn assert_saw_nothing(wire: &mut Recorder, host: &str) {
    pause(Duration::from_millis(200));
    let frames = wire.take().unwrap();
    assert_eq!(wire.missed(), 0);
    let own = [V4, V6].map(|family| address(host, family));
    let seen: Vec<Packet> = frames
        .iter()
        .filter_map(Recorded::arrival)
        .filter(|packet| own.contains(&packet.destination.ip()))
        .collect();
    assert!(seen.is_empty(), "{seen:?}");
}

fn scanned_knock_port(entered: &Entered) -> Told {
    let (mut stage, _daemon) = Stage::running(entered, "scan");
    let mut wire = Recorder::open(&stage.stranger).unwrap();
    let forger = Forger::open(&stage.stranger).unwrap();
    for family in [V4, V6] {
        let from = SocketAddr::new(address("stranger", family), 40_000);
        for length in 0..200 {
            let scan = Packet::udp(from, keyhole(family), vec![0; length]);
            forger.send(&scan).unwrap();
        }
    }
    assert_saw_nothing(&mut wire, "stranger");
    stage.alice.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.alice.host, 22, V4));
    Told::Whole
}

fn flood(entered: &Entered) -> Told {
    let (mut stage, daemon) = Stage::running(entered, "flood");
    stage.alice.knock("ssh", V4).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let flood = Flood {
        count: None,
        ..junk(Payloads::Random(100))
    };
    let pouring = flood.start(&stage.stranger, Arc::clone(&stop)).unwrap();
    let arrived = || {
        daemon.status()["gate"]["knock_port_packets"]
            .as_u64()
            .unwrap()
    };
    // The knock comes in the middle.
    assert!(wait_until(PATIENCE, || arrived() >= 4000));
    knock_in_a_flood(&mut stage, V4);
    assert!(wait_until(PATIENCE, || arrived() >= 20_000));
    stop.store(true, Ordering::Relaxed);
    pouring.join().unwrap().unwrap().unwrap();
    Told::Whole
}

fn tagged_flood(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "tagged-flood");
    stage.bob.knock("ssh", V4).unwrap();
    // Alice's tag is on the wire once: whoever saw it can put junk behind it.
    let mut junk_with_tag = stage.alice.sealed("ssh", V4);
    junk_with_tag[50] ^= 1;
    let stop = Arc::new(AtomicBool::new(false));
    let flood = junk(Payloads::Same(junk_with_tag.to_vec()));
    let pouring = flood.start(&stage.stranger, Arc::clone(&stop)).unwrap();
    pause(Duration::from_millis(100));
    let outcome = stage.bob.knock("ssh", V4);
    assert!(outcome.is_ok(), "{outcome:?} {}", daemon.status());
    assert!(is_in(&stage.bob.host, 22, V4));
    stop.store(true, Ordering::Relaxed);
    pouring.join().unwrap().unwrap().unwrap();
    assert!(daemon.is_running());
    let outcome = stage.alice.knock("office", V4);
    assert!(
        outcome.is_ok(),
        "alice is locked out: {outcome:?} {} {}",
        daemon.status(),
        daemon.log()
    );
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn knock_in_a_flood(stage: &mut Stage, family: Family) {
    let outcome = stage.alice.knock("office", family).unwrap();
    let host: &Host = &stage.alice.host;
    assert!(is_in(host, 443, family), "{outcome:?}");
}

fn junk(payloads: Payloads) -> Flood {
    Flood {
        to: keyhole(V4),
        payloads,
        per_second: Some(40_000),
        count: Some(20_000),
        seed: 11,
    }
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(20);
