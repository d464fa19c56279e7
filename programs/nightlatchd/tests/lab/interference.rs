//! Stories of strangers and mishaps in the middle of a walk: nothing opens by them, and honest people get in.

use std::fs::{self, File};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use nightlatch_lab::{Entered, Forger, Host, Limit, mount_limited, pause, wait_until};
use nightlatch_ticket::SequenceKind;

use crate::daemon::Daemon;
use crate::encrypted::{self, Carrier, granted, span};
use crate::sequences::{CLOSING, OPENING, SEQUENCES, gets_in};
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, assert_silent, door, is_in};
use crate::touch::Touch::{self, Tcp};
use crate::touch::{syn, syns, touch};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "wrong_ports_among_the_right_ones_do_not_spoil_a_sequence",
        mixed_in,
    ),
    (
        "a_sequence_that_is_cut_or_flipped_opens_nothing",
        cut_or_flipped,
    ),
    (
        "symbols_from_a_forged_source_do_not_spoil_the_next_sequence",
        forged_symbols,
    ),
    (
        "a_thousand_at_the_first_port_do_not_push_a_slow_walker_out",
        thousand,
    ),
    (
        "forged_touches_between_the_steps_open_nothing_for_anybody",
        forged_touches,
    ),
    ("a_walk_starts_over_where_the_daemon_was_killed", killed),
    (
        "a_line_counts_only_when_it_can_be_written_that_it_was_used",
        full_disk,
    ),
];

fn mixed_in(entered: &Entered) -> Told {
    let (mut stage, daemon) = encrypted::running(entered, "mixed-in", Carrier::Tcp);
    for number in 0..3 {
        let right = sequence(&mut stage);
        let mut ports = Vec::new();
        for (place, port) in right.iter().enumerate() {
            // Before every third symbol a wrong one of its place; and ports that are no symbols at all.
            if place % 3 == 0 {
                ports.push(port ^ 1);
            }
            ports.extend([*port, 19_999, 28_192, 7, 65_535]);
        }
        send(&stage, &ports);
        let is_granted = || granted(&daemon) == number + 1;
        assert!(wait_until(PATIENCE, is_granted), "{}", daemon.status());
    }
    Told::Whole
}

fn cut_or_flipped(entered: &Entered) -> Told {
    let (mut stage, daemon) = encrypted::running(entered, "cut-or-flipped", Carrier::Tcp);
    let cut = sequence(&mut stage);
    send(&stage, &cut[..16]);
    let mut flipped = sequence(&mut stage);
    for port in &mut flipped[..15] {
        *port ^= 1;
    }
    send(&stage, &flipped);
    let shifted: Vec<u16> = sequence(&mut stage).iter().map(|port| port + 256).collect();
    send(&stage, &shifted);
    let doubled: Vec<u16> = cut.iter().flat_map(|port| [*port, *port ^ 1]).collect();
    send(&stage, &doubled[..32]);
    pause(A_MOMENT);
    assert_silent(&stage.alice.host, 22, V4);
    assert_eq!(granted(&daemon), 0, "{}", daemon.log());
    let right = sequence(&mut stage);
    send(&stage, &right);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

fn forged_symbols(entered: &Entered) -> Told {
    let (mut stage, daemon) = encrypted::running(entered, "forged-symbols", Carrier::Tcp);
    let forger = Forger::open(&stage.stranger).unwrap();
    let alices = SocketAddr::new(address("alice", V4), 40_000);
    for value in 0..200 {
        syns(
            &forger,
            alices,
            (0..31).map(|place| 20_000 + 256 * place + value),
        );
    }
    let right = sequence(&mut stage);
    send(&stage, &right);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.status());
    assert_eq!(granted(&daemon), 1);
    assert_silent(&stage.stranger, 22, V4);
    Told::Whole
}

fn thousand(entered: &Entered) -> Told {
    let slow = SEQUENCES.replace("\"2s\"", "\"8s\"");
    let (stage, daemon) = walking(entered, "thousand", &slow);
    let forger = Forger::open(&stage.stranger).unwrap();
    let alice = &stage.alice.host;
    for (family, grants) in [(V4, 1), (V6, 2)] {
        let mut numbers = 0_u16..;
        for step in OPENING {
            touch(alice, &[step], family);
            for number in numbers.by_ref().take(1000) {
                let from = SocketAddr::new(elsewhere(number, family), 40_000);
                syn(&forger, from, door(7000, family), number.into());
            }
            pause(Duration::from_millis(600));
        }
        assert!(gets_in(alice, family), "{}", daemon.log());
        assert_eq!(granted(&daemon), grants, "{}", daemon.log());
    }
    Told::Whole
}

/// Addresses that are set aside for benchmarks.
fn elsewhere(number: u16, family: Family) -> IpAddr {
    let [high, low] = number.to_be_bytes();
    match family {
        V4 => IpAddr::from([198, 18, high, low]),
        V6 => IpAddr::from([0x2001, 2, 0, 0, 0, 0, 0, number]),
    }
}

