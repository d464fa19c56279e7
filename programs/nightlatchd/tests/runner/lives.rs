//! Lives: what was begun is undone, whatever happens to the runner, the broker or the disk.

use std::fs;

use nightlatch_lab::wait_until;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

use crate::broker::{
    ALICE, BOB, Broker, DONE, Kind, LONG, ORPHANED, PATIENCE, STARTED, UNDURABLE, action, but,
    errand,
};
use crate::halves::trace;

fn noting(file: &str) -> Value {
    action(
        &format!("echo start %IP% >> {file}"),
        Some(&format!("echo stop %IP% $NIGHTLATCH_CLIENT >> {file}")),
    )
}

#[test]
fn a_stop_that_is_not_due_outlives_a_clean_end() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(DONE, 1);
    assert_eq!(broker.end(), Some(0));
    broker.await_lines(&file, &[&format!("start {ALICE}")]);
    broker.again(&json!([noting(&file)]));
    broker.order(Kind::Stop, ALICE);
    broker.await_lines(
        &file,
        &[&format!("start {ALICE}"), &format!("stop {ALICE} alice")],
    );
    // That of the life before, and that of the stop.
    assert!(wait_until(PATIENCE, || broker.logged("command-done").len() == 2));
    assert_eq!(broker.end(), Some(0));
    broker.again(&json!([noting(&file)]));
    assert_eq!(broker.end(), Some(0));
    broker.await_lines(
        &file,
        &[&format!("start {ALICE}"), &format!("stop {ALICE} alice")],
    );
}

#[test]
fn a_stop_that_fell_due_meanwhile_runs_at_the_next_start() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(1), ALICE);
    broker.await_told(DONE, 1);
    broker.kill();
    broker.again(&json!([noting(&file)]));
    broker.await_lines(
        &file,
        &[&format!("start {ALICE}"), &format!("stop {ALICE} alice")],
    );
}

#[test]
fn a_runner_that_is_killed_while_a_start_runs_undoes_it_in_its_next_life() {
    let (_folder, file) = trace();
    let act = |start: &str| action(start, Some(&format!("echo stop >> {file}")));
    let mut broker = Broker::new(&act(&format!("echo start >> {file}; exec sleep 60")));
    broker.order(Kind::Start(2), ALICE);
    broker.await_lines(&file, &["start"]);
    broker.kill();
    broker.again(&json!([act(&format!("echo again >> {file}"))]));
    broker.await_lines(&file, &["start", "stop"]);
}

#[test]
fn a_knock_after_a_crash_starts_anew_but_first_undoes_what_was_begun() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(DONE, 1);
    broker.kill();
    broker.again(&json!([noting(&file)]));
    broker.order(Kind::Start(LONG), ALICE);
    let (start, stop) = (format!("start {ALICE}"), format!("stop {ALICE} alice"));
    broker.await_lines(&file, &[&start, &stop, &start]);
}

#[test]
fn a_torn_file_loses_no_more_than_its_last_record() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    for address in [ALICE, BOB] {
        broker.order(Kind::Start(4), address);
    }
    broker.await_told(DONE, 2);
    broker.kill();
    let stops = broker.path("state/stops");
    let whole = fs::read(&stops).unwrap();
    fs::write(&stops, &whole[..whole.len() - 1]).unwrap();
    broker.again(&json!([noting(&file)]));
    assert!(wait_until(PATIENCE, || broker.lines(&file).len() >= 3));
    let stopped = broker.lines(&file)[2].clone();
    assert!(stopped.starts_with("stop "), "{stopped}");
}

#[test]
fn stops_run_at_a_shutdown_where_the_action_says_so() {
    let (_folder, file) = trace();
    let at_shutdown = but(noting(&file), "stop_at_shutdown", json!(true));
    let later = but(noting(&file), "name", json!("later"));
    let mut broker = Broker::with(&json!([at_shutdown, later]));
    broker.order(Kind::Start(LONG), ALICE);
    broker
        .say(&errand(1, Kind::Start(LONG), BOB, "ssh"))
        .unwrap();
    broker.await_told(DONE, 2);
    assert_eq!(broker.end(), Some(0));
    let lines = broker.lines(&file);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[2], format!("stop {ALICE} alice"));
}

#[test]
fn what_runs_when_the_broker_dies_may_finish_and_signals_to_all_do_not_end_it() {
    let (_folder, file) = trace();
    let start = format!("echo begun >> {file}; sleep 1; echo finished >> {file}");
    let mut broker = Broker::new(&action(&start, None));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_lines(&file, &["begun"]);
    let group = Pid::from_raw(i32::try_from(broker.pid()).unwrap()).unwrap();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        kill_process_group(group, signal).unwrap();
    }
    assert_eq!(broker.end(), Some(0));
    broker.await_lines(&file, &["begun", "finished"]);
}

#[test]
fn a_disk_that_takes_nothing_costs_the_memory_and_not_the_command() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(LONG), BOB);
    broker.await_told(DONE, 1);
    broker.end();
    // Nobody can write where a file is, not even root.
    fs::remove_dir_all(broker.path("state")).unwrap();
    fs::write(broker.path("state"), "").unwrap();
    broker.again(&json!([noting(&file)]));
    broker.order(Kind::Start(1), ALICE);
    broker.await_lines(
        &file,
        &[
            &format!("start {BOB}"),
            &format!("start {ALICE}"),
            &format!("stop {ALICE} alice"),
        ],
    );
    broker.await_told(UNDURABLE, 1);
    broker.await_logged("stops-failing");
    assert_eq!(broker.logged("stops-failing").len(), 1);
}

#[test]
fn stops_of_an_action_that_is_gone_wait_for_it_and_are_told_of() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(3), ALICE);
    broker.await_told(DONE, 1);
    broker.kill();
    broker.again(&json!([]));
    let warned = broker.await_logged("warned");
    assert!(warned["warning"].as_str().unwrap().contains("\"act\""));
    broker.await_told(ORPHANED, 1);
    broker.plan(&json!([noting(&file)]));
    broker.await_lines(
        &file,
        &[&format!("start {ALICE}"), &format!("stop {ALICE} alice")],
    );
}

#[test]
fn two_lives_at_once_do_not_get_into_each_others_way() {
    let (_folder, file) = trace();
    let slow = action(
        &format!("echo start >> {file}; sleep 2; echo started >> {file}"),
        Some(&format!("echo stop >> {file}")),
    );
    let mut first = Broker::new(&slow.clone());
    first.order(Kind::Start(1), ALICE);
    first.await_told(STARTED, 1);
    let second = first.beside(&json!([slow]));
    second.order(Kind::Stop, BOB);
    second.await_logged("warned");
    assert_eq!(first.end(), Some(0));
    second.await_lines(&file, &["start", "started", "stop"]);
}

#[test]
fn bytes_that_are_no_errand_end_the_runner() {
    for bad in [
        &[9; 1184][..],
        &[3; 1184],
        &[4; 1183],
        &[5],
        b"\x02{\"actions\":[]}",
    ] {
        let mut broker = Broker::new(&action("true", None));
        broker.say(bad).unwrap();
        assert_eq!(broker.await_end(), Some(70), "{bad:?}");
    }
}

#[test]
fn a_broker_that_says_nothing_and_ends_takes_the_runner_along() {
    let mut broker = Broker::new(&action("true", None));
    assert_eq!(broker.end(), Some(0));
}
