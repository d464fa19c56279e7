//! The same packets through every source come to the same: a recording, packet sockets, an NFLOG group, logs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nightlatch_lab::{Entered, Flags, Forger, Kind, Packet, pause, program, unix_now, wait_until};
use nightlatch_ticket::{Counter, SequenceKind, Span};
use serde_json::Value;

use crate::daemon::Daemon;
use crate::sources::{load, said};
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, door, is_in};
use crate::touch::{syn, syns};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "the_same_packets_come_to_the_same_through_every_source",
        compared,
    ),
    #[cfg(feature = "libpcap")]
    ("libpcap_shows_the_same_as_packet_sockets", libpcap),
    ("noise_of_others_does_not_hide_a_knock_from_the_log", noisy),
];

fn compared(entered: &Entered) -> Told {
    let mut stage = settled(entered, "compared");
    let packets = traffic(&mut stage);
    let expected = read(&stage, &packets);
    let count = |verdict: &str| {
        expected
            .iter()
            .filter(|one| one.starts_with(verdict))
            .count()
    };
    assert_eq!(
        (count("granted"), count("closed")),
        (ALL - 1, 1),
        "{expected:?}"
    );
    assert_eq!(live(&stage, "packets", &packets), expected, "packets");
    let log = stage.folder.join("kern.log");
    File::create(&log).unwrap();
    let through_log = |_: &Forger| append(&log, &packets.iter().map(line).collect::<String>());
    let source = format!("log:{}", log.display());
    assert_eq!(lived(&stage, &source, through_log), expected, "log");
    if !load(&stage.server, GROUP_RULESET) {
        return Told::Skipped(
            "no `nft` here: neither NFLOG nor the kernel's own lines were compared",
        );
    }
    assert_eq!(live(&stage, "nflog:5", &packets), expected, "nflog");
    assert!(load(&stage.server, &output(&stage, ruleset(&stage))));
    let _alone = alone_in_the_kernels_log();
    if kernel_logs(&stage) {
        assert_eq!(live(&stage, "kmsg", &packets), expected, "kmsg");
    } else {
        said("SKIPPED in part: this kernel logs no packets of namespaces (nf_log_all_netns)");
    }
    Told::Whole
}

#[cfg(feature = "libpcap")]
fn libpcap(entered: &Entered) -> Told {
    let mut stage = settled(entered, "compared-libpcap");
    let packets = traffic(&mut stage);
    let expected = read(&stage, &packets);
    assert_eq!(expected.len(), ALL, "{expected:?}");
    for source in ["pcap:eth0", "pcap:any"] {
        assert_eq!(live(&stage, source, &packets), expected, "{source}");
    }
    Told::Whole
}

/// A stage where a daemon has been.
fn settled(entered: &Entered, name: &str) -> Stage {
    let mut stage = Stage::new(entered, name);
    stage.write_config(&config(&stage, "\"packets\""));
    // A first start doubts every counter of its next five seconds; one that follows a clean end, no other.
    let beyond_doubt = unix_now() + Duration::from_secs(6);
    stage.alice.memory.last = Counter(u64::try_from(beyond_doubt.as_nanos()).unwrap());
    stage.start().stop();
    fs::rename(stage.state(), clean(&stage)).unwrap();
    stage
}

fn noisy(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "noisy");
    stage.write_config(&config(&stage, "\"kmsg\""));
    if !load(&stage.server, &output(&stage, ruleset(&stage))) {
        return Told::Skipped("no `nft` here to load the ruleset with");
    }
    let _alone = alone_in_the_kernels_log();
    if !kernel_logs(&stage) {
        said("SKIPPED: this kernel logs no packets of namespaces (nf_log_all_netns)");
        return Told::Whole;
    }
    let daemon = stage.start();
    let [alice, bob] = [&stage.alice.host, &stage.bob.host].map(|host| Forger::open(host).unwrap());
    let from_bob = SocketAddr::new(address("bob", V4), 40_000);
    syns(&bob, from_bob, 10_000..=13_000);
    for (number, packet) in walk("alice", V4, ["tcp/7000", "udp/8000", "tcp/9000"])
        .iter()
        .enumerate()
    {
        alice.send(packet).unwrap();
        let next = u16::try_from(13_000 + number * 1000).unwrap();
        syns(&bob, from_bob, next..next + 1000);
    }
    assert!(
        wait_until(PATIENCE, || is_in(&stage.alice.host, 22, V4)),
        "{}",
        daemon.log()
    );
    let lines = || -> u64 {
        let told = daemon.status()["ignored"].clone();
        told.as_object()
            .unwrap()
            .values()
            .filter_map(Value::as_u64)
            .sum()
    };
    assert!(wait_until(PATIENCE, || lines() > 0));
    pause(A_SECOND);
    assert!(
        (200..2000).contains(&lines()),
        "of 6000 touches {}",
        lines()
    );
    Told::Whole
}

