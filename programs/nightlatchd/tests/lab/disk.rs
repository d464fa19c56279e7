//! Stories of the state folder: lost, read-only, full. It may fail, and nobody is locked out.

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;

use nightlatch_lab::{Entered, Limit, mount_limited, mount_read_only};
use nightlatch_ticket::Happened;

use crate::daemon::command;
use crate::stage::Family::V4;
use crate::stage::{Stage, assert_silent, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_lost_state_folder_costs_one_round_trip", lost),
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