fn forged_touches(entered: &Entered) -> Told {
    let (stage, daemon) = walking(entered, "forged-touches", SEQUENCES);
    let forger = Forger::open(&stage.stranger).unwrap();
    let [alice, bob] = [&stage.alice.host, &stage.bob.host];
    let mut number = 0;
    for (family, port) in [(V4, 4444), (V6, 4444), (V4, 9000), (V6, 7000)] {
        let hers = SocketAddr::new(address("alice", family), 50_000);
        for step in OPENING {
            touch(alice, &[step], family);
            touch(bob, &[step], family);
            await_seen(alice, family);
            // One of its own each time: what is sent again is not looked at again.
            if step != OPENING[2] {
                number += 1;
                syn(&forger, hers, door(port, family), number);
                await_seen(&stage.stranger, family);
            }
        }
        assert!(gets_in(bob, family), "{}", daemon.log());
        assert_silent(alice, 22, family);
        assert_silent(&stage.stranger, 22, family);
        // Her next try.
        touch(alice, &OPENING, family);
        assert!(gets_in(alice, family), "{}", daemon.log());
        for host in [alice, bob] {
            touch(host, &CLOSING, family);
            assert!(wait_until(PATIENCE, || !is_in(host, 22, family)));
        }
    }
    assert_eq!(granted(&daemon), 8, "{}", daemon.log());
    Told::Whole
}

fn killed(entered: &Entered) -> Told {
    let (stage, mut daemon) = walking(entered, "killed-walk", SEQUENCES);
    let alice = &stage.alice.host;
    for _ in 0..2 {
        touch(alice, &OPENING[..2], V4);
        daemon.kill();
        daemon = stage.start();
        touch(alice, &OPENING[2..], V4);
        pause(A_MOMENT);
        assert_silent(alice, 22, V4);
    }
    touch(alice, &OPENING, V4);
    assert!(gets_in(alice, V4), "{}", daemon.log());
    assert_silent(&stage.stranger, 22, V4);
    Told::Whole
}

fn full_disk(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "full-list");
    fs::create_dir(stage.state()).unwrap();
    if mount_limited(&stage.state(), Limit { bytes: 8192 }).is_err() {
        return Told::Skipped("nothing can be mounted here");
    }
    let list = stage.folder.join("paper.lines");
    fs::write(&list, "7001 7003 7002\n7101 7103 7102\n7201 7203 7202\n").unwrap();
    fs::set_permissions(&list, PermissionsExt::from_mode(0o600)).unwrap();
    stage.write_config(&(stage.config.clone() + LIST));
    stage.start().kill();
    fill_page(&stage);
    let mut daemon = stage.start();
    let filler = fill(&stage);
    let alice = &stage.alice.host.clone();
    // What counts once opens nothing while nobody can write down that it was used, and that is said.
    touch(alice, &line(0), V4);
    daemon.await_line("use-unrecorded");
    assert_silent(alice, 22, V4);
    // Tickets are bound to an address and a time: they go on.
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    // As soon as there is room it is on the disk, without anybody coming.
    fs::remove_file(filler).unwrap();
    let is_mended = || {
        !daemon.status()["warnings"]
            .to_string()
            .contains("state folder")
    };
    assert!(wait_until(DISK_PATIENCE, is_mended), "{}", daemon.status());
    daemon.kill();
    let daemon = stage.start();
    touch(&stage.bob.host, &line(0), V4);
    pause(A_MOMENT);
    assert_silent(&stage.bob.host, 22, V4);
    touch(&stage.bob.host, &line(1), V4);
    assert!(gets_in(&stage.bob.host, V4), "{}", daemon.log());
    Told::Whole
}

/// Repeats what the state's marks hold until one record more, that of the next start, ends a page:
/// a disk is full for who needs another.
fn fill_page(stage: &Stage) {
    let marks = stage.state().join("marks");
    let record = fs::read(&marks).unwrap();
    assert_eq!(record.len(), 32, "one record");
    fs::write(&marks, record.repeat(4096 / 32 - 1)).unwrap();
}

/// Fills the disk of the state to the last page.
fn fill(stage: &Stage) -> PathBuf {
    let path = stage.state().join("filler");
    let mut filler = File::create(&path).unwrap();
    while filler.write_all(&[0; 512]).is_ok() {}
    path
}

fn line(number: u16) -> [Touch; 3] {
    let base = 7001 + 100 * number;
    [Tcp(base), Tcp(base + 2), Tcp(base + 1)]
}

/// Waits until what a host sent has passed the switch: a connection to a port in use goes the same way.
fn await_seen(host: &Host, family: Family) {
    assert!(is_in(host, 8443, family));
}

fn walking(entered: &Entered, name: &str, sequences: &str) -> (Stage, Daemon) {
    let stage = Stage::new(entered, name);
    stage.write_config(&(stage.config.clone() + sequences));
    let daemon = stage.start();
    (stage, daemon)
}

fn sequence(stage: &mut Stage) -> Vec<u16> {
    let span = span();
    stage
        .alice
        .sequence(SequenceKind::Knock, "ssh", (V4, &span))
}

fn send(stage: &Stage, ports: &[u16]) {
    let touches: Vec<Touch> = ports.iter().map(|port| Tcp(*port)).collect();
    touch(&stage.alice.host, &touches, V4);
}

const LIST: &str = r#"
[service.porch]
open = ["tcp/22"]
for = "1s"

[sequence.paper]
one-time = "paper.lines"
opens = "porch"
"#;

const A_MOMENT: Duration = Duration::from_millis(300);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
/// The disk is asked again after five seconds.
const DISK_PATIENCE: Duration = Duration::from_secs(20);