/// Everything that is sent: what opens, what closes, and what comes to nothing.
fn traffic(stage: &mut Stage) -> Vec<Packet> {
    let span = Span::new(20_000, 28_191, &[]).unwrap();
    let mut packets = Vec::new();
    for family in [V4, V6] {
        packets.extend(walk("alice", family, ["tcp/7000", "udp/8000", "tcp/9000"]));
        packets.extend(walk("bob", family, ["tcp/7100", "udp/8100", "tcp/9100"]));
        // Other headers than are asked for, another order, a stray in between.
        packets.extend(walk(
            "stranger",
            family,
            ["tcp/7200", "udp/8200", "tcp/9200"],
        ));
        packets.extend(walk(
            "stranger",
            family,
            ["tcp/9000", "udp/8000", "tcp/7000"],
        ));
        packets.extend(walk(
            "stranger",
            family,
            ["tcp/7000", "tcp/7777", "udp/8000", "tcp/9000"],
        ));
        let ports = stage
            .alice
            .sequence(SequenceKind::Knock, "office", (family, &span));
        let ends = |port| {
            (
                SocketAddr::new(address("alice", family), 41_000),
                door(port, family),
            )
        };
        let symbol = |port: u16| {
            let (from, to) = ends(port);
            Packet::tcp(from, to, Flags::SYN, u32::from(port))
        };
        packets.extend(ports.into_iter().map(symbol));
    }
    packets.extend(walk("alice", V4, ["tcp/9300", "udp/8300", "tcp/7300"]));
    packets
}

pub(crate) fn walk<const STEPS: usize>(
    host: &str,
    family: Family,
    steps: [&str; STEPS],
) -> Vec<Packet> {
    let from = SocketAddr::new(address(host, family), 40_000);
    let step = |step: &str| {
        let (protocol, port) = step.split_once('/').unwrap();
        let to = door(port.parse().unwrap(), family);
        match protocol {
            "tcp" => Packet::tcp(from, to, Flags::SYN, u32::from(to.port())),
            _ => Packet::udp(from, to, [0]),
        }
    };
    steps.map(step).into()
}

/// What a recording of them comes to.
fn read(stage: &Stage, packets: &[Packet]) -> Vec<String> {
    let path = stage.folder.join("street.pcap");
    fs::write(&path, pcap(packets)).unwrap();
    let mut command = program(env!("CARGO_BIN_EXE_nightlatchd"));
    command
        .arg("--config")
        .arg(stage.config_path())
        .arg("--read")
        .arg(&path)
        .arg("--json");
    let text = output(stage, command);
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut verdicts: Vec<String> = lines
        .filter(|line| line["what"] == "knock")
        .map(|line| told(&line, "verdict"))
        .collect();
    verdicts.sort();
    verdicts
}

pub(crate) fn pcap(packets: &[Packet]) -> Vec<u8> {
    let raw_ip = 101;
    let header = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, raw_ip];
    let mut bytes = header.map(u32::to_le_bytes).concat();
    let now = u32::try_from(unix_now().as_secs()).unwrap();
    for (number, packet) in packets.iter().enumerate() {
        let frame = packet.to_bytes();
        let length = u32::try_from(frame.len()).unwrap();
        let micros = u32::try_from(number * 100).unwrap();
        bytes.extend([now, micros, length, length].map(u32::to_le_bytes).concat());
        bytes.extend(frame);
    }
    bytes
}

/// What they come to where they really arrive.
fn live(stage: &Stage, source: &str, packets: &[Packet]) -> Vec<String> {
    lived(stage, source, |forger| {
        for packet in packets {
            while forger.send(packet).is_err() {
                std::hint::spin_loop();
            }
        }
    })
}

/// One life of the daemon that remembers nothing of those before.
fn lived(stage: &Stage, source: &str, send: impl Fn(&Forger)) -> Vec<String> {
    let _ = fs::remove_dir_all(stage.state());
    fs::create_dir(stage.state()).unwrap();
    let files = fs::read_dir(clean(stage)).unwrap().map(Result::unwrap);
    for file in files.filter(|file| file.path().is_file()) {
        fs::copy(file.path(), stage.state().join(file.file_name())).unwrap();
    }
    stage.write_config(&config(stage, &format!("{source:?}")));
    let mut daemon = stage.start();
    send(&Forger::open(&stage.alice.host).unwrap());
    // The last of all closes.
    wait_until(PATIENCE, || daemon.has_said("closed"));
    // Between the two families there is no order.
    wait_until(PATIENCE, || verdicts(&daemon).len() >= ALL);
    let mut verdicts = verdicts(&daemon);
    verdicts.sort();
    daemon.stop();
    verdicts
}

/// The state of a daemon that nobody ever knocked at.
fn clean(stage: &Stage) -> PathBuf {
    stage.folder.join("clean")
}

