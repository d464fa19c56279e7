//! Stories of actions: what a knock sets off, and what undoes it, whatever happens to us meanwhile.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use nightlatch_lab::{Entered, pause, wait_until};
use nightlatch_ticket::{Happened, Kind};

use crate::daemon::Daemon;
use crate::stage::Family::{V4, V6};
use crate::stage::{Stage, is_in};
use crate::touch::Touch::Tcp;
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_knock_runs_a_command_and_its_end_the_other", both_halves),
    ("a_sequence_runs_one_too", by_sequence),
    ("closing_early_runs_the_second_half_at_once", closed_early),
    ("a_renewal_puts_the_second_half_off", renewed),
    ("the_second_half_survives_a_crash", survives),
    (
        "a_second_half_is_not_forgotten_where_no_action_is_left",
        orphaned,
    ),
    ("a_command_that_hangs_holds_nobody_up", hangs),
    ("a_reload_changes_what_is_run", reloaded),
    ("a_service_that_a_reload_takes_away_is_undone", taken_away),
    (
        "what_two_started_runs_on_when_a_reload_takes_one_and_moves_services",
        still_held,
    ),
    (
        "the_right_one_is_undone_after_a_reload_that_changes_their_order",
        reordered,
    ),
];

fn both_halves(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "action-halves", ACTION);
    for (family, address) in [(V4, "10.77.0.2"), (V6, "fd77::2")] {
        let outcome = stage.alice.knock("note", family).unwrap();
        assert_eq!(outcome.happened, Happened::Granted { seconds: 1 });
        awaits(
            &stage,
            &format!("start {address} alice note 1 {address}"),
            &daemon,
        );
        awaits(&stage, &format!("stop {address}"), &daemon);
    }
    Told::Whole
}

fn by_sequence(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "action-sequence", ACTION);
    touch(&stage.bob.host, &[Tcp(7000), Tcp(9000), Tcp(8000)], V4);
    awaits(&stage, "start 10.77.0.3 wake note 1 10.77.0.3", &daemon);
    awaits(&stage, "stop 10.77.0.3", &daemon);
    Told::Whole
}

fn closed_early(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "action-close", &ACTION.replace("1s", "1h"));
    stage.alice.knock("note", V4).unwrap();
    awaits(&stage, "start 10.77.0.2", &daemon);
    stage.alice.wish(Kind::Close, "note", V4).unwrap();
    awaits(&stage, "stop 10.77.0.2", &daemon);
    Told::Whole
}

fn renewed(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "action-renewal", &ACTION.replace("1s", "4s"));
    stage.alice.knock("note", V4).unwrap();
    awaits(&stage, "start", &daemon);
    pause(Duration::from_secs(2));
    stage.alice.knock("note", V4).unwrap();
    pause(Duration::from_millis(2_300));
    let noted = fs::read_to_string(note(&stage)).unwrap();
    assert_eq!(noted.matches("start").count(), 1, "{noted}");
    assert!(!noted.contains("stop"), "too early: {noted}");
    awaits(&stage, "stop 10.77.0.2", &daemon);
    Told::Whole
}

fn survives(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = running(entered, "action-crash", &ACTION.replace("1s", "3s"));
    stage.alice.knock("note", V4).unwrap();
    awaits(&stage, "start", &daemon);
    daemon.kill();
    drop(daemon);
    pause(Duration::from_millis(3_500));
    let noted = fs::read_to_string(note(&stage)).unwrap();
    assert!(
        !noted.contains("stop"),
        "nobody is there to run it: {noted}"
    );
    let daemon = stage.start();
    awaits(&stage, "stop 10.77.0.2", &daemon);
    Told::Whole
}

