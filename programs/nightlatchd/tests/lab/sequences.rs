//! Stories of plain sequences: touched in their order they open; scanned, doubled or mixed up they do what they should.

use std::net::SocketAddr;
use std::time::Duration;

use nightlatch_lab::{Entered, Flags, Forger, Host, Packet, pause, wait_until};

use crate::Story;
use crate::Told;
use crate::daemon::Daemon;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, assert_silent, door, is_in};
use crate::touch::Touch::{self, Tcp, Udp};
use crate::touch::{syn, syns, touch};

pub(crate) const STORIES: &[Story] = &[
    ("a_sequence_opens_for_who_walked_it", opens_v4),
    ("the_same_sequence_over_ipv6", opens_v6),
    ("another_sequence_closes_again", closes),
    (
        "what_a_network_does_to_a_knock_does_not_spoil_it",
        spoilt_by_the_network,
    ),
    ("what_a_scanner_does_opens_nothing", scanners),
    (
        "two_who_knock_at_once_do_not_disturb_each_other",
        interleaved,
    ),
    ("a_slow_knock_starts_over", too_slow),
    ("a_reload_brings_another_sequence", reloaded),
    ("a_port_in_use_may_be_visited_meanwhile", in_use),
    (
        "a_scan_with_acks_opens_no_sequence_that_takes_them",
        scanned_with_acks,
    ),
];

fn opens_v4(entered: &Entered) -> Told {
    opens(entered, "sequence-v4", V4)
}

fn opens_v6(entered: &Entered) -> Told {
    opens(entered, "sequence-v6", V6)
}

fn opens(entered: &Entered, name: &str, family: Family) -> Told {
    let (stage, daemon) = running(entered, name);
    assert_silent(&stage.alice.host, 22, family);
    touch(&stage.alice.host, &OPENING, family);
    assert!(gets_in(&stage.alice.host, family), "{}", daemon.log());
    assert_silent(&stage.stranger, 22, family);
    assert!(
        daemon.log().contains("\"client\":\"sequence by-ports\""),
        "{}",
        daemon.log()
    );
    Told::Whole
}

fn closes(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "sequence-closes");
    for family in [V4, V6] {
        touch(&stage.alice.host, &OPENING, family);
        assert!(gets_in(&stage.alice.host, family), "{}", daemon.log());
    }
    touch(&stage.bob.host, &CLOSING, V4);
    pause(A_MOMENT);
    assert!(is_in(&stage.alice.host, 22, V4), "bob closes bob's alone");
    touch(&stage.alice.host, &CLOSING, V4);
    assert!(
        wait_until(PATIENCE, || !is_in(&stage.alice.host, 22, V4)),
        "{}",
        daemon.log()
    );
    assert!(is_in(&stage.alice.host, 22, V6), "one family at a time");
    // Who closed, not who opened.
    let closed = format!(
        "\"what\":\"closed\",\"client\":\"sequence and-shut\",\"service\":\"porch\",\"address\":\"{}\"",
        address("alice", V4)
    );
    assert!(daemon.log().contains(&closed), "{}", daemon.log());
    Told::Whole
}

/// The rows of knockd's own table in which a correct knock fails there: here each of them opens.
fn spoilt_by_the_network(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "sequence-spoilt");
    let forger = Forger::open(&stage.alice.host).unwrap();
    for (row, steps) in GOOD_ROWS.iter().enumerate() {
        walk(&forger, &stage.alice.host, steps);
        assert!(
            gets_in(&stage.alice.host, V4),
            "row {row}: {steps:?}\n{}",
            daemon.log()
        );
        touch(&stage.alice.host, &CLOSING, V4);
        assert!(wait_until(PATIENCE, || !is_in(&stage.alice.host, 22, V4)));
    }
    Told::Whole
}

fn scanners(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "sequence-scans");
    let forger = Forger::open(&stage.stranger).unwrap();
    let from = SocketAddr::new(address("stranger", V4), 40_000);
    syns(&forger, from, 1..=65_535);
    syns(&forger, from, (1..=65_535).rev());
    // Only the ports of the sequence, over and over, in the wrong order.
    for _ in 0..100 {
        syns(&forger, from, [9000, 8000, 7000].into_iter());
        syns(&forger, from, [7000, 9000].into_iter());
    }
    pause(A_MOMENT);
    assert_silent(&stage.stranger, 22, V4);
    assert!(!daemon.has_said("granted"), "{}", daemon.log());
    // What the listener could not keep up with is lost, as it may be: she tries again.
    let gets_in = || {
        touch(&stage.alice.host, &OPENING, V4);
        is_in(&stage.alice.host, 22, V4)
    };
    assert!(wait_until(PATIENCE, gets_in), "{}", daemon.log());
    Told::Whole
}

fn interleaved(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "sequence-interleaved");
    for step in OPENING {
        touch(&stage.alice.host, &[step], V4);
        touch(&stage.bob.host, &[step], V4);
        touch(&stage.alice.host, &[step], V6);
        touch(&stage.stranger, &[Tcp(7000)], V4);
    }
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    assert!(gets_in(&stage.bob.host, V4), "{}", daemon.log());
    assert!(gets_in(&stage.alice.host, V6), "{}", daemon.log());
    assert_silent(&stage.stranger, 22, V4);
    Told::Whole
}

