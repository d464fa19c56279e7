//! Stories of the guard: scanners are counted and banned, and nobody who knocks rightly is stopped by it.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use nightlatch_lab::{Entered, Forger, Host, Reached, pause, wait_until};
use serde_json::Value;

use crate::Story;
use crate::Told;
use crate::daemon::Daemon;
use crate::person::Person;
use crate::sequences::gets_in;
use crate::sources::load;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, assert_silent, is_in, keyhole, try_door};
use crate::touch::Touch::{Tcp, Udp};
use crate::touch::{syns, touch};

pub(crate) const STORIES: &[Story] = &[
    ("a_scanner_is_banned_and_the_ban_ends_by_itself", scanner_v4),
    ("the_same_scanner_over_ipv6", scanner_v6),
    (
        "a_scan_is_counted_by_its_source_and_nobody_is_banned_unasked",
        counted,
    ),
    (
        "junk_at_the_knock_port_is_counted_by_its_source_and_banned",
        junk,
    ),
    (
        "a_scan_in_alices_name_stops_neither_her_ticket_nor_what_runs",
        spoofed,
    ),
    (
        "a_ban_stops_no_ticket_where_a_socket_takes_them",
        through_a_socket,
    ),
    ("a_ban_stops_no_sequence", by_ports),
    ("one_touch_of_a_decoy_is_enough", decoy),
    ("whom_the_allow_list_names_is_never_banned", allowed),
    ("bans_outlive_the_daemon_and_are_adopted", killed),
    (
        "who_was_banned_before_a_restart_is_banned_for_longer_after_it",
        restarted,
    ),
    ("a_reload_turns_bans_on_and_off", reloaded),
    ("a_network_that_changes_addresses_is_banned_whole", network),
    (
        "a_banned_network_is_released_by_whoever_knocks_in_it",
        released,
    ),
    (
        "a_flood_of_forged_sources_has_few_banned_and_keeps_nobody_out",
        flooded,
    ),
    ("a_suspect_gets_a_line_that_others_can_read", lines),
];

fn scanner_v4(entered: &Entered) -> Told {
    scanner(entered, "guard-v4", V4)
}

fn scanner_v6(entered: &Entered) -> Told {
    scanner(entered, "guard-v6", V6)
}

fn scanner(entered: &Entered, name: &str, family: Family) -> Told {
    let (stage, daemon) = running(entered, name, BANNING);
    assert!(is_in(&stage.stranger, 8443, family));
    scan(&stage.stranger, family);
    daemon.await_line("banned");
    assert_silent(&stage.stranger, 8443, family);
    assert_silent(&stage.stranger, 9999, family);
    // Everybody else is where he was.
    assert!(is_in(&stage.alice.host, 8443, family));
    let status = daemon.status();
    let guard = &status["guard"];
    assert_eq!(guard["bans_in_force"], 1, "{status}");
    assert_eq!(
        guard["bans"][0]["source"],
        address("stranger", family).to_string()
    );
    assert!(guard["banned_packets"].as_u64().unwrap() >= 2, "{status}");
    daemon.await_line("unbanned");
    assert!(wait_until(PATIENCE, || is_in(
        &stage.stranger,
        8443,
        family
    )));
    assert_eq!(daemon.status()["guard"]["bans_in_force"], 0);
    // Once more, and longer.
    pause(TOLD_AGAIN);
    scan(&stage.stranger, family);
    assert!(
        wait_until(PATIENCE, || daemon.log().contains("\"nth\":2")),
        "{}",
        daemon.log()
    );
    Told::Whole
}

fn counted(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "guard-counts", "");
    scan(&stage.stranger, V4);
    let source = address("stranger", V4).to_string();
    assert!(wait_until(PATIENCE, || loudest(&daemon)
        == Some((source.clone(), "closed-ports".to_owned()))));
    // The listener tells its numbers once a second.
    let is_counted = || {
        let guard = daemon.status()["guard"].clone();
        guard["failures"]["closed-ports"].as_u64() >= Some(30)
            && guard["spared"]["count-only"].as_u64() >= Some(1)
    };
    assert!(wait_until(PATIENCE, is_counted), "{}", daemon.status());
    let status = daemon.status();
    let guard = &status["guard"];
    assert_eq!(
        (&guard["banning"], &guard["bans_in_force"]),
        (&Value::from(false), &Value::from(0))
    );
    assert!(is_in(&stage.stranger, 8443, V4));
    assert!(
        !daemon.has_said("banned") && !daemon.has_said("suspected"),
        "{}",
        daemon.log()
    );
    Told::Whole
}

