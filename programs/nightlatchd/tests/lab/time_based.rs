//! Stories of ports that follow from a secret and the time: each set once, and only around its time.

use std::time::Duration;

use nightlatch_config::write_sequence_secret;
use nightlatch_lab::{Entered, Host, pause, unix_now, wait_until};
use nightlatch_ticket::{SequenceSecret, TimeStep};
use serde_json::Value;

use crate::daemon::Daemon;
use crate::person::random;
use crate::sequences::gets_in;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, is_in, server};
use crate::tool::{NO_TOOL, command, run_well, tool};
use crate::touch::Touch::{self, Tcp, Udp};
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("the_ports_of_now_open_once", once),
    ("the_sets_around_the_one_of_now_are_taken", around),
    ("a_used_set_stays_used_after_a_crash", after_a_crash),
    ("time_passes_for_the_listener_too", time_passes),
    ("what_the_tool_shows_opens", shown),
    ("the_tool_touches_what_the_time_says", touched_by_the_tool),
];

fn once(entered: &Entered) -> Told {
    for (name, protocol, family) in [("time-tcp", "tcp", V4), ("time-udp", "udp", V6)] {
        let scene = Scene::new(entered, name, (protocol, LONG));
        let [alice, bob] = [&scene.stage.alice.host, &scene.stage.bob.host];
        scene.assert_opens(alice, 0, family);
        scene.assert_shut(alice, 0, family);
        scene.assert_shut(bob, 0, family);
        for _ in 0..100 {
            touch(alice, &scene.set(0), family);
        }
        scene.assert_shut(alice, 0, family);
    }
    Told::Whole
}

fn around(entered: &Entered) -> Told {
    let scene = Scene::new(entered, "time-around", ("tcp", LONG));
    let alice = &scene.stage.alice.host;
    for far in [-2, 2] {
        scene.assert_shut(alice, far, V4);
    }
    for near in [-1, 0, 1] {
        scene.assert_opens(alice, near, V4);
        for used in -1..=near {
            scene.assert_shut(alice, used, V4);
        }
    }
    let scene = Scene::new(entered, "time-after", ("tcp", LONG));
    scene.assert_opens(&scene.stage.alice.host, 1, V6);
    for earlier in [-1, 0, 1] {
        scene.assert_shut(&scene.stage.alice.host, earlier, V6);
    }
    Told::Whole
}

fn after_a_crash(entered: &Entered) -> Told {
    let mut scene = Scene::new(entered, "time-crash", ("tcp", LONG));
    scene.assert_opens(&scene.stage.alice.host, 0, V4);
    scene.daemon.kill();
    scene.daemon = scene.stage.start();
    for used in [-1, 0] {
        scene.assert_shut(&scene.stage.alice.host, used, V4);
    }
    assert!(scene.daemon.stop().success());
    scene.daemon = scene.stage.start();
    scene.assert_shut(&scene.stage.alice.host, 0, V4);
    scene.assert_opens(&scene.stage.alice.host, 1, V4);
    Told::Whole
}

/// Nobody comes for a while, and nothing but the clock says that other ports count.
fn time_passes(entered: &Entered) -> Told {
    let scene = Scene::new(entered, "time-passes", ("tcp", 5));
    let alice = &scene.stage.alice.host;
    let begun = scene.step() + 1;
    let await_step = |step| {
        assert!(wait_until(PATIENCE, || scene.step() >= step));
        // The listener is told at that moment, and it takes one.
        pause(A_MOMENT);
    };
    await_step(begun);
    // A walk in the middle of which the period ends goes on.
    let walk = scene.set_of(begun);
    touch(alice, &walk[..2], V4);
    await_step(begun + 1);
    scene.assert_opens_by(alice, &walk[2..], V4);
    // It was too early for this one before.
    scene.assert_opens_by(alice, &scene.set_of(begun + 2), V4);
    await_step(begun + 4);
    for late in [begun + 1, begun + 2] {
        scene.assert_shut_by(alice, &scene.set_of(late), V4);
    }
    scene.assert_opens(alice, 0, V4);
    Told::Whole
}

fn shown(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let scene = Scene::new(entered, "time-shown", ("udp", LONG));
    let [alice, bob] = [&scene.stage.alice.host, &scene.stage.bob.host];
    let line = scene.tools_line(&["sequence", "show", "--json"], "udp");
    let said = run_well(alice, command(&tool, &scene.stage.folder, &words(&line)));
    let told: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(told["protocol"], "udp", "{told}");
    for ((host, family), set) in [(alice, V4), (bob, V6)].into_iter().zip(0..) {
        let ports = told["sets"][set]["ports"].as_array().unwrap();
        let touches: Vec<Touch> = ports
            .iter()
            .map(|port| Udp(u16::try_from(port.as_u64().unwrap()).unwrap()))
            .collect();
        assert_eq!(touches.len(), 4, "{told}");
        scene.assert_opens_by(host, &touches, family);
    }
    Told::Whole
}

