//! Stories of texts: told by the real tool, taken by the daemon, handed to an action as they are.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use nightlatch_lab::{Entered, Host, pause, wait_until};
use serde_json::Value;

use crate::daemon::Daemon;
use crate::encrypted::may_tell;
use crate::stage::Stage;
use crate::tool::{NO_TOOL, command, run, tool};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_text_is_taken_logged_and_handed_over_as_it_is", taken),
    (
        "a_text_of_any_length_up_to_the_longest_is_handed_over",
        lengths,
    ),
    ("who_may_not_tell_is_told_so", forbidden),
    ("a_text_that_is_too_long_is_not_sent", too_long),
    ("a_text_told_by_ports_is_handed_over_too", by_ports),
    ("a_text_cannot_break_a_line_of_the_log", control_characters),
];

fn taken(entered: &Entered) -> Told {
    let Some(scene) = Scene::new(entered, "tell-taken", "json") else {
        return Told::Skipped(NO_TOOL);
    };
    for (server, address) in [("home", "10.77.0.2"), ("home-six", "fd77::2")] {
        let text = scene.hostile_text(server);
        let said = scene.alice(&[server, &text]);
        assert_eq!(said["outcome"], "taken", "{said}");
        scene.assert_heard(text.as_bytes());
        let line = scene.await_told(&text);
        assert_eq!(
            (&line["client"], &line["address"]),
            (&"alice".into(), &address.into())
        );
        let around = fs::read_to_string(scene.stage.folder.join("around")).unwrap();
        let called = format!("/hear 1 {address}\n");
        assert!(around.contains(&called), "{around}");
        assert!(
            around.contains(&format!("NIGHTLATCH_ADDRESS={address}")),
            "{around}"
        );
        assert!(!around.contains("pwned"), "{around}");
    }
    assert!(!scene.stage.folder.join("pwned").exists());
    assert_eq!(scene.told().len(), 2);
    Told::Whole
}

fn lengths(entered: &Entered) -> Told {
    let Some(scene) = Scene::new(entered, "tell-lengths", "json") else {
        return Told::Skipped(NO_TOOL);
    };
    for length in [1, 63, 64, 65, 1023, 1024] {
        let text = "ä".repeat(length / 2) + &"x".repeat(length % 2);
        let said = scene.alice(&["home", &text]);
        assert_eq!(said["outcome"], "taken", "{length}: {said}");
        scene.assert_heard(text.as_bytes());
    }
    let original = "two lines\nand an end\n";
    fs::write(scene.stage.folder.join("input"), original).unwrap();
    let input = fs::File::open(scene.stage.folder.join("input")).unwrap();
    let output = scene.tell("alice", &["home", "-"], Stdio::from(input));
    assert!(output.status.success(), "{output:?}");
    scene.assert_heard(original.trim_end().as_bytes());
    Told::Whole
}

fn forbidden(entered: &Entered) -> Told {
    let Some(scene) = Scene::new(entered, "tell-forbidden", "json") else {
        return Told::Skipped(NO_TOOL);
    };
    let output = scene.tell("bob", &["home", "let me in"], Stdio::null());
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("forbidden"), "{output:?}");
    let ports = ["home", "let me in", "--method", "encrypted-sequence"];
    scene.tell("bob", &ports, Stdio::null());
    pause(A_MOMENT);
    assert_eq!(scene.told(), Vec::<Value>::new());
    assert!(!scene.heard().exists());
    Told::Whole
}

fn too_long(entered: &Entered) -> Told {
    let Some(scene) = Scene::new(entered, "tell-long", "json") else {
        return Told::Skipped(NO_TOOL);
    };
    let (long, short) = ("x".repeat(1025), "x".repeat(33));
    let by_ports = ["home", &short, "--method", "encrypted-sequence"];
    for line in [&["home", long.as_str()][..], &by_ports, &["home", ""]] {
        let output = scene.tell("alice", line, Stdio::null());
        assert!(!output.status.success(), "{output:?}");
        assert_eq!(output.status.signal(), None, "{output:?}");
        assert!(!output.stderr.is_empty(), "it says why");
    }
    pause(A_MOMENT);
    assert_eq!(scene.told(), Vec::<Value>::new());
    assert_eq!(
        scene.daemon.status()["knocks"].as_object().unwrap().len(),
        0
    );
    Told::Whole
}

fn by_ports(entered: &Entered) -> Told {
    let Some(scene) = Scene::new(entered, "tell-ports", "json") else {
        return Told::Skipped(NO_TOOL);
    };
    // A first start doubts every counter of its next five seconds; by a ticket that is said.
    scene.alice(&["home", "good morning"]);
    scene.assert_heard(b"good morning");
    for (server, text) in [
        ("home", "as long as a text can be, so: 32"),
        ("home-six", "$(x) ä"),
    ] {
        scene.alice(&[server, text, "--method", "encrypted-sequence"]);
        scene.assert_heard(text.as_bytes());
        scene.await_told(text);
    }
    Told::Whole
}

