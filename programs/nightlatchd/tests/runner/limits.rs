//! Limits: commands that hang, multiply, shout or flood stay within their bounds.

use std::fs;

use nightlatch_lab::wait_until;
use serde_json::{Value, json};

use crate::broker::{
    ALICE, Broker, DONE, Kind, LONG, PATIENCE, REFUSED, STARTED, TIMED_OUT, TOO_LATE, action, but,
    errand,
};
use crate::halves::trace;

fn hanging(line: &str, at_most: u16, millis: u32) -> Value {
    let timeout = json!({ "secs": millis / 1000, "nanos": millis % 1000 * 1_000_000 });
    but(
        but(action(line, None), "timeout", timeout),
        "at_most",
        json!(at_most),
    )
}

/// A length of sleep that nobody else on this machine sleeps.
pub(crate) fn long(number: u32) -> String {
    format!("4{number}.{}", std::process::id())
}

/// How many processes have this in their arguments.
fn processes_with(word: &str) -> usize {
    let has_word = |process: &fs::DirEntry| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|part| part == word.as_bytes())
    };
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes.filter(has_word).count()
}

#[test]
fn a_command_that_hangs_is_killed_with_everything_in_its_process_group() {
    let long = long(711);
    let line =
        format!("sleep {long} & sh -c 'trap \"\" TERM; sleep {long}; sleep {long}' & sleep {long}");
    let mut broker = Broker::new(&hanging(&line, 8, 4000));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(STARTED, 1);
    assert!(wait_until(PATIENCE, || processes_with(&long) == 3));
    broker.await_told(TIMED_OUT, 1);
    assert!(wait_until(PATIENCE, || processes_with(&long) == 0));
    let failed = broker.await_logged("command-failed");
    assert!(failed["outcome"].as_str().unwrap().starts_with("timed out"));
}

#[test]
fn what_a_command_leaves_behind_with_its_output_open_is_killed_too() {
    let long = long(712);
    let mut broker = Broker::new(&hanging(&format!("sleep {long} & exit 0"), 8, 500));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(TIMED_OUT, 1);
    assert!(wait_until(PATIENCE, || processes_with(&long) == 0));
}

#[test]
fn who_closes_his_output_may_stay() {
    let long = long(713);
    let line = format!("sleep {long} >/dev/null 2>&1 & exit 0");
    let mut broker = Broker::new(&hanging(&line, 8, 1000));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(DONE, 1);
    // A shell that was started becomes the sleep a moment later.
    assert!(wait_until(PATIENCE, || processes_with(&long) == 1));
    for process in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        if line == format!("sleep\0{long}\0").as_bytes() {
            let pid = process.file_name().to_str().unwrap().parse().unwrap();
            let pid = rustix::process::Pid::from_raw(pid).unwrap();
            rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        }
    }
}

#[test]
fn ten_thousand_hung_commands_are_no_more_than_a_few() {
    let (_folder, file) = trace();
    let long = long(714);
    let hung = hanging(&format!("exec sleep {long}"), 4, 60_000);
    let other = but(
        action(&format!("echo other >> {file}"), None),
        "name",
        json!("other"),
    );
    let mut broker = Broker::with(&json!([hung, other]));
    for number in 0..10_000_u32 {
        let [_, _, high, low] = number.to_be_bytes();
        let address = format!("10.0.{high}.{low}");
        broker
            .say(&errand(0, Kind::Start(LONG), &address, "ssh"))
            .unwrap();
        broker.told(STARTED);
    }
    // Another action has its turn all the same.
    broker
        .say(&errand(1, Kind::Start(LONG), ALICE, "ssh"))
        .unwrap();
    broker.await_lines(&file, &["other"]);
    broker.await_told(REFUSED, 10_000 - 4 - 512);
    // A command may write before the word that it started is here.
    broker.await_told(STARTED, 4 + 1);
    assert_eq!(broker.told(REFUSED), 10_000 - 4 - 512);
    assert_eq!(broker.told(STARTED), 4 + 1);
    // A shell that was started becomes the sleep a moment later.
    assert!(wait_until(PATIENCE, || processes_with(&long) == 4));
    broker.await_logged("commands-dropped");
    let dropped = broker.logged("commands-dropped").len();
    assert!((1..30).contains(&dropped), "{dropped} lines about it");
    broker.kill();
    // Nobody would end them any more.
    assert!(wait_until(PATIENCE, || processes_with(&long) == 0));
}

#[test]
fn what_waited_until_its_grant_was_over_does_not_run_any_more() {
    let (_folder, file) = trace();
    let mut broker = Broker::new(&hanging(
        &format!("echo %IP% >> {file}; sleep 2"),
        1,
        60_000,
    ));
    broker.order(Kind::Start(LONG), ALICE);
    broker.order(Kind::Start(1), "192.0.2.8");
    broker.order(Kind::Start(LONG), "192.0.2.9");
    broker.await_lines(&file, &[ALICE, "192.0.2.9"]);
    broker.await_told(TOO_LATE, 1);
    assert_eq!(broker.told(TOO_LATE), 1);
}

#[test]
fn stops_have_their_turn_before_more_starts() {
    let (_folder, file) = trace();
    let slow = action(
        &format!("echo start %IP% >> {file}; sleep 3"),
        Some(&format!("echo stop %IP% >> {file}")),
    );
    let broker = Broker::new(&but(slow, "at_most", json!(1)));
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        broker.order(Kind::Start(LONG), address);
    }
    broker.await_lines(&file, &["start 192.0.2.1"]);
    broker.order(Kind::Stop, "192.0.2.1");
    // One that did not begin is not undone either.
    broker.order(Kind::Stop, "192.0.2.3");
    broker.await_lines(
        &file,
        &["start 192.0.2.1", "stop 192.0.2.1", "start 192.0.2.2"],
    );
}

#[test]
fn output_becomes_lines_of_the_log_and_no_more_than_fit() {
    let line = "echo one; printf 'two\\033[2J\\n' >&2; printf three; head -c 100000 /dev/zero | tr '\\0' x";
    let mut broker = Broker::new(&action(line, None));
    broker.order(Kind::Start(LONG), ALICE);
    broker.await_told(DONE, 1);
    broker.await_logged("command-done");
    let said = broker.logged("command-said");
    let texts: Vec<_> = said
        .iter()
        .map(|line| line["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts[..2], ["one", "two\u{fffd}[2J"]);
    assert!(texts[2].starts_with("threexxx"));
    assert!(said.iter().all(|line| line["action"] == "act"));
    let whole: usize = texts.iter().map(|text| text.len()).sum();
    assert!((60_000..70_000).contains(&whole), "{whole}");
}

#[test]
fn a_command_that_cannot_be_started_says_so() {
    let act = but(
        action("", None),
        "start",
        json!({ "Argv": ["/nowhere/at all"] }),
    );
    let broker = Broker::new(&act);
    broker.order(Kind::Start(LONG), ALICE);
    assert_eq!(
        broker.await_logged("command-failed")["outcome"],
        "exit code 69"
    );
    let said = broker.await_logged("command-said");
    assert!(
        said["text"].as_str().unwrap().contains("/nowhere/at all"),
        "{said}"
    );
}