fn touched_by_the_tool(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    for (name, family) in [("time-tool-v4", V4), ("time-tool-v6", V6)] {
        let scene = Scene::new(entered, name, ("tcp", LONG));
        let alice = &scene.stage.alice.host;
        let mut line = scene.tools_line(&["knock"], "tcp");
        line.push(server(family).to_string());
        run_well(alice, command(&tool, &scene.stage.folder, &words(&line)));
        assert!(gets_in(alice, family), "{}", scene.daemon.log());
        let from = address("alice", family);
        assert!(scene.daemon.log().contains(&from.to_string()));
    }
    Told::Whole
}

struct Scene {
    stage: Stage,
    daemon: Daemon,
    secret: SequenceSecret,
    every: u64,
    protocol: &'static str,
}

impl Scene {
    fn new(entered: &Entered, name: &str, (protocol, every): (&'static str, u64)) -> Self {
        let stage = Stage::new(entered, name);
        let secret = SequenceSecret::generate(&mut random());
        write_sequence_secret(&stage.folder.join("phone.secret"), &secret).unwrap();
        let section = SECTION.replace("EVERY", &every.to_string());
        let section = section.replace("PROTOCOL", protocol);
        stage.write_config(&(stage.config.clone() + &section));
        let scene = Self {
            daemon: stage.start(),
            stage,
            secret,
            every,
            protocol,
        };
        // What is told here happens in one period.
        let is_far_from_the_end = || every - unix_now().as_secs() % every > LENGTH;
        assert!(every < LENGTH || wait_until(2 * PATIENCE, is_far_from_the_end));
        scene
    }

    fn step(&self) -> u64 {
        unix_now().as_secs() / self.every
    }

    /// The ports of now, or of a period before or after it.
    fn set(&self, ahead: i64) -> Vec<Touch> {
        self.set_of(self.step().strict_add_signed(ahead))
    }

    fn set_of(&self, step: u64) -> Vec<Touch> {
        let ports = self.secret.ports(TimeStep(step), 4, (20_000, 29_999));
        let to = |port| match self.protocol {
            "tcp" => Tcp(port),
            _ => Udp(port),
        };
        ports.into_iter().map(to).collect()
    }

    fn assert_opens(&self, host: &Host, ahead: i64, family: Family) {
        self.assert_opens_by(host, &self.set(ahead), family);
    }

    /// Fails unless these touches open the door, which is shut again afterwards.
    fn assert_opens_by(&self, host: &Host, touches: &[Touch], family: Family) {
        touch(host, touches, family);
        assert!(gets_in(host, family), "{touches:?}: {}", self.daemon.log());
        assert!(wait_until(PATIENCE, || !is_in(host, 22, family)));
    }

    fn assert_shut(&self, host: &Host, ahead: i64, family: Family) {
        self.assert_shut_by(host, &self.set(ahead), family);
    }

    fn assert_shut_by(&self, host: &Host, touches: &[Touch], family: Family) {
        let granted = || self.daemon.status()["knocks"]["granted"].as_u64();
        let before = granted();
        touch(host, touches, family);
        pause(A_MOMENT);
        assert_eq!(granted(), before, "{touches:?}: {}", self.daemon.log());
        assert!(!is_in(host, 22, family), "{touches:?}");
    }

    /// The tool's words, and what it must know of the server.
    fn tools_line(&self, words: &[&str], protocol: &str) -> Vec<String> {
        let secret = self.stage.folder.join("phone.secret");
        let mut line: Vec<String> = words.iter().map(ToString::to_string).collect();
        line.extend(["--secret".to_owned(), secret.display().to_string()]);
        line.extend(["--every".to_owned(), format!("{}s", self.every)]);
        line.extend(["--protocol".to_owned(), protocol.to_owned()]);
        line
    }
}

fn words(line: &[String]) -> Vec<&str> {
    line.iter().map(String::as_str).collect()
}

const SECTION: &str = r#"
[service.porch]
open = ["tcp/22"]
for = "1s"

[sequence.phone]
time-based = "phone.secret"
ports = 4
span = "20000-29999"
every = "EVERYs"
protocol = "PROTOCOL"
opens = "porch"
per-minute = 1000
"#;

/// Longer than any of these stories takes, in seconds.
const LENGTH: u64 = 20;
/// A period in seconds, of which few stories see the end.
const LONG: u64 = 600;
/// Ten times what anything here takes on a busy machine.
const A_MOMENT: Duration = Duration::from_millis(200);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(15);