fn control_characters(entered: &Entered) -> Told {
    for (name, form, done) in [
        ("tell-json", "json", "\"command-done\""),
        ("tell-human", "human", ": done ("),
    ] {
        let Some(scene) = Scene::new(entered, name, form) else {
            return Told::Skipped(NO_TOOL);
        };
        // After a first text nothing but this one has anything to say.
        scene.alice(&["home", "first"]);
        scene.assert_heard(b"first");
        let lines = || scene.daemon.log().lines().count();
        let is_done = |times| scene.daemon.log().matches(done).count() == times;
        assert!(wait_until(PATIENCE, || is_done(1)));
        let before = lines();
        let said = scene.alice(&["home", CONTROLS]);
        assert_eq!(said["outcome"], "taken", "{said}");
        // To the action it comes as it is; what that writes is its own affair.
        scene.assert_heard(CONTROLS.as_bytes());
        assert!(wait_until(PATIENCE, || is_done(2)));
        let log = scene.daemon.log();
        assert_eq!(lines(), before + 2, "told and done: {log}");
        let is_raw = |letter: &char| letter.is_control() && *letter != '\n';
        assert_eq!(log.chars().find(is_raw), None, "{log:?}");
        assert!(!log.contains(['\u{2028}', '\u{202e}']), "{log:?}");
        if form == "json" {
            assert_eq!(scene.told().last().unwrap()["text"], CONTROLS);
        }
    }
    Told::Whole
}

/// A daemon that hands texts to an action, and people who have the tool.
struct Scene {
    stage: Stage,
    daemon: Daemon,
    tool: PathBuf,
}

impl Scene {
    fn new(entered: &Entered, name: &str, form: &str) -> Option<Self> {
        let tool = tool()?;
        let stage = Stage::new(entered, name);
        let folder = stage.folder.display().to_string();
        let text = may_tell(&stage.config) + &MESSAGES.replace("FOLDER", &folder);
        stage.write_config(&text.replace("log = \"json\"", &format!("log = \"{form}\"")));
        let action = stage.folder.join("hear");
        fs::write(&action, HEAR.replace("FOLDER", &folder)).unwrap();
        fs::set_permissions(&action, PermissionsExt::from_mode(0o755)).unwrap();
        for who in ["alice", "bob"] {
            let servers = PERSON.replace("WHO", who);
            let servers = servers.replace("KEY", &stage.server_key.public().to_string());
            fs::write(stage.folder.join(format!("{who}.toml")), servers).unwrap();
        }
        Some(Self {
            daemon: stage.start(),
            stage,
            tool,
        })
    }

    fn alice(&self, line: &[&str]) -> Value {
        let output = self.tell("alice", line, Stdio::null());
        assert!(output.status.success(), "{output:?}\n{}", self.daemon.log());
        let said: Value = serde_json::from_slice(&output.stdout).unwrap();
        said["visits"][0].clone()
    }

    fn tell(&self, who: &str, line: &[&str], input: Stdio) -> Output {
        let config = self.stage.folder.join(format!("{who}.toml"));
        let host: &Host = if who == "alice" {
            &self.stage.alice.host
        } else {
            &self.stage.bob.host
        };
        let mut command = command(&self.tool, &self.stage.folder, &["tell", "--json"]);
        command.arg("--config").arg(config).args(line).stdin(input);
        run(host, command)
    }

    /// What a shell would do much with.
    fn hostile_text(&self, server: &str) -> String {
        let folder = self.stage.folder.display();
        format!("{server}: $(touch {folder}/pwned) `touch {folder}/pwned`; %IP% 'a' \"b\" \\n ä")
    }

    fn heard(&self) -> PathBuf {
        self.stage.folder.join("heard")
    }

    /// Waits until the action has got this, to the byte.
    fn assert_heard(&self, text: &[u8]) {
        let heard = || fs::read(self.heard()).unwrap_or_default();
        assert!(
            wait_until(PATIENCE, || heard() == text),
            "{:?}\n{}",
            String::from_utf8_lossy(&heard()),
            self.daemon.log()
        );
    }

    /// Waits until this is what was told last: the log is written in a thread of its own.
    fn await_told(&self, text: &str) -> Value {
        let last = || self.told().pop().unwrap_or_default();
        assert!(
            wait_until(PATIENCE, || last()["text"] == text),
            "{}",
            self.daemon.log()
        );
        last()
    }

    fn told(&self) -> Vec<Value> {
        let log = self.daemon.log();
        let lines = log.lines().map(serde_json::from_str::<Value>);
        lines
            .map(Result::unwrap)
            .filter(|line| line["what"] == "told")
            .collect()
    }
}

const MESSAGES: &str = r#"
[encrypted-sequence]
span = "20000-28191"

[messages]
run = "hear"

[action.hear]
start = ["FOLDER/hear", "%IP%"]
user = "root"
"#;

/// Notes what it was called with and what is around it, and then its standard input.
const HEAR: &str = r#"#!/bin/sh
{ echo "$0 $# $*"; env; } > FOLDER/around
cat > FOLDER/hearing
mv FOLDER/hearing FOLDER/heard
"#;

const PERSON: &str = r#"
[server.home]
host = "10.77.0.1"
key = "KEY"
identity = "WHO.key"
preshared = "WHO.psk"
services = ["ssh"]

[server.home-six]
host = "fd77::1"
key = "KEY"
identity = "WHO.key"
preshared = "WHO.psk"
services = ["ssh"]
"#;

/// Ends of lines, of screens and of the way things are read.
const CONTROLS: &str =
    "one\n{\"what\":\"granted\"}\r\u{1b}[2J\u{7f}\u{85}\u{9b}31m\u{2028}\u{202e}\tend";
const A_MOMENT: Duration = Duration::from_millis(300);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(15);