fn junk(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "guard-junk", LONGER);
    for length in [100, 99] {
        send_junk(&stage.stranger, length, 20);
    }
    daemon.await_line("banned");
    assert_silent(&stage.stranger, 8443, V4);
    let failures = || daemon.status()["guard"]["failures"].clone();
    let is_counted = || failures()["unknown-tag"] == 20 && failures()["wrong-length"] == 20;
    assert!(wait_until(PATIENCE, is_counted), "{}", failures());
    Told::Whole
}

/// The worst that somebody can do who forges sources: alice keeps what she was granted, and gets in anew.
fn spoofed(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "guard-spoofed");
    stage.config = stage.config.replace("for = \"3s\"", "for = \"60s\"");
    let daemon = started(&stage, LONGER);
    let mut unguarded = try_door(&stage.alice.host, 8443, V4);
    assert_eq!(unguarded.greeting(PATIENCE).as_deref(), Some("welcome"));
    let forger = Forger::open(&stage.stranger).unwrap();
    let alice = SocketAddr::new(address("alice", V4), 40_000);
    syns(&forger, alice, 20_000..20_040);
    daemon.await_line("banned");
    assert!(
        daemon
            .log()
            .contains(&format!("\"source\":\"{}\"", alice.ip()))
    );
    assert!(still_talks(&mut unguarded), "what runs goes on");
    assert_silent(&stage.alice.host, 8443, V4);
    // A ticket is read before any ban, opens what it opens, and ends the ban.
    knock(&mut stage.alice);
    assert!(
        wait_until(PATIENCE, || is_in(&stage.alice.host, 22, V4)),
        "{}",
        daemon.log()
    );
    assert_silent(&stage.alice.host, 443, V4);
    daemon.await_line("unbanned");
    assert!(is_in(&stage.alice.host, 8443, V4));
    // While she holds a grant, nobody has her banned again.
    pause(TOLD_AGAIN);
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    syns(&forger, alice, 21_000..21_040);
    let spared = || daemon.status()["guard"]["spared"]["holds-grant"].as_u64();
    assert!(
        wait_until(PATIENCE, || spared() >= Some(1)),
        "{}",
        daemon.log()
    );
    assert!(is_in(&stage.alice.host, 8443, V4));
    Told::Whole
}

/// The firewall shows the touch for which alice is banned, and her ticket has to come past the ban.
fn through_a_socket(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "guard-socket");
    let sources = "log = \"json\"\nsources = [\"udp\", \"nflog:5\"]";
    let config = stage.config.replace("log = \"json\"", sources);
    stage.write_config(&(config + LONGER));
    if !load(&stage.server, TOUCHES_TO_A_GROUP) {
        return Told::Skipped("no `nft` here to choose packets with");
    }
    let daemon = stage.start();
    pause(A_MOMENT);
    for family in [V4, V6] {
        touch(&stage.alice.host, &[Tcp(2323)], family);
        let source = address("alice", family).to_string();
        assert!(
            wait_until(PATIENCE, || is_banned(&daemon, &source)),
            "{}",
            daemon.log()
        );
        assert_silent(&stage.alice.host, 8443, family);
        stage.alice.knock("ssh", family).unwrap();
        assert!(is_in(&stage.alice.host, 22, family), "{}", daemon.log());
        assert_silent(&stage.alice.host, 443, family);
        assert_released(&stage.alice.host, (&daemon, family));
    }
    Told::Whole
}

fn by_ports(entered: &Entered) -> Told {
    let by_ports = LONGER.to_owned() + SEQUENCE;
    let (stage, daemon) = running(entered, "guard-by-ports", &by_ports);
    for family in [V4, V6] {
        touch(&stage.alice.host, &[Tcp(2323)], family);
        let source = address("alice", family).to_string();
        assert!(
            wait_until(PATIENCE, || is_banned(&daemon, &source)),
            "{}",
            daemon.log()
        );
        touch(
            &stage.alice.host,
            &[Tcp(7000), Udp(8000), Tcp(9000)],
            family,
        );
        assert!(gets_in(&stage.alice.host, family), "{}", daemon.log());
        assert_released(&stage.alice.host, (&daemon, family));
    }
    Told::Whole
}

fn decoy(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "guard-decoy", BANNING);
    touch(&stage.stranger, &[Tcp(2323)], V4);
    daemon.await_line("banned");
    assert!(
        daemon.log().contains("\"failure\":\"decoy\""),
        "{}",
        daemon.log()
    );
    assert_silent(&stage.stranger, 8443, V4);
    touch(&stage.bob.host, &[Udp(2323)], V4);
    pause(A_MOMENT);
    assert!(
        is_in(&stage.bob.host, 8443, V4),
        "the decoy is another protocol's"
    );
    Told::Whole
}

