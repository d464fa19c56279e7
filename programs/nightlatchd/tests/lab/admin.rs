//! Stories of the administrator: reloading, looking, starting without rights, losing the gate.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use caps::CapSet;
use nightlatch_lab::{Entered, program, wait_until};
use nightlatch_ticket::Reason;

use crate::daemon::command;
use crate::person::NEARBY;
use crate::sources::load;
use crate::stage::Family::V4;
use crate::stage::{Stage, assert_silent, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("sighup_takes_a_good_file_at_once", good_reload),
    ("sighup_with_a_bad_file_changes_nothing", bad_reload),
    (
        "sighup_closes_the_doors_of_a_client_that_is_gone",
        client_removed,
    ),
    ("the_status_socket_answers_and_never_reads", status),
    (
        "without_capabilities_it_ends_with_77_and_names_the_missing_one",
        no_rights,
    ),
    (
        "a_second_daemon_does_not_start_beside_the_first",
        second_daemon,
    ),
    (
        "other_programs_cannot_take_the_gate_away_for_long",
        table_deleted,
    ),
    ("a_refused_reload_calls_no_repair_off", refused_meanwhile),
    ("gate_down_gives_the_ports_back", gate_down),
    (
        "gate_down_beside_a_living_daemon_opens_nothing",
        gate_down_beside,
    ),
];

fn good_reload(entered: &Entered) -> Told {
    let (mut stage, daemon) = Stage::running_for(entered, "good-reload", "30s");
    assert_eq!(stage.bob.knock("office", V4), Err(Reason::Forbidden));
    stage.alice.knock("office", V4).unwrap();
    stage.write_config(
        &stage
            .config
            .replace("may = [\"ssh\"]", "may = [\"ssh\", \"office\"]"),
    );
    daemon.reload();
    daemon.await_line("reloaded");
    stage.bob.knock("office", V4).unwrap();
    assert!(is_in(&stage.bob.host, 443, V4));
    assert!(is_in(&stage.alice.host, 443, V4), "who was in stays in");
    Told::Whole
}

fn bad_reload(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running_for(entered, "bad-reload", "30s");
    stage.alice.knock("office", V4).unwrap();
    stage.write_config(
        &stage
            .config
            .replace("for = \"30s\"", "for = \"three seconds\""),
    );
    daemon.reload();
    daemon.await_line("reload-refused");
    assert!(
        daemon.log().contains("nightlatchd.toml"),
        "it says where: {}",
        daemon.log()
    );
    assert!(daemon.is_running());
    assert!(is_in(&stage.alice.host, 443, V4));
    stage.alice.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.alice.host, 22, V4));
    assert_silent(&stage.stranger, 22, V4);
    Told::Whole
}

fn client_removed(entered: &Entered) -> Told {
    let (mut stage, daemon) = Stage::running(entered, "removed");
    stage.alice.knock("office", V4).unwrap();
    stage.bob.knock("ssh", V4).unwrap();
    let at = stage.config.find("[client.alice]").unwrap();
    let bobs = stage.config.find("[client.bob]").unwrap();
    let without = [&stage.config[..at], &stage.config[bobs..]].concat();
    stage.write_config(&without);
    daemon.reload();
    daemon.await_line("reloaded");
    assert_silent(&stage.alice.host, 443, V4);
    stage.alice.patience = NEARBY;
    assert_eq!(
        stage.alice.knock("ssh", V4),
        Err(Reason::Silence),
        "she is a stranger now"
    );
    stage.bob.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.bob.host, 22, V4));
    Told::Whole
}

fn status(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "status");
    stage.alice.knock("office", V4).unwrap();
    let status = daemon.status();
    assert_eq!(status["clients"], 2, "{status}");
    assert_eq!(status["grants"][0]["client"], "alice", "{status}");
    assert_eq!(status["grants"][0]["service"], "office", "{status}");
    let mut rude = UnixStream::connect(daemon.socket()).unwrap();
    // What is written is never read: it may be refused, and does nothing.
    drop(rude.write_all(&vec![0xff; 1 << 16]));
    drop(rude.read_to_end(&mut Vec::new()));
    assert!(daemon.is_running());
    assert_eq!(daemon.status()["clients"], 2);
    Told::Whole
}

