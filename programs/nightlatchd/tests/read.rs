//! Recordings: each method is judged by the recording's own clock, and a file cut anywhere ends with its reason.
#![cfg(test)]
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a test whose sums overflow has failed"
)]

use std::fs::{self, OpenOptions, Permissions};
use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use getrandom::SysRng;
use nightlatch_lab::{Flags, Packet};
use nightlatch_ticket::{
    Counter, Epoch, Kind, PairKeys, PresharedSecret, Request, SecretKey, SequenceKind,
    SequenceRequest, SequenceText, ServiceHash, Span, Tagged, UnixTime, seal, seal_sequence,
    spread,
};
use rand_core::UnwrapErr;
use serde_json::Value;

const CONFIG: &str = r#"
[server]
key = "server.key"
guard = ["tcp/22"]
[service.ssh]
open = ["tcp/22"]
for = "30s"
[client.alice]
key = "ALICE"
preshared = "none"
may = ["ssh"]
[sequence.by-ports]
steps = ["tcp/31007", "udp/4711", "tcp/29001 ttl=64"]
opens = "ssh"
[sequence.shut]
steps = ["tcp/29002", "udp/4712", "tcp/31008"]
closes = "ssh"
[encrypted-sequence]
span = "20000-28191"
carrier = "tcp"
"#;
/// The first of January 2030: nobody's clock says that now.
const NOW: u64 = 1_893_456_000;
const KNOCK_PORT: u16 = 62_201;

/// A folder with a configuration, and packets that are to be recorded.
struct Scene {
    folder: tempfile::TempDir,
    keys: PairKeys,
    frames: Vec<(u64, Vec<u8>)>,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (server, alice) = (
            SecretKey::from_bytes([7; 32]),
            SecretKey::from_bytes([8; 32]),
        );
        let mut file = OpenOptions::new();
        let file = file.create_new(true).write(true).mode(0o600);
        let mut file = file.open(folder.path().join("server.key")).unwrap();
        file.write_all(server.expose_text().as_bytes()).unwrap();
        let path = folder.path().join("n.toml");
        fs::write(&path, CONFIG.replace("ALICE", &alice.public().to_string())).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        Self {
            keys: PairKeys::of_client(&alice, &server.public(), &PresharedSecret::none()).unwrap(),
            folder,
            frames: Vec::new(),
        }
    }

    /// A packet so many milliseconds after the beginning.
    fn add(&mut self, millis: u64, packet: &Packet) {
        self.frames.push((millis, packet.to_bytes()));
    }

    fn touch(&mut self, millis: u64, from: &str, port: u16) {
        let (source, to) = ends(from, port);
        let packet = match port {
            4711 | 4712 => Packet::udp(source, to, [0]),
            _ => Packet::tcp(source, to, Flags::SYN, u32::from(port)),
        };
        self.add(millis, &packet);
    }

    fn ticket(&mut self, millis: u64, from: &str) -> Packet {
        let time = at(millis);
        let request = Request {
            kind: Kind::Knock,
            counter: Counter::following(Counter(0), time),
            time,
            service: ServiceHash::of("ssh"),
            claimed: Some(from.parse().unwrap()),
            wanted: 20,
        };
        let tagged = Tagged::Now(Epoch::at(time));
        let sealed = seal(&request, tagged, &self.keys, &mut UnwrapErr(SysRng));
        let (source, to) = ends(from, KNOCK_PORT);
        let packet = Packet::udp(source, to, sealed);
        self.add(millis, &packet);
        packet
    }

    fn encrypted(&mut self, millis: u64, from: &str) {
        let time = at(millis);
        let counter = Counter::of_sequence(Counter(0), time).unwrap();
        let request = SequenceRequest {
            kind: SequenceKind::Knock,
            counter,
            time,
            service: ServiceHash::of("ssh").short(),
            wanted: 0,
            text: SequenceText::new("").unwrap(),
        };
        let own: IpAddr = from.parse().unwrap();
        let frames = seal_sequence(&request, own, Epoch::of_counter(counter), &self.keys);
        let span = Span::new(20_000, 28_191, &[]).unwrap();
        for symbol in frames.iter().flat_map(spread) {
            self.touch(millis, from, span.port(symbol).unwrap());
        }
    }

    /// The recording: microseconds, raw IP.
    fn pcap(&self) -> Vec<u8> {
        let mut bytes = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 101]
            .map(u32::to_le_bytes)
            .concat();
        for (millis, frame) in &self.frames {
            let seconds = u32::try_from(NOW + millis / 1000).unwrap();
            let micros = u32::try_from(millis % 1000 * 1000).unwrap();
            let length = u32::try_from(frame.len()).unwrap();
            bytes.extend(
                [seconds, micros, length, length]
                    .map(u32::to_le_bytes)
                    .concat(),
            );
            bytes.extend(frame);
        }
        bytes
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("street.pcap");
        fs::write(&path, bytes).unwrap();
        path
    }

    /// What the recording comes to: each knock, and the sum.
    fn read(&self) -> (Vec<Value>, Value) {
        let output = nightlatchd(
            self.folder.path(),
            &["--read", "street.pcap", "--json"],
            &[],
        );
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        lines(&output)
    }
}