fn verdicts(daemon: &Daemon) -> Vec<String> {
    let log = daemon.log();
    let lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|line| {
            ["granted", "closed", "answered"]
                .iter()
                .any(|what| line["what"] == *what)
        })
        .map(|line| told(&line, "what"))
        .collect()
}

fn told(line: &Value, verdict: &str) -> String {
    let fields = [verdict, "client", "address"].map(|field| line[field].as_str().unwrap());
    fields.join(" ")
}

/// What has the program itself print its ruleset.
pub(crate) fn ruleset(stage: &Stage) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_nightlatchd"));
    command
        .arg("--config")
        .arg(stage.config_path())
        .arg("log-ruleset");
    command
}

/// What a command prints at the server.
pub(crate) fn output(stage: &Stage, mut command: Command) -> String {
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = stage.server.spawn(command).unwrap();
    let mut text = String::new();
    process.stdout().unwrap().read_to_string(&mut text).unwrap();
    let ended = process.wait_within(PATIENCE).unwrap().unwrap();
    assert!(ended.success(), "{text}");
    text
}

/// The lock on a log that all stories of this machine have in common, and in which all hosts are alike.
fn alone_in_the_kernels_log() -> Option<File> {
    let log = File::open("/dev/kmsg").ok()?;
    log.lock().is_ok().then_some(log)
}

/// Whether the kernel's own log hears of packets in here; a setting of the whole system decides.
fn kernel_logs(stage: &Stage) -> bool {
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(NONBLOCKING)
        .open("/dev/kmsg");
    let Ok(mut kernel) = opened else { return false };
    io::Seek::seek(&mut kernel, io::SeekFrom::End(0)).unwrap();
    let forger = Forger::open(&stage.stranger).unwrap();
    syn(
        &forger,
        SocketAddr::new(address("stranger", V4), 40_000),
        door(7999, V4),
        1,
    );
    let mut record = [0; 8192];
    wait_until(A_MOMENT, || {
        let length = kernel.read(&mut record).unwrap_or(0);
        String::from_utf8_lossy(&record[..length]).contains("nightlatch: IN=")
    })
}

/// The line that the kernel writes about a packet of ours.
fn line(packet: &Packet) -> String {
    let (source, destination) = (packet.source.ip(), packet.destination.ip());
    let length = packet.to_bytes().len();
    let ip = if source.is_ipv4() {
        format!("LEN={length} TOS=0x00 PREC=0x00 TTL=64 ID=0 DF")
    } else {
        format!("LEN={length} TC=0 HOPLIMIT=64 FLOWLBL=0")
    };
    let (from, to) = (packet.source.port(), packet.destination.port());
    let transport = match packet.kind {
        Kind::Tcp { sequence, .. } => format!(
            "PROTO=TCP SPT={from} DPT={to} SEQ={sequence} ACK=0 WINDOW=64240 RES=0x00 SYN URGP=0"
        ),
        _ => format!(
            "PROTO=UDP SPT={from} DPT={to} LEN={}",
            packet.payload.len() + 8
        ),
    };
    format!(
        "Nov 27 07:01:02 gate kernel: [   12.3] nightlatch: IN=eth0 OUT= MAC= SRC={source} \
         DST={destination} {ip} {transport}\n"
    )
}

fn append(path: &Path, text: &str) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

fn config(stage: &Stage, source: &str) -> String {
    let with = format!("log = \"json\"\nsources = [{source}]");
    let config = stage.config.replace("log = \"json\"", &with) + SEQUENCES;
    // What is closed has to be open still, however long the packets before it take.
    config.replace("for = \"1s\"", "for = \"20s\"")
}

const SEQUENCES: &str = r#"
[encrypted-sequence]
span = "20000-28191"
carrier = "tcp"
[sequence.plain]
steps = ["tcp/7000", "udp/8000", "tcp/9000"]
opens = "ssh"
[sequence.by-headers]
steps = ["tcp/7100 seq=7100 window=64240", "udp/8100 length=29-49", "tcp/9100 flags=syn,!ack ttl=64"]
opens = "ssh"
[sequence.by-other-headers]
steps = ["tcp/7200 window=1", "udp/8200", "tcp/9200"]
opens = "ssh"
[sequence.shut]
steps = ["tcp/9300", "udp/8300", "tcp/7300"]
closes = "ssh"
"#;
const GROUP_RULESET: &str = "table inet choice {
    chain inward { type filter hook prerouting priority -160;
        tcp flags & (ack | rst) == 0 log group 5
        meta l4proto udp log group 5
    }
}";
/// How many verdicts there are.
const ALL: usize = 7;
const NONBLOCKING: i32 = 0o4000;
/// As often the listener tells its numbers.
const A_SECOND: Duration = Duration::from_millis(1100);
const A_MOMENT: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(10);
