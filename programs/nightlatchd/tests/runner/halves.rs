//! Start and stop: each half once, in their order, whatever is asked for in between.

use serde_json::json;

use crate::broker::{ALICE, BOB, Broker, DONE, FAILED, Kind, LONG, STARTED, action, but};

/// An action whose halves note that they ran, and for how many seconds.
fn noting(file: &str) -> serde_json::Value {
    action(
        &format!("echo start $NIGHTLATCH_SECONDS >> {file}"),
        Some(&format!("echo stop $NIGHTLATCH_SECONDS >> {file}")),
    )
}

/// A file that commands of a test write, which is known before its runner is.
pub(crate) fn trace() -> (tempfile::TempDir, String) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mode = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(folder.path(), mode).unwrap();
    let file = folder.path().join("trace").display().to_string();
    (folder, file)
}

#[test]
fn the_stop_half_runs_when_the_grant_ends() {
    let (_folder, file) = trace();
    let broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(1), ALICE);
    broker.await_lines(&file, &["start 1", "stop 1"]);
    let done = broker.logged("command-done");
    assert_eq!(done[0]["part"], "start");
    assert_eq!(done[0]["client"], "alice");
    assert_eq!(done[0]["address"], ALICE);
}

#[test]
fn a_renewal_moves_the_stop_and_runs_no_second_start() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(3), ALICE);
    broker.await_told(DONE, 1);
    broker.order(Kind::Start(4), ALICE);
    // Another address is another grant.
    broker.order(Kind::Start(LONG), BOB);
    broker.await_lines(&file, &["start 3", "start 3600", "stop 4"]);
}

#[test]
fn a_renewal_of_what_nothing_undoes_runs_again() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&action(&format!("echo start >> {file}"), None));
    for count in 1..=3 {
        broker.order(Kind::Start(LONG), ALICE);
        broker.await_told(DONE, count);
    }
    broker.await_lines(&file, &["start", "start", "start"]);
    assert_eq!(std::fs::read(broker.path("state/stops")).unwrap(), b"");
}

#[test]
fn an_early_end_stops_at_once_and_only_once() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(STARTED, 1);
    broker.order(Kind::Stop, ALICE);
    broker.order(Kind::Stop, ALICE);
    broker.await_told(DONE, 2);
    broker.order(Kind::Stop, ALICE);
    broker.order(Kind::Start(LONG), BOB);
    broker.await_told(DONE, 3);
    broker.await_lines(&file, &["start 3600", "stop 3600", "start 3600"]);
}

#[test]
fn a_stop_waits_for_its_start_however_slow() {
    let (_folder, file) = trace();
    let start = format!("sleep 1; echo start >> {file}");
    let mut broker = Broker::new(&action(&start, Some(&format!("echo stop >> {file}"))));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(STARTED, 1);
    broker.order(Kind::Stop, ALICE);
    broker.await_lines(&file, &["start", "stop"]);
}

#[test]
fn a_start_that_fails_is_stopped_all_the_same_and_tried_again_by_the_next_knock() {
    let (_folder, file) = trace();
    let start = format!("echo start >> {file}; exit 3");
    let mut broker = Broker::new(&action(&start, Some(&format!("echo stop >> {file}"))));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(FAILED, 1);
    assert_eq!(
        broker.await_logged("command-failed")["outcome"],
        "exit code 3"
    );
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(FAILED, 2);
    broker.order(Kind::Stop, ALICE);
    broker.await_lines(&file, &["start", "stop", "start", "stop"]);
}

#[test]
fn ipv6_has_its_own_halves_where_they_are_given() {
    let (_folder, file) = trace();
    let six = |what: &str| json!({ "Shell": format!("echo {what} %IP% >> {file}") });
    let act = but(noting(&file), "start_six", six("start-6"));
    let broker = Broker::new(&but(act, "stop_six", six("stop-6")));
    broker.order(Kind::Start(1), BOB);
    broker.await_lines(
        &file,
        &[&format!("start-6 {BOB}"), &format!("stop-6 {BOB}")],
    );
}

#[test]
fn an_action_that_a_reload_takes_away_is_undone_at_once() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(DONE, 1);
    broker.plan(&json!([but(action("true", None), "name", json!("other"))]));
    broker.await_lines(&file, &["start 3600", "stop 3600"]);
}

#[test]
fn an_action_that_a_reload_changes_is_undone_when_it_is_due() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&noting(&file));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(DONE, 1);
    let other = but(action("true", None), "name", json!("other"));
    let changed = action("true", Some(&format!("echo changed >> {file}")));
    // And it has another number now.
    broker.plan(&json!([other, changed]));
    broker
        .say(&crate::broker::errand(1, Kind::Stop, ALICE, "ssh"))
        .unwrap();
    broker.await_lines(&file, &["start 3600", "changed"]);
}
