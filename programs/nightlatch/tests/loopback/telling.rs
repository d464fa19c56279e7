//! `nightlatch tell`, from the command line to the text that arrives.

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::home::{Home, text};
use crate::letterbox::{Habits, Letterbox};

/// A home, and the letterbox that it knows.
fn correspondents(habits: Habits) -> (Home, Letterbox) {
    let (home, public) = Home::with_key();
    let letterbox = Letterbox::open(public.parse().unwrap(), habits);
    home.knows(letterbox.address);
    (home, letterbox)
}

fn told_by_input(home: &Home, input: &[u8]) -> Output {
    let mut command = home.command(&["tell", "home", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_text_arrives_as_it_was_written_and_that_is_said() {
    let (home, letterbox) = correspondents(Habits::default());
    let output = home.run(&["tell", "home", "grüße an\nalle"]);
    assert_eq!(text(&output.stdout), "told home: taken\n");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(letterbox.texts(), ["grüße an\nalle"]);
}

#[test]
fn a_text_comes_from_standard_input_too() {
    let (home, letterbox) = correspondents(Habits::default());
    let output = told_by_input(&home, b"from elsewhere\n");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(letterbox.texts(), ["from elsewhere"]);
    let nothing = told_by_input(&home, b"\n");
    assert_eq!(nothing.status.code(), Some(64), "{nothing:?}");
    let noise = told_by_input(&home, &[0xff, 0xfe]);
    assert_eq!(noise.status.code(), Some(65), "{noise:?}");
}

#[test]
fn a_kibibyte_is_told_and_a_byte_more_is_refused_with_how_long_it_may_be() {
    let (home, letterbox) = correspondents(Habits::default());
    let longest = "a".repeat(1024);
    assert!(home.run(&["tell", "home", &longest]).status.success());
    assert_eq!(letterbox.texts(), [longest.as_str()]);
    let output = home.run(&["tell", "home", &format!("{longest}a")]);
    assert_eq!(output.status.code(), Some(64));
    let words = text(&output.stderr);
    assert!(words.contains("1025 bytes"), "{words}");
    assert!(words.contains("1024 at most"), "{words}");
    assert_eq!(letterbox.texts(), Vec::<String>::new());
}

#[test]
fn json_is_one_object_without_the_text() {
    let (home, _letterbox) = correspondents(Habits::default());
    let output = home.run(&["tell", "home", "hush", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["done"], true);
    assert_eq!(told["server"], "home");
    assert_eq!(told.get("service"), None);
    assert_eq!(told["visits"][0]["outcome"], "taken");
    assert_eq!(told["visits"][0]["method"], "ticket");
    assert!(!text(&output.stdout).contains("hush"));
}

#[test]
fn a_wrong_clock_and_a_nat_are_repaired_and_the_text_arrives_once() {
    let (home, letterbox) = correspondents(Habits {
        clock_ahead: 90_000,
        nat: Some("203.0.113.7".parse().unwrap()),
        ..Habits::default()
    });
    let output = home.run(&["tell", "home", "hello"]);
    assert_eq!(text(&output.stdout), "told home: taken\n", "{output:?}");
    assert_eq!(letterbox.texts(), ["hello"]);
}

#[test]
fn lost_packets_are_sent_again_and_a_recovery_says_nothing_of_the_text() {
    let (home, letterbox) = correspondents(Habits {
        deaf_for: 2,
        ..Habits::default()
    });
    let output = home.run(&["tell", "home", "hello", "--verbose"]);
    assert!(output.status.success(), "{output:?}");
    let words = text(&output.stderr);
    assert!(words.contains("sent a message"), "{words}");
    assert!(words.contains("sent a recovery knock"), "{words}");
    assert_eq!(letterbox.texts(), ["hello"]);
}

#[test]
fn who_may_not_tell_is_told_what_the_administrator_can_do() {
    let (home, letterbox) = correspondents(Habits {
        forbids: true,
        ..Habits::default()
    });
    let output = home.run(&["tell", "home", "hello"]);
    assert_eq!(output.status.code(), Some(77));
    assert!(text(&output.stderr).contains("may-tell"), "{output:?}");
    assert_eq!(letterbox.texts(), Vec::<String>::new());
}

#[test]
fn with_no_ack_it_tells_and_goes() {
    let (home, letterbox) = correspondents(Habits::default());
    let output = home.run(&["tell", "home", "hello", "--no-ack"]);
    assert!(output.status.success(), "{output:?}");
    assert!(text(&output.stdout).contains("never answers"), "{output:?}");
    drop(home);
    let told = letterbox.await_text();
    assert_eq!(told, "hello");
}

#[test]
fn an_encrypted_sequence_has_room_for_little() {
    let (home, _letterbox) = correspondents(Habits::default());
    let long = "a".repeat(33);
    let line = ["tell", "home", &long, "--method", "encrypted-sequence"];
    let output = home.run(&line);
    assert_eq!(output.status.code(), Some(64));
    let words = text(&output.stderr);
    assert!(words.contains("33 bytes"), "{words}");
    assert!(words.contains("32 at most"), "{words}");
    assert!(words.contains("--method ticket"), "{words}");
}
