//! Stories of the state folder: lost, read-only, full. It may fail, and nobody is locked out.

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use nightlatch_config::{write_sequence_list, write_sequence_secret};
use nightlatch_lab::{Entered, Host, Limit, mount_limited, mount_read_only, unix_now, wait_until};
use nightlatch_ticket::{Happened, SequenceSecret, TimeStep, UnixTime};

use crate::daemon::command;
use crate::person::random;
use crate::stage::Family::V4;
use crate::stage::{Stage, assert_silent, is_in};
use crate::touch::Touch::Tcp;
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_lost_state_folder_costs_one_round_trip", lost),
    (
        "what_a_lost_state_folder_means_for_sequences_is_said",
        lost_with_sequences,
    ),
    (
        "a_state_folder_that_becomes_read_only_locks_nobody_out",
        becomes_read_only,
    ),
    ("a_full_state_folder_locks_nobody_out", full),
    (
        "a_state_folder_that_cannot_be_used_is_said_at_the_start",
        unusable,
    ),
    ("a_damaged_state_is_doubted_and_healed", damaged),
];

fn lost(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "lost");
    stage.alice.knock("ssh", V4).unwrap();
    assert!(daemon.stop().success());
    fs::remove_dir_all(stage.state()).unwrap();
    let daemon = stage.start();
    daemon.await_line("state-in-doubt");
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert!(matches!(outcome.happened, Happened::Granted { .. }));
    assert_eq!((outcome.sends, outcome.repairs.counter), (2, 1));
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

fn lost_with_sequences(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "lost-lines");
    stage.write_config(&(stage.config.clone() + SEQUENCES));
    write_sequence_list(&stage.folder.join("lines"), "7000 9000 8000\n").unwrap();
    let secret = SequenceSecret::generate(&mut random());
    write_sequence_secret(&stage.folder.join("secret"), &secret).unwrap();
    let mut daemon = stage.start();
    touch(&stage.alice.host, &[7000, 9000, 8000].map(Tcp), V4);
    assert!(wait_until(PATIENCE, || is_in(&stage.alice.host, 443, V4)));
    assert!(daemon.stop().success());
    let mut daemon = stage.start();
    assert!(
        !daemon.log().contains("remembers nothing"),
        "{}",
        daemon.log()
    );
    assert!(daemon.stop().success());

    fs::remove_dir_all(stage.state()).unwrap();
    let mut daemon = stage.start();
    let shown = daemon.status()["warnings"].to_string();
    for warning in [
        "lines of one-time lists",
        "time-based sequences open nothing",
    ] {
        let is_said = || daemon.log().contains(warning);
        assert!(shown.contains(warning), "{shown}");
        assert!(wait_until(PATIENCE, is_said), "{}", daemon.log());
    }
    touch_steps_around_now(&stage.bob.host, &secret);
    // After a crash the state looks whole.
    daemon.kill();
    let daemon = stage.start();
    touch_steps_around_now(&stage.bob.host, &secret);
    assert_silent(&stage.bob.host, 443, V4);
    assert!(daemon.status()["knocks"]["granted"].is_null());
    Told::Whole
}

/// Touches all ports that would open, were it known that they were not used.
fn touch_steps_around_now(host: &Host, secret: &SequenceSecret) {
    let TimeStep(now) = TimeStep::at(UnixTime::from_secs(unix_now().as_secs()), PERIOD);
    for step in now - 1..=now + 1 {
        let ports = secret.ports(TimeStep(step), 3, (30_000, 31_999));
        let touches: Vec<_> = ports.into_iter().map(Tcp).collect();
        touch(host, &touches, V4);
        assert_silent(host, 443, V4);
    }
}

fn becomes_read_only(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "read-only");
    if mount_read_only(&stage.state()).is_err() {
        return Told::Skipped("nothing can be mounted here");
    }
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4));
    stage.alice.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.alice.host, 22, V4));
    assert!(daemon.is_running());
    Told::Whole
}

fn full(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "full");
    fs::create_dir(stage.state()).unwrap();
    if mount_limited(&stage.state(), Limit { bytes: 4096 }).is_err() {
        return Told::Skipped("nothing can be mounted here");
    }
    let mut daemon = stage.start();
    let mut filler = File::create(stage.state().join("filler")).unwrap();
    while filler.write_all(&[0; 512]).is_ok() {}
    let mut stage = stage;
    for _ in 0..3 {
        stage.alice.knock("office", V4).unwrap();
        assert!(is_in(&stage.alice.host, 443, V4));
    }
    assert!(daemon.is_running());
    let status = daemon.stop();
    assert!(status.success(), "{}", daemon.log());
    assert_silent(&stage.stranger, 22, V4);
    let daemon = stage.start();
    let outcome = stage.alice.knock("ssh", V4).unwrap();
    assert!(
        matches!(outcome.happened, Happened::Granted { .. }),
        "{}",
        daemon.log()
    );
    Told::Whole
}

fn unusable(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "unusable");
    fs::write(stage.state(), "a file where a folder should be").unwrap();
    let mut start = command(&stage.folder);
    let output = stage
        .server
        .run(|| start.stderr(Stdio::piped()).output().unwrap())
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(71), "{said}");
    assert!(said.contains("state"), "{said}");
    assert!(
        is_in(&stage.stranger, 22, V4),
        "a start that fails leaves the ports alone"
    );
    Told::Whole
}

fn damaged(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "damaged");
    stage.alice.knock("ssh", V4).unwrap();
    assert!(daemon.stop().success());
    for file in fs::read_dir(stage.state()).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            // The journal's: a story of its own.
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        for byte in &mut bytes {
            *byte ^= 0x55;
        }
        fs::write(&path, bytes).unwrap();
    }
    let daemon = stage.start();
    daemon.await_line("state-in-doubt");
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert!(matches!(outcome.happened, Happened::Granted { .. }));
    assert!(is_in(&stage.alice.host, 443, V4));
    Told::Whole
}

/// Long, so that no story sees the end of it.
const PERIOD: u64 = 300;
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
const SEQUENCES: &str = r#"
[sequence.listed]
one-time = "lines"
opens = "office"

[sequence.timed]
time-based = "secret"
ports = 3
span = "30000-31999"
every = "5m"
opens = "office"
"#;