fn allowed(entered: &Entered) -> Told {
    let banning = BANNING.replace("allow = []", "allow = [\"10.77.0.4\", \"fd77::/64\"]");
    let (stage, daemon) = running(entered, "guard-allow", &banning);
    for family in [V4, V6] {
        scan(&stage.stranger, family);
    }
    let spared = || daemon.status()["guard"]["spared"]["allowed"].as_u64();
    assert!(
        wait_until(PATIENCE, || spared() >= Some(2)),
        "{}",
        daemon.status()
    );
    assert!(is_in(&stage.stranger, 8443, V4) && is_in(&stage.stranger, 8443, V6));
    assert!(!daemon.has_said("banned"), "{}", daemon.log());
    Told::Whole
}

fn killed(entered: &Entered) -> Told {
    let (stage, mut daemon) = running(entered, "guard-killed", LONGER);
    scan(&stage.stranger, V4);
    daemon.await_line("banned");
    daemon.kill();
    assert_silent(&stage.stranger, 8443, V4);
    let daemon = stage.start();
    assert_eq!(
        daemon.status()["guard"]["bans_in_force"],
        1,
        "{}",
        daemon.status()
    );
    assert_silent(&stage.stranger, 8443, V4);
    assert!(is_in(&stage.alice.host, 8443, V4));
    Told::Whole
}

fn restarted(entered: &Entered) -> Told {
    let (stage, mut daemon) = running(entered, "guard-restart", BANNING);
    touch(&stage.stranger, &[Tcp(2323)], V4);
    daemon.await_line("unbanned");
    daemon.stop();
    let daemon = stage.start();
    pause(A_MOMENT);
    touch(&stage.stranger, &[Tcp(2323)], V4);
    daemon.await_line("banned");
    assert!(daemon.log().contains("\"nth\":2"), "{}", daemon.log());
    Told::Whole
}

fn reloaded(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "guard-reload", "");
    scan(&stage.stranger, V4);
    pause(A_MOMENT);
    assert!(is_in(&stage.stranger, 8443, V4));
    stage.write_config(&(stage.config.clone() + LONGER));
    daemon.reload();
    daemon.await_line("reloaded");
    // The listener hears a moment later what a decoy is.
    let is_banned = || {
        touch(&stage.stranger, &[Tcp(2323)], V4);
        pause(A_MOMENT);
        daemon.has_said("banned")
    };
    assert!(wait_until(PATIENCE, is_banned), "{}", daemon.log());
    assert_silent(&stage.stranger, 8443, V4);
    stage.write_config(&stage.config);
    daemon.reload();
    assert!(
        wait_until(PATIENCE, || is_in(&stage.stranger, 8443, V4)),
        "{}",
        daemon.log()
    );
    assert_eq!(daemon.status()["guard"]["bans_in_force"], 0);
    let is_told = || daemon.log().contains(r#""why":"reload""#);
    assert!(wait_until(PATIENCE, is_told), "{}", daemon.log());
    Told::Whole
}

fn released(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "guard-released", LONGER);
    let forger = Forger::open(&stage.stranger).unwrap();
    for last in 0x100..0x104_u16 {
        let source = IpAddr::from([0xfd77, 0, 0, 0, 0, 0, 0, last]);
        syns(&forger, SocketAddr::new(source, 40_000), 2323..2324);
    }
    let is_banned_whole = || is_banned(&daemon, "fd77::/64");
    assert!(wait_until(PATIENCE, is_banned_whole), "{}", daemon.log());
    assert_silent(&stage.alice.host, 8443, V6);
    stage.alice.knock("ssh", V6).unwrap();
    assert!(wait_until(PATIENCE, || is_in(&stage.bob.host, 8443, V6)));
    // By the name under which it was banned, for programs that keep count.
    let unbanned = r#""what":"unbanned","source":"fd77::/64","why":"knocked""#;
    assert!(
        wait_until(PATIENCE, || daemon.log().contains(unbanned)),
        "{}",
        daemon.log()
    );
    Told::Whole
}

fn network(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "guard-network", LONGER);
    let forger = Forger::open(&stage.stranger).unwrap();
    for port in 20_000..20_060_u16 {
        let source = IpAddr::from([0xfd77, 0, 0, 7, 0, 0, 0, port]);
        syns(&forger, SocketAddr::new(source, 40_000), port..=port);
    }
    daemon.await_line("banned");
    assert!(
        daemon.log().contains("\"source\":\"fd77:0:0:7::/64\""),
        "{}",
        daemon.log()
    );
    assert!(
        is_in(&stage.stranger, 8443, V6),
        "the neighbours' network is another"
    );
    Told::Whole
}

