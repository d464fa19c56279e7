//! Stories of ends and new beginnings: killed, stopped, started with doors open.

use nightlatch_lab::{Entered, wait_until};
use nightlatch_ticket::Happened;
use serde_json::Value;
use std::time::Duration;

use crate::daemon::{let_pass, processes_in};
use crate::stage::Family::{V4, V6};
use crate::stage::{LONG, SHORT, Stage, assert_silent, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "killed_while_a_door_is_open_the_kernel_closes_it",
        killed_while_open,
    ),
    ("killed_it_leaves_no_listener_behind", no_orphan),
    ("a_crash_costs_one_round_trip", in_doubt),
    (
        "a_grant_is_adopted_by_the_next_start_and_still_closes",
        adopted,
    ),
    ("stopped_it_leaves_the_gate_closed", stopped),
    (
        "one_opening_is_one_line_of_the_status_after_a_restart_and_a_reload",
        one_line,
    ),
];

fn killed_while_open(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "killed");
    stage.alice.knock("office", V4).unwrap();
    stage.alice.knock("office", V6).unwrap();
    daemon.kill();
    assert!(
        is_in(&stage.alice.host, 443, V4),
        "open doors stay open for their time"
    );
    assert_silent(&stage.stranger, 443, V4);
    let_pass(LONG);
    assert_silent(&stage.alice.host, 443, V4);
    assert_silent(&stage.alice.host, 443, V6);
    assert_silent(&stage.stranger, 80, V4);
    Told::Whole
}

fn no_orphan(entered: &Entered) -> Told {
    let (stage, mut daemon) = Stage::running(entered, "orphan");
    assert_eq!(
        processes_in(&stage.server),
        3,
        "a broker, a listener and a clerk"
    );
    daemon.kill();
    // A process that ended and that nobody waits for has no namespaces any more.
    let is_gone = || processes_in(&stage.server) == 0;
    assert!(wait_until(PATIENCE, is_gone));
    Told::Whole
}

fn in_doubt(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "in-doubt");
    stage.alice.knock("ssh", V4).unwrap();
    let outcome = stage.alice.knock("ssh", V4).unwrap();
    assert_eq!(
        (outcome.sends, outcome.repairs.is_none()),
        (1, true),
        "no doubt without a crash"
    );
    daemon.kill();
    let daemon = stage.start();
    daemon.await_line("state-in-doubt");
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert!(matches!(outcome.happened, Happened::Granted { .. }));
    assert_eq!((outcome.sends, outcome.repairs.counter), (2, 1));
    assert!(is_in(&stage.alice.host, 443, V4));
    let outcome = stage.alice.knock("office", V4).unwrap();
    assert_eq!(outcome.sends, 1, "only the first knock was in doubt");
    Told::Whole
}

fn adopted(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running_for(entered, "adopted", "8s");
    stage.alice.knock("office", V4).unwrap();
    assert!(daemon.stop().success());
    assert!(
        is_in(&stage.alice.host, 443, V4),
        "what was promised is kept"
    );
    let daemon = stage.start();
    assert!(is_in(&stage.alice.host, 443, V4));
    let status = daemon.status();
    assert_eq!(status["grants_in_force"], 1, "{status}");
    assert_eq!(status["grants"][0]["address"], "10.77.0.2", "{status}");
    let is_shut = || !is_in(&stage.alice.host, 443, V4);
    assert!(wait_until(PATIENCE, is_shut), "it still closes");
    assert_silent(&stage.alice.host, 443, V4);
    assert_eq!(daemon.status()["grants_in_force"], 0);
    Told::Whole
}

fn stopped(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "stopped");
    stage.alice.knock("ssh", V4).unwrap();
    let_pass(SHORT);
    assert!(daemon.stop().success());
    assert!(daemon.has_said("stopping"), "{}", daemon.log());
    for family in [V4, V6] {
        assert_silent(&stage.alice.host, 22, family);
        assert_silent(&stage.stranger, 22, family);
    }
    assert_eq!(processes_in(&stage.server), 0);
    let _daemon = stage.start();
    let outcome = stage.alice.knock("ssh", V4).unwrap();
    assert_eq!(outcome.sends, 1, "a clean stop leaves no doubt");
    Told::Whole
}

fn one_line(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "one-line");
    stage.write_config(&stage.config.replace("for = \"3s\"", "for = \"1h\""));
    daemon.stop();
    let mut daemon = stage.start();
    stage.alice.knock("office", V4).unwrap();
    daemon.stop();
    let daemon = stage.start();
    assert_eq!(whose(&daemon.status()), ["null"]);
    stage.alice.knock("office", V4).unwrap();
    assert_eq!(whose(&daemon.status()), ["\"alice\""]);
    stage.write_config(&stage.config.replace("for = \"3s\"", "for = \"2h\""));
    daemon.reload();
    daemon.await_line("reloaded");
    assert_eq!(whose(&daemon.status()), ["\"alice\""]);
    assert_eq!(daemon.status()["grants_in_force"], 1);
    Told::Whole
}

/// Who stands in the lines of the status.
fn whose(status: &Value) -> Vec<String> {
    let lines = status["grants"].as_array().unwrap().iter();
    lines.map(|line| line["client"].to_string()).collect()
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(15);
