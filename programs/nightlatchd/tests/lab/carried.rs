//! Stories of recordings that are carried out: they open now what they opened then, and never beside a daemon.

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use nightlatch_lab::{Entered, Packet, program};

use crate::compare::{pcap, walk};
use crate::stage::Family::{V4, V6};
use crate::stage::{Stage, assert_silent, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "a_recording_that_is_carried_out_opens_from_now_on",
        carried_out,
    ),
    (
        "beside_a_daemon_no_recording_is_carried_out",
        beside_a_daemon,
    ),
];

fn carried_out(entered: &Entered) -> Told {
    let stage = stage(entered, "carried-out");
    let opening = ["tcp/7000", "udp/8000", "tcp/9000"];
    let packets = [
        walk("alice", V4, opening),
        walk("alice", V6, opening),
        walk("bob", V4, opening),
        walk("bob", V4, ["tcp/9300", "udp/8300", "tcp/7300"]),
        walk("stranger", V4, ["tcp/7000", "tcp/7001", "tcp/9000"]),
    ]
    .concat();
    let (code, told, _) = read(&stage, &packets, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("granted desk for 20 s"), "{told}");
    // Only told: there is no gate, so the door is as open as ever.
    assert!(is_in(&stage.stranger, 443, V4));
    let (code, told, warned) = read(&stage, &packets, &["--carry-out"]);
    assert_eq!(code, Some(0), "{told} {warned}");
    assert!(warned.contains("The gate stays"), "{warned}");
    for family in [V4, V6] {
        assert!(is_in(&stage.alice.host, 443, family), "{told}");
        assert_silent(&stage.stranger, 443, family);
    }
    assert_silent(&stage.bob.host, 443, V4);
    // A daemon takes the gate over, and what is open in it.
    let daemon = stage.start();
    assert_eq!(daemon.status()["grants_in_force"], 2);
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn beside_a_daemon(entered: &Entered) -> Told {
    let stage = stage(entered, "carried-beside");
    let mut daemon = stage.start();
    let packets = walk("alice", V4, ["tcp/7000", "udp/8000", "tcp/9000"]);
    let (code, told, refused) = read(&stage, &packets, &["--carry-out"]);
    assert_eq!((code, told.as_str()), (Some(69), ""), "{refused}");
    assert!(refused.contains("a daemon runs on this host"), "{refused}");
    assert_silent(&stage.alice.host, 443, V4);
    // One with another status socket: the kernel keeps its gate from us, where it can.
    let config = fs::read_to_string(stage.config_path()).unwrap();
    stage.write_config(&config.replace("status.sock", "another.sock"));
    if daemon.status()["gate"]["owned"] == true {
        let (code, _, refused) = read(&stage, &packets, &["--carry-out"]);
        assert_ne!(code, Some(0), "{refused}");
        assert_silent(&stage.alice.host, 443, V4);
    }
    assert!(daemon.is_running());
    Told::Whole
}

fn stage(entered: &Entered, name: &str) -> Stage {
    let stage = Stage::new(entered, name);
    stage.write_config(&(stage.config.clone() + SEQUENCES));
    stage
}

/// The exit code, what is told and what is warned of.
fn read(stage: &Stage, packets: &[Packet], more: &[&str]) -> (Option<i32>, String, String) {
    let recording = stage.folder.join("street.pcap");
    fs::write(&recording, pcap(packets)).unwrap();
    let warned = stage.folder.join("warned");
    let mut command = program(env!("CARGO_BIN_EXE_nightlatchd"));
    command.arg("--config").arg(stage.config_path());
    command.arg("--read").arg(&recording).args(more);
    command
        .stdout(Stdio::piped())
        .stderr(fs::File::create(&warned).unwrap());
    let mut process = stage.server.spawn(command).unwrap();
    let mut told = String::new();
    process.stdout().unwrap().read_to_string(&mut told).unwrap();
    let ended = process.wait_within(PATIENCE).unwrap().unwrap();
    (ended.code(), told, fs::read_to_string(&warned).unwrap())
}

const SEQUENCES: &str = r#"
[service.desk]
open = ["tcp/443"]
for = "20s"
[sequence.by-ports]
steps = ["tcp/7000", "udp/8000", "tcp/9000"]
opens = "desk"
[sequence.shut]
steps = ["tcp/9300", "udp/8300", "tcp/7300"]
closes = "desk"
"#;
const PATIENCE: Duration = Duration::from_secs(10);