fn at(millis: u64) -> UnixTime {
    UnixTime::from_millis(NOW * 1000 + millis)
}

fn ends(from: &str, port: u16) -> (SocketAddr, SocketAddr) {
    let source: IpAddr = from.parse().unwrap();
    let to = if source.is_ipv4() {
        "192.0.2.1"
    } else {
        "2001:db8::1"
    };
    (
        SocketAddr::new(source, 40_000),
        SocketAddr::new(to.parse().unwrap(), port),
    )
}

#[expect(clippy::disallowed_methods, reason = "the program is what is tested")]
fn nightlatchd(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatchd"));
    let mut child = command
        .args(["--config", "n.toml"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One who has read enough closes it.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> (Vec<Value>, Value) {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sum = lines.pop().unwrap();
    assert_eq!(sum["what"], "sum");
    (lines, sum)
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn every_method_is_judged_by_the_recording_s_clock() {
    for (alice, bob) in [
        ("198.51.100.7", "203.0.113.9"),
        ("2001:db8:7::7", "2001:db8:9::9"),
    ] {
        let mut scene = Scene::new();
        scene.ticket(0, alice);
        for (millis, port) in [(1000, 31_007), (1100, 4711), (1200, 29_001)] {
            scene.touch(millis, bob, port);
        }
        scene.encrypted(5000, alice);
        for (millis, port) in [(6000, 29_002), (6100, 4712), (6200, 31_008)] {
            scene.touch(millis, bob, port);
        }
        scene.write(&scene.pcap());
        let (knocks, sum) = scene.read();
        let told = |knock: &Value| {
            ["method", "client", "verdict", "address"]
                .map(|key| knock[key].as_str().unwrap().to_owned())
                .join(" ")
        };
        let told: Vec<String> = knocks.iter().map(told).collect();
        assert_eq!(
            told,
            [
                format!("ticket alice granted {alice}"),
                format!("sequence sequence by-ports granted {bob}"),
                format!("encrypted-sequence alice granted {alice}"),
                format!("sequence sequence shut closed {bob}"),
            ]
        );
        assert_eq!(knocks[0]["at"], "2030-01-01T00:00:00.000000Z");
        assert_eq!(
            (&knocks[0]["seconds"], &knocks[0]["service"]),
            (&20.into(), &"ssh".into())
        );
        assert_eq!(knocks[1]["at"], "2030-01-01T00:00:01.200000Z");
        assert_eq!(sum["ended_early"], Value::Null);
        assert_eq!(sum["frames"], 38);
    }
}

#[test]
fn a_knock_that_comes_twice_too_slow_or_too_late_is_said_to_be_so() {
    let mut scene = Scene::new();
    let again = scene.ticket(0, "198.51.100.7");
    scene.add(1000, &again);
    for (millis, port) in [(2000, 31_007), (2100, 4711), (13_000, 29_001)] {
        scene.touch(millis, "203.0.113.9", port);
    }
    let late = scene.ticket(20_000, "198.51.100.7");
    scene.frames.pop();
    scene.add(20_000 + 120_000, &late);
    scene.write(&scene.pcap());
    let (knocks, _) = scene.read();
    let verdicts: Vec<&str> = knocks
        .iter()
        .map(|knock| knock["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["granted", "replayed", "stale"]);
}

#[test]
fn people_get_sentences_also_of_what_comes_through_a_pipe() {
    let mut scene = Scene::new();
    scene.ticket(0, "198.51.100.7");
    let output = nightlatchd(scene.folder.path(), &["--read", "-"], &scene.pcap());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        text,
        "2030-01-01T00:00:00.000000Z  198.51.100.7  alice by ticket: granted ssh for 20 s\n\
         1 frame: 1 claimed\n"
    );
}

#[test]
fn a_recording_cut_anywhere_counts_up_to_there_and_says_why_it_ends() {
    let mut scene = Scene::new();
    scene.ticket(0, "198.51.100.7");
    scene.touch(10, "203.0.113.9", 31_007);
    let whole = scene.pcap();
    let header = 24;
    let first = header + 16 + scene.frames[0].1.len();
    // Every place would be a process each: the edges, and some between.
    for length in (0..whole.len())
        .filter(|length| length % 7 == 0 || [header - 1, first - 1, first + 1].contains(length))
    {
        if length == header || length == first {
            continue;
        }
        scene.write(&whole[..length]);
        let output = nightlatchd(
            scene.folder.path(),
            &["--read", "street.pcap", "--json"],
            &[],
        );
        assert_eq!(output.status.code(), Some(65), "{length}: {}", err(&output));
        assert!(
            err(&output).contains("nightlatchd: "),
            "{length}: {}",
            err(&output)
        );
        if length > header {
            let (knocks, sum) = lines(&output);
            assert_eq!(knocks.len(), usize::from(length >= first), "{length}");
            assert_eq!(
                sum["ended_early"],
                "the recording ends in the middle of a frame"
            );
        }
    }
}

#[test]
fn what_is_no_recording_is_said_to_be_none() {
    let scene = Scene::new();
    scene.write(b"this is a text, and long enough to be a header");
    let output = nightlatchd(scene.folder.path(), &["--read", "street.pcap"], &[]);
    assert_eq!(output.status.code(), Some(65));
    assert!(err(&output).contains("no pcap file"), "{}", err(&output));
    scene.write(b"");
    for nothing in ["street.pcap", "/dev/null"] {
        let output = nightlatchd(scene.folder.path(), &["--read", nothing], &[]);
        assert_eq!(output.status.code(), Some(65));
        assert!(err(&output).contains("is empty"), "{}", err(&output));
    }
    let output = nightlatchd(scene.folder.path(), &["--read", "none.pcap"], &[]);
    assert_eq!(output.status.code(), Some(71));
    let said = err(&output);
    assert!(
        said.contains("recording none.pcap cannot be opened"),
        "{said}"
    );
    assert!(said.contains("see whether it is there"), "{said}");
    let output = nightlatchd(scene.folder.path(), &["--json"], &[]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn who_fails_in_a_recording_is_told_at_its_end() {
    let mut scene = Scene::new();
    // Twelve closed ports in ten seconds are a scan; the same in an hour are only loud.
    for port in 0..12_u16 {
        scene.touch(u64::from(port) * 100, "203.0.113.9", 7000 + port);
        scene.touch(u64::from(port) * 300_000, "198.51.100.9", 7000 + port);
    }
    let (source, to) = ends("203.0.113.7", KNOCK_PORT);
    for millis in 0..3 {
        scene.add(millis, &Packet::udp(source, to, [7; 99]));
    }
    scene.frames.sort_by_key(|(millis, _)| *millis);
    scene.write(&scene.pcap());
    let (knocks, sum) = scene.read();
    assert_eq!(knocks.len(), 0);
    let told = |list: &str| -> Vec<String> {
        let list = sum[list].as_array().unwrap().iter();
        list.map(|one| {
            let word = |key: &str| one[key].as_str().unwrap().to_owned();
            format!("{} {} {}", word("source"), word("failure"), one["count"])
        })
        .collect()
    };
    assert_eq!(
        told("loudest"),
        [
            "198.51.100.9 closed-ports 12",
            "203.0.113.9 closed-ports 12",
            "203.0.113.7 wrong-length 3"
        ]
    );
    let suspects = told("suspects");
    assert_eq!(suspects.len(), 1, "{suspects:?}");
    assert!(
        suspects[0].starts_with("203.0.113.9 closed-ports "),
        "{suspects:?}"
    );
    let output = nightlatchd(scene.folder.path(), &["--read", "street.pcap"], &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "failed the most: 198.51.100.9 closed-ports 12, ",
        "suspect: 203.0.113.9 closed-ports ",
    ] {
        assert!(
            text.lines().any(|one| one.starts_with(line)),
            "{line} in {text}"
        );
    }
}

#[test]
fn nothing_is_carried_out_beside_a_status_socket_that_answers() {
    let mut scene = Scene::new();
    scene.ticket(0, "198.51.100.7");
    scene.write(&scene.pcap());
    let config = scene.folder.path().join("n.toml");
    let text = fs::read_to_string(&config).unwrap();
    let text = text.replace("[server]", "[server]\nstatus-socket = \"status.sock\"");
    fs::write(&config, text).unwrap();
    let _daemon = std::os::unix::net::UnixListener::bind(scene.folder.path().join("status.sock"));
    let arguments = ["--read", "street.pcap", "--carry-out"];
    let output = nightlatchd(scene.folder.path(), &arguments, &[]);
    assert_eq!(output.status.code(), Some(69), "{}", err(&output));
    assert!(
        err(&output).contains("a daemon runs on this host"),
        "{}",
        err(&output)
    );
    assert!(output.stdout.is_empty());
    let output = nightlatchd(scene.folder.path(), &["--carry-out"], &[]);
    assert_eq!(output.status.code(), Some(64));
}