fn too_slow(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "sequence-slow");
    let (first, rest) = OPENING.split_at(1);
    touch(&stage.alice.host, first, V4);
    pause(WITHIN + A_MOMENT);
    touch(&stage.alice.host, rest, V4);
    pause(A_MOMENT);
    assert_silent(&stage.alice.host, 22, V4);
    touch(&stage.alice.host, &OPENING, V4);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

fn reloaded(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "sequence-reload");
    let (first, rest) = OPENING.split_at(2);
    touch(&stage.alice.host, first, V4);
    stage.write_config(&(stage.config.clone() + &SEQUENCES.replace("tcp/9000", "tcp/9001")));
    daemon.reload();
    daemon.await_line("reloaded");
    // The listener is told a moment later.
    pause(5 * A_MOMENT);
    touch(&stage.alice.host, rest, V4);
    touch(&stage.alice.host, &OPENING, V4);
    pause(A_MOMENT);
    assert_silent(&stage.alice.host, 22, V4);
    touch(&stage.alice.host, &[Tcp(7000), Udp(8000), Tcp(9001)], V4);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

/// A listening port is no closed one: who visits it between two steps goes on walking.
fn in_use(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "sequence-in-use");
    let (first, rest) = OPENING.split_at(2);
    touch(&stage.alice.host, first, V4);
    // The greeter listens there, and the port is not guarded.
    assert!(is_in(&stage.alice.host, 8443, V4));
    touch(&stage.alice.host, rest, V4);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

fn scanned_with_acks(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "sequence-acks");
    let of_any_flags = SEQUENCES
        .replace("\"tcp/7000\", \"udp/8000\", \"tcp/9000\"", ANY)
        .replace("2s", "10s");
    stage.write_config(&(stage.config.clone() + &of_any_flags));
    let daemon = stage.start();
    let forger = Forger::open(&stage.stranger).unwrap();
    let from = SocketAddr::new(address("stranger", V4), 40_000);
    let acks = |ports: &[u16]| {
        for port in ports {
            let packet = Packet::tcp(from, door(*port, V4), Flags::ACK, u32::from(*port));
            while forger.send(&packet).is_err() {
                std::hint::spin_loop();
            }
        }
    };
    acks(&(1..=65_535).collect::<Vec<u16>>());
    pause(A_MOMENT);
    assert_silent(&stage.stranger, 22, V4);
    // The same segments, and nothing between them.
    acks(&[17_003, 28_003, 39_003]);
    assert!(gets_in(&stage.stranger, V4), "{}", daemon.status());
    Told::Whole
}

/// SYNs by hand, so that one can be sent again as it is: the number says which connection it is of.
fn walk(forger: &Forger, host: &Host, steps: &[(u16, u32)]) {
    let own = address(host.name(), V4);
    for (port, connection) in steps {
        let from = SocketAddr::new(own, u16::try_from(40_000 + connection).unwrap());
        if *port == 8000 {
            touch(host, &[Udp(8000)], V4);
        } else {
            syn(forger, from, door(*port, V4), *connection);
        }
    }
}

pub(crate) fn gets_in(host: &Host, family: Family) -> bool {
    wait_until(PATIENCE, || is_in(host, 22, family))
}

fn running(entered: &Entered, name: &str) -> (Stage, Daemon) {
    let stage = Stage::new(entered, name);
    stage.write_config(&(stage.config.clone() + SEQUENCES));
    let daemon = stage.start();
    (stage, daemon)
}

/// Ports, and which connection each SYN is of.
const GOOD_ROWS: [&[(u16, u32)]; 7] = [
    &[(7000, 1), (8000, 0), (9000, 2)],
    // The first one twice: sent again by the kernel, and by an impatient person.
    &[(7000, 3), (7000, 3), (8000, 0), (9000, 4)],
    &[(7000, 5), (7000, 6), (8000, 0), (9000, 7)],
    &[(7000, 8), (8000, 0), (8000, 0), (9000, 9)],
    // The first SYN, late, after the second step.
    &[(7000, 10), (8000, 0), (7000, 10), (9000, 11)],
    // A false start, and the right sequence at once behind it.
    &[(7000, 12), (9000, 13), (7000, 14), (8000, 0), (9000, 15)],
    &[(9000, 16), (7000, 17), (8000, 0), (9000, 18)],
];

/// What knockd takes where it has no `tcpflags`.
const ANY: &str = "\"tcp/17003 flags=any\", \"tcp/28003 flags=any\", \"tcp/39003 flags=any\"";
pub(crate) const OPENING: [Touch; 3] = [Tcp(7000), Udp(8000), Tcp(9000)];
pub(crate) const CLOSING: [Touch; 3] = [Tcp(9000), Tcp(8001), Udp(7000)];

pub(crate) const SEQUENCES: &str = r#"
[service.porch]
open = ["tcp/22"]
for = "20s"

[sequence.by-ports]
steps = ["tcp/7000", "udp/8000", "tcp/9000"]
opens = "porch"
within = "2s"
per-minute = 1000

[sequence.and-shut]
steps = ["tcp/9000", "tcp/8001", "udp/7000"]
closes = "porch"
within = "2s"
per-minute = 1000
"#;

const WITHIN: Duration = Duration::from_secs(2);
/// Ten times what anything here takes on a busy machine.
const A_MOMENT: Duration = Duration::from_millis(200);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