fn no_rights(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "no-rights");
    let mut start = command(&stage.folder);
    start.stderr(Stdio::piped());
    let output = stage.server.run(|| {
        // On this thread alone: what it starts cannot have a single capability, root or not.
        caps::clear(None, CapSet::Bounding).unwrap();
        start.output().unwrap()
    });
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(77), "{said}");
    assert!(
        said.contains("CAP_NET_RAW") || said.contains("CAP_NET_ADMIN"),
        "{said}"
    );
    assert!(
        is_in(&stage.stranger, 22, V4),
        "a start that fails leaves the ports alone"
    );
    Told::Whole
}

fn second_daemon(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "second");
    let mut start = command(&stage.folder);
    let output = stage
        .server
        .run(|| start.stderr(Stdio::piped()).output().unwrap())
        .unwrap();
    assert!(!output.status.success());
    assert!(!output.stderr.is_empty());
    assert!(daemon.is_running());
    stage.alice.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.alice.host, 22, V4));
    Told::Whole
}

fn table_deleted(entered: &Entered) -> Told {
    let Some(nft) = ["/usr/sbin/nft", "/sbin/nft"]
        .map(Path::new)
        .into_iter()
        .find(|nft| nft.exists())
    else {
        return Told::Skipped("there is no nft here to play the other program");
    };
    let (mut stage, daemon) = Stage::running_for(entered, "deleted", "30s");
    stage.alice.knock("office", V4).unwrap();
    for words in [
        &["delete", "table", "inet", "nightlatch"][..],
        &["flush", "ruleset"],
    ] {
        let put_back = daemon.times_said("gate-put-back");
        let mut other = program(nft);
        other.args(words).stderr(Stdio::null());
        let mut process = stage.server.spawn(other).unwrap();
        let deleted = process
            .wait_within(Duration::from_secs(10))
            .unwrap()
            .unwrap();
        if daemon.status()["gate"]["owned"] == false && deleted.success() {
            let is_back = || daemon.times_said("gate-put-back") > put_back;
            assert!(wait_until(PATIENCE, is_back), "{}", daemon.log());
        }
        assert_silent(&stage.stranger, 22, V4);
        assert!(
            is_in(&stage.alice.host, 443, V4),
            "with the grants in force"
        );
    }
    Told::Whole
}

/// Somebody saves a wrong file and tears the gate down, both at once.
fn refused_meanwhile(entered: &Entered) -> Told {
    let (mut stage, daemon) = Stage::running_for(entered, "refused-meanwhile", "30s");
    stage.alice.knock("office", V4).unwrap();
    stage.write_config("[server]\nguard = [\"everything\"]\n");
    daemon.reload();
    if !load(&stage.server, "flush ruleset") {
        return Told::Skipped("there is no nft here to play the other program");
    }
    daemon.await_line("reload-refused");
    if daemon.status()["gate"]["owned"] == false {
        daemon.await_line("gate-put-back");
    }
    assert_silent(&stage.stranger, 22, V4);
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    Told::Whole
}

fn gate_down_beside(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "gate-down-beside");
    let mut down = program(env!("CARGO_BIN_EXE_nightlatchd"));
    down.args(["gate", "down"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut process = stage.server.spawn(down).unwrap();
    let said = std::io::read_to_string(process.stderr().unwrap()).unwrap();
    let status = process
        .wait_within(Duration::from_secs(10))
        .unwrap()
        .unwrap();
    if daemon.status()["gate"]["owned"] == true {
        assert!(!status.success());
        assert!(said.contains("nightlatchd"), "{said}");
    } else {
        daemon.await_line("gate-put-back");
    }
    assert!(daemon.is_running());
    assert_silent(&stage.stranger, 22, V4);
    stage.alice.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.alice.host, 22, V4));
    Told::Whole
}

fn gate_down(entered: &Entered) -> Told {
    let (stage, mut daemon) = Stage::running(entered, "gate-down");
    daemon.kill();
    assert_silent(&stage.stranger, 22, V4);
    let mut down = program(env!("CARGO_BIN_EXE_nightlatchd"));
    down.args(["gate", "down"]).stdout(Stdio::null());
    let mut process = stage.server.spawn(down).unwrap();
    assert!(
        process
            .wait_within(Duration::from_secs(10))
            .unwrap()
            .unwrap()
            .success()
    );
    assert!(is_in(&stage.stranger, 22, V4));
    assert!(
        fs::metadata(stage.state()).is_ok(),
        "the state is nobody's business but the daemon's"
    );
    Told::Whole
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