/// Nobody knows how to run it; so it is told of until somebody does.
fn orphaned(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = running(entered, "action-orphaned", ACTION);
    let (action, _) = ACTION.split_once("[sequence.wake]").unwrap();
    let whole = may_note(&stage.config) + &with_folder(&stage, action);
    stage.alice.knock("note", V4).unwrap();
    awaits(&stage, "start", &daemon);
    assert!(daemon.stop().success());
    stage.write_config(&stage.config);
    let daemon = stage.start();
    daemon.await_line("warned");
    assert!(daemon.log().contains("\\\"note\\\""), "{}", daemon.log());
    let warnings = || daemon.status()["warnings"].to_string();
    let is_shown = || warnings().contains("1 stop commands wait");
    assert!(wait_until(PATIENCE, is_shown), "{}", warnings());
    // With its action it runs at last, and without another start.
    stage.write_config(&whole);
    daemon.reload();
    awaits(&stage, "stop 10.77.0.2", &daemon);
    let is_over = || !warnings().contains("stop commands wait");
    assert!(wait_until(PATIENCE, is_over), "{}", warnings());
    Told::Whole
}

fn hangs(entered: &Entered) -> Told {
    let action = ACTION.replace("start-shell = ", "start-shell = \"sleep 600\" #");
    let action = action.replace("\"10s\"", "\"1s\"");
    let (mut stage, daemon) = running(entered, "action-hangs", &action);
    for _ in 0..50 {
        stage.alice.knock("note", V4).unwrap();
    }
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    daemon.await_line("command-failed");
    Told::Whole
}

fn reloaded(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "action-reload", ACTION);
    let changed = with_folder(&stage, &ACTION.replace("start %IP%", "begin %IP%"));
    stage.write_config(&(may_note(&stage.config) + &changed));
    daemon.reload();
    daemon.await_line("reloaded");
    stage.alice.knock("note", V4).unwrap();
    awaits(&stage, "begin 10.77.0.2", &daemon);
    // A user that does not exist is found before anything is taken over.
    stage.write_config(&(may_note(&stage.config) + &changed.replace("\"root\"", "\"nosuchuser\"")));
    daemon.reload();
    daemon.await_line("reload-refused");
    stage.alice.knock("office", V4).unwrap();
    assert!(is_in(&stage.alice.host, 443, V4), "{}", daemon.log());
    Told::Whole
}

/// Others move up into its place, and who holds one of them holds not this one.
fn taken_away(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "action-taken");
    let without = stage.config.clone();
    let (before, behind) = without.split_once("[service.web]").unwrap();
    let action = with_folder(&stage, &ACTION.replace("1s", "1h"));
    let whole = format!("{before}{action}\n[service.web]{behind}");
    stage.write_config(&may_note(&whole));
    let daemon = stage.start();
    stage.alice.knock("note", V4).unwrap();
    awaits(&stage, "start 10.77.0.2", &daemon);
    stage.alice.knock("web", V4).unwrap();
    stage.write_config(&without);
    daemon.reload();
    daemon.await_line("reloaded");
    awaits(&stage, "stop 10.77.0.2", &daemon);
    Told::Whole
}

/// A ticket and a sequence from one address; the service gets another place, and only the ticket's grant ends.
fn still_held(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "action-still-held");
    let action = with_folder(&stage, &(ACTION.replace("1s", "1h") + SHUT));
    let (before, behind) = stage.config.split_once("[service.ssh]").unwrap();
    let first = format!("{before}{action}\n[service.ssh]{behind}");
    stage.write_config(&may_note(&first));
    let daemon = stage.start();
    let alice = &stage.alice.host;
    touch(alice, &[Tcp(7000), Tcp(9000), Tcp(8000)], V4);
    awaits(&stage, "start 10.77.0.2 wake", &daemon);
    stage.alice.knock("note", V4).unwrap();
    stage.write_config(&(stage.config.clone() + &action));
    daemon.reload();
    daemon.await_line("reloaded");
    // The listener is told a moment later which variants count. What comes then is ordered behind the reload.
    pause(5 * A_MOMENT);
    touch(&stage.bob.host, &[Tcp(7000), Tcp(9000), Tcp(8000)], V4);
    awaits(&stage, "start 10.77.0.3", &daemon);
    let noted = fs::read_to_string(note(&stage)).unwrap();
    assert!(!noted.contains("stop"), "{noted}");
    touch(&stage.alice.host, &[Tcp(9000), Tcp(7000), Tcp(8000)], V4);
    awaits(&stage, "stop 10.77.0.2", &daemon);
    Told::Whole
}