fn flooded(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "guard-flood", LONGER);
    let forger = Forger::open(&stage.stranger).unwrap();
    for number in 0..30_000_u32 {
        let [.., b, c, d] = number.to_be_bytes();
        let source = IpAddr::from([11, b, c, d]);
        syns(&forger, SocketAddr::new(source, 40_000), 2323..2324);
    }
    knock(&mut stage.alice);
    assert!(
        wait_until(PATIENCE, || is_in(&stage.alice.host, 22, V4)),
        "{}",
        daemon.log()
    );
    let status = daemon.status();
    let bans = status["guard"]["bans_in_force"].as_u64().unwrap();
    assert!((1..=120).contains(&bans), "{status}");
    assert!(
        daemon.log().lines().count() < 200,
        "strangers wrote the log full"
    );
    Told::Whole
}

fn lines(entered: &Entered) -> Told {
    let guard = "[guard]\nlog-failures = true\nallow = [\"10.77.0.4\"]\n";
    let (stage, daemon) = running(entered, "guard-lines", guard);
    scan(&stage.stranger, V4);
    scan(&stage.stranger, V6);
    daemon.await_line("suspected");
    let log = daemon.log();
    assert!(
        log.contains("\"source\":\"fd77::4\",\"failure\":\"closed-ports\""),
        "{log}"
    );
    assert!(!daemon.has_said("banned"), "{log}");
    assert!(
        !log.contains("10.77.0.4"),
        "who is allowed is told to nobody: {log}"
    );
    Told::Whole
}

fn running(entered: &Entered, name: &str, guard: &str) -> (Stage, Daemon) {
    let stage = Stage::new(entered, name);
    let daemon = started(&stage, guard);
    (stage, daemon)
}

fn started(stage: &Stage, guard: &str) -> Daemon {
    stage.write_config(&(stage.config.clone() + guard));
    let daemon = stage.start();
    // The listener hears a moment later which ports are in use.
    pause(A_MOMENT);
    daemon
}

/// Fails unless a ban ends soon: a grant opens a moment before it does.
fn assert_released(host: &Host, (daemon, family): (&Daemon, Family)) {
    let is_released = || is_in(host, 8443, family);
    assert!(wait_until(PATIENCE, is_released), "{}", daemon.log());
}

fn scan(host: &Host, family: Family) {
    let forger = Forger::open(host).unwrap();
    let from = SocketAddr::new(address(host.name(), family), 40_000);
    syns(&forger, from, 20_000..20_040);
}

fn send_junk(host: &Host, length: usize, times: usize) {
    host.run(|| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for _ in 0..times {
            socket.send_to(&vec![7; length], keyhole(V4)).unwrap();
        }
    })
    .unwrap();
}

fn knock(person: &mut Person) {
    person.knock("ssh", V4).unwrap();
}

/// Who fails the most, and at what.
fn loudest(daemon: &Daemon) -> Option<(String, String)> {
    let status = daemon.status();
    let first = status["guard"]["loudest"].get(0)?;
    let text = |key: &str| first[key].as_str().map(str::to_owned);
    Some((text("source")?, text("failure")?))
}

fn is_banned(daemon: &Daemon, source: &str) -> bool {
    let status = daemon.status();
    let mut bans = status["guard"]["bans"].as_array().into_iter().flatten();
    bans.any(|ban| ban["source"] == source)
}

fn still_talks(reached: &mut Reached) -> bool {
    let Reached::Connected { stream, .. } = reached else {
        return false;
    };
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut words = [0; 4];
    let exchanged = stream
        .write_all(b"ping")
        .and_then(|()| stream.read_exact(&mut words));
    exchanged.is_ok() && words == *b"ping"
}

/// Bans that end while somebody watches. The window is short, so that a second scan is one of its own.
const BANNING: &str = r#"
[guard]
ban = true
times = ["4s", "8s"]
window = "1s"
allow = []
decoys = ["tcp/2323"]
"#;

const LONGER: &str = r#"
[guard]
ban = true
times = ["60s"]
window = "1s"
decoys = ["tcp/2323"]
"#;

const SEQUENCE: &str = r#"
[sequence.by-ports]
steps = ["tcp/7000", "udp/8000", "tcp/9000"]
opens = "ssh"
"#;

const TOUCHES_TO_A_GROUP: &str = "table inet choice {
    chain inward { type filter hook prerouting priority -160;
        tcp flags & (syn | ack | rst) == syn log group 5
    }
}";

/// A little more than the window.
const TOLD_AGAIN: Duration = Duration::from_millis(1200);
/// Ten times what anything here takes on a busy machine.
const A_MOMENT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(10);
