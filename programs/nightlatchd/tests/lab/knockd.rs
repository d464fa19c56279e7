//! Stories of knockd: its client at our door, and our tool at its door.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nightlatch_lab::{Entered, Process, pause, program, wait_until};

use crate::sequences::{SEQUENCES, gets_in};
use crate::sources::packet_sockets;
use crate::stage::Family::{V4, V6};
use crate::stage::{Stage, assert_silent, server};
use crate::tool::{command, run_well, tool};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("knockds_client_opens_our_door", its_client),
    ("our_tool_opens_knockds_door", its_door),
];

fn its_client(entered: &Entered) -> Told {
    let Some(knock) = installed("knock") else {
        return Told::Skipped(NO_KNOCKD);
    };
    let stage = Stage::new(entered, "knockd-client");
    stage.write_config(&(stage.config.clone() + SEQUENCES));
    let daemon = stage.start();
    let hosts = [(&stage.alice.host, "-d50"), (&stage.bob.host, "-v")];
    for (host, option) in hosts {
        for (family, only) in [(V4, "-4"), (V6, "-6")] {
            let to = server(family).to_string();
            let line = [only, option, &to, "7000", "8000:udp", "9000:tcp"];
            run_well(host, command(&knock, &stage.folder, &line));
            assert!(gets_in(host, family), "{line:?}: {}", daemon.log());
        }
        assert_silent(&stage.stranger, 22, V4);
    }
    Told::Whole
}

fn its_door(entered: &Entered) -> Told {
    let (Some(knockd), Some(tool)) = (installed("knockd"), tool()) else {
        return Told::Skipped(NO_KNOCKD);
    };
    let stage = Stage::new(entered, "knockd-door");
    let door = ITS_DOOR.replace("FOLDER", &stage.folder.display().to_string());
    let config = stage.folder.join("knockd.conf");
    fs::write(&config, door).unwrap();
    let _knockd = start_knockd(&stage, &knockd, &config);
    for (host, family, from) in [
        (&stage.alice.host, V4, "10.77.0.2"),
        (&stage.bob.host, V6, "fd77::3"),
    ] {
        let to = server(family).to_string();
        let line = ["knock", "--sequence", "7000,8000:udp,9000", &to];
        run_well(host, command(&tool, &stage.folder, &line));
        assert_noted(&stage, &format!("open {from}\n"), "");
    }
    Told::Whole
}

fn start_knockd(stage: &Stage, knockd: &Path, config: &Path) -> Process {
    let mut command = program(knockd);
    command.args(["-i", "eth0", "-c"]).arg(config);
    command.arg("-p").arg(stage.folder.join("knockd.pid"));
    let process = stage.server.spawn(command).unwrap();
    let log = stage.folder.join("knockd.log");
    let is_listening = || fs::read_to_string(&log).is_ok_and(|text| text.contains("listening"));
    assert!(wait_until(PATIENCE, is_listening));
    assert!(wait_until(PATIENCE, || packet_sockets(&stage.server) > 0));
    // It says so before it does.
    pause(A_MOMENT);
    process
}

/// Waits for a line that a command wrote.
pub(crate) fn assert_noted(stage: &Stage, line: &str, log: &str) {
    let note = stage.folder.join("note");
    let noted = || fs::read_to_string(&note).unwrap_or_default();
    assert!(
        wait_until(PATIENCE, || noted().contains(line)),
        "no {line:?} in {:?}\n{log}",
        noted()
    );
}

fn installed(name: &str) -> Option<PathBuf> {
    let folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
    let places = folders.map(|folder| Path::new(folder).join(name));
    places.into_iter().find(|place| place.is_file())
}

const NO_KNOCKD: &str = "knockd is not installed, or nightlatch not built";

const ITS_DOOR: &str = "\
[options]
	logfile = FOLDER/knockd.log

[door]
	sequence = 7000,8000:udp,9000
	seq_timeout = 5
	tcpflags = syn
	start_command = echo open %IP% >> FOLDER/note
";

const A_MOMENT: Duration = Duration::from_millis(500);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(8);