fn reordered(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "action-reordered");
    let [lamp, door] = ["lamp", "door"].map(|name| {
        let action = ONE_OF_TWO.replace("NAME", name);
        with_folder(&stage, &action)
    });
    let may = stage
        .config
        .replace("\"web\", \"office\"]", "\"lamp\", \"door\"]");
    stage.write_config(&(may.clone() + &lamp + &door));
    let daemon = stage.start();
    for service in ["lamp", "door"] {
        stage.alice.knock(service, V4).unwrap();
        awaits(&stage, &format!("start {service}"), &daemon);
    }
    // Others first, and these two the other way round.
    let (before, behind) = may.split_once("[service.ssh]").unwrap();
    stage.write_config(&format!("{before}{door}{lamp}\n[service.ssh]{behind}"));
    daemon.reload();
    daemon.await_line("reloaded");
    stage.alice.wish(Kind::Close, "lamp", V4).unwrap();
    awaits(&stage, "stop lamp", &daemon);
    let noted = fs::read_to_string(note(&stage)).unwrap();
    assert!(!noted.contains("stop door"), "{noted}");
    stage.alice.wish(Kind::Close, "door", V4).unwrap();
    awaits(&stage, "stop door", &daemon);
    Told::Whole
}

fn awaits(stage: &Stage, line: &str, daemon: &Daemon) {
    let is_noted = || fs::read_to_string(note(stage)).is_ok_and(|noted| noted.contains(line));
    assert!(
        wait_until(PATIENCE, is_noted),
        "no {line:?} in {:?}\n{}",
        fs::read_to_string(note(stage)),
        daemon.log()
    );
}

fn note(stage: &Stage) -> PathBuf {
    stage.folder.join("note")
}

fn running(entered: &Entered, name: &str, action: &str) -> (Stage, Daemon) {
    let stage = Stage::new(entered, name);
    let text = with_folder(&stage, action);
    stage.write_config(&(may_note(&stage.config) + &text));
    let daemon = stage.start();
    (stage, daemon)
}

fn with_folder(stage: &Stage, action: &str) -> String {
    action.replace("NOTE", &note(stage).display().to_string())
}

fn may_note(config: &str) -> String {
    config.replace("\"web\", \"office\"]", "\"web\", \"office\", \"note\"]")
}

const ACTION: &str = r#"
[service.note]
run = "note"
for = "1s"

[action.note]
start-shell = "echo start %IP% $NIGHTLATCH_CLIENT $NIGHTLATCH_SERVICE $NIGHTLATCH_SECONDS $NIGHTLATCH_ADDRESS >> NOTE"
stop-shell = "echo stop %IP% >> NOTE"
user = "root"
timeout = "10s"

[sequence.wake]
steps = ["tcp/7000", "tcp/9000", "tcp/8000"]
opens = "note"
"#;

const SHUT: &str = r#"
[sequence.sleep]
steps = ["tcp/9000", "tcp/7000", "tcp/8000"]
closes = "note"
"#;

const ONE_OF_TWO: &str = r#"
[service.NAME]
run = "NAME"
for = "1h"

[action.NAME]
start-shell = "echo start NAME >> NOTE"
stop-shell = "echo stop NAME >> NOTE"
user = "root"
"#;

/// Ten times what anything here takes on a busy machine.
const A_MOMENT: Duration = Duration::from_millis(200);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(15);
