//! Stories of lists that are used up line by line: each line once, in its order, whatever happens.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use nightlatch_lab::{Entered, Host, pause, wait_until};

use crate::daemon::Daemon;
use crate::sequences::gets_in;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, is_in};
use crate::touch::Touch::{self, Tcp, Udp};
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "the_lines_of_a_list_count_once_and_in_their_order",
        in_order,
    ),
    ("a_used_line_stays_used_after_a_crash", after_a_crash),
    ("a_used_line_stays_used_after_a_stop", after_a_stop),
    ("of_two_half_way_on_a_line_one_gets_in", half_way),
    (
        "who_walks_something_else_meanwhile_is_not_disturbed",
        undisturbed,
    ),
    ("a_list_that_is_used_up_says_so_and_harms_nobody", used_up),
    ("a_line_that_is_added_counts_after_a_reload", added),
    ("a_line_sent_four_hundred_times_opens_once", replayed),
];

fn in_order(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "list-order", 8);
    let [alice, bob] = [&stage.alice.host, &stage.bob.host];
    assert_shut(alice, (&daemon, &line(2)), V4);
    assert_opens(alice, (&daemon, &line(1)), V4);
    assert_shut(alice, (&daemon, &line(1)), V4);
    assert_shut(bob, (&daemon, &line(1)), V4);
    assert_opens(bob, (&daemon, &line(2)), V6);
    assert_shut(alice, (&daemon, &line(2)), V4);
    assert_shut(alice, (&daemon, &line(4)), V4);
    assert_opens(alice, (&daemon, &line(3)), V4);
    assert_eq!(lines_left(&daemon), 5);
    Told::Whole
}

fn after_a_crash(entered: &Entered) -> Told {
    let (stage, mut daemon) = running(entered, "list-crash", 8);
    assert_opens(&stage.alice.host, (&daemon, &line(1)), V4);
    daemon.kill();
    goes_on(&stage);
    Told::Whole
}

fn after_a_stop(entered: &Entered) -> Told {
    let (stage, mut daemon) = running(entered, "list-stop", 8);
    assert_opens(&stage.alice.host, (&daemon, &line(1)), V4);
    assert!(daemon.stop().success());
    goes_on(&stage);
    Told::Whole
}

/// In the next life, and in the one after it, the used line is refused and the next one counts.
fn goes_on(stage: &Stage) {
    let mut daemon = stage.start();
    assert_eq!(lines_left(&daemon), 7);
    assert_shut(&stage.alice.host, (&daemon, &line(1)), V4);
    assert_opens(&stage.alice.host, (&daemon, &line(2)), V4);
    daemon.kill();
    let daemon = stage.start();
    assert_shut(&stage.alice.host, (&daemon, &line(1)), V4);
    assert_shut(&stage.alice.host, (&daemon, &line(2)), V4);
    assert_opens(&stage.alice.host, (&daemon, &line(3)), V4);
}

fn half_way(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "list-race", 8);
    let [alice, bob] = [&stage.alice.host, &stage.bob.host];
    let [first, second] = [line(1), line(2)];
    touch(alice, &first[..2], V4);
    touch(bob, &first[..2], V4);
    touch(&stage.stranger, &first[..2], V4);
    touch(alice, &first[2..], V4);
    assert!(gets_in(alice, V4), "{}", daemon.log());
    // The end of the used line, and that of the next one: neither ends what they began.
    assert_shut(bob, (&daemon, &first[2..]), V4);
    assert_shut(&stage.stranger, (&daemon, &second[2..]), V4);
    touch(&stage.stranger, &first[..2], V4);
    assert_shut(&stage.stranger, (&daemon, &second[2..]), V4);
    assert_opens(bob, (&daemon, &second), V4);
    Told::Whole
}

fn undisturbed(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "list-beside", 8);
    touch(&stage.bob.host, &PLAIN[..2], V4);
    assert_opens(&stage.alice.host, (&daemon, &line(1)), V4);
    pause(A_MOMENT);
    touch(&stage.bob.host, &PLAIN[2..], V4);
    assert!(gets_in(&stage.bob.host, V4), "{}", daemon.log());
    Told::Whole
}

fn used_up(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "list-used-up", 7);
    let alice = &stage.alice.host;
    let is_warned = |of: &str| daemon.log().contains(of);
    let is_shown = |of: &str| daemon.status()["warnings"].to_string().contains(of);
    assert!(!is_warned(FEW) && !is_shown(FEW));
    assert_opens(alice, (&daemon, &line(1)), V4);
    assert!(!is_warned(FEW) && !is_shown(FEW), "six are left");
    assert_opens(alice, (&daemon, &line(2)), V4);
    assert!(wait_until(PATIENCE, || is_warned(FEW)), "{}", daemon.log());
    assert!(is_shown(FEW) && !is_shown(NONE), "{}", daemon.status());
    let [bob, stranger] = [&stage.bob.host, &stage.stranger];
    let sources = [
        (alice, V6),
        (bob, V4),
        (bob, V6),
        (stranger, V4),
        (stranger, V6),
    ];
    for ((host, family), number) in sources.into_iter().zip(3..) {
        // The listener is told of the next line when the door of this one is open, and it takes a moment.
        let gets_in = || {
            pause(A_MOMENT);
            touch(host, &line(number), family);
            is_in(host, 22, family)
        };
        assert!(wait_until(PATIENCE, gets_in), "{number}: {}", daemon.log());
    }
    assert!(wait_until(PATIENCE, || is_warned(NONE)), "{}", daemon.log());
    assert!(is_shown(NONE) && !is_shown(FEW), "{}", daemon.status());
    assert_eq!(daemon.log().matches(FEW).count(), 1, "said once");
    assert_eq!(lines_left(&daemon), 0);
    for number in [1, 2, 7, 8] {
        assert_shut(alice, (&daemon, &line(number)), V4);
    }
    assert_opens(alice, (&daemon, &PLAIN), V4);
    assert_opens(alice, (&daemon, &PLAIN), V6);
    Told::Whole
}

fn added(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "list-added", 1);
    let alice = &stage.alice.host;
    assert_opens(alice, (&daemon, &line(1)), V4);
    write_list(&stage, 2);
    assert_shut(alice, (&daemon, &line(2)), V4);
    daemon.reload();
    daemon.await_line("reloaded");
    assert_shut(alice, (&daemon, &line(1)), V4);
    assert_opens(alice, (&daemon, &line(2)), V4);
    assert_eq!(lines_left(&daemon), 0);
    Told::Whole
}

fn replayed(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "list-replay", 8);
    let alice = &stage.alice.host;
    assert_opens(alice, (&daemon, &line(1)), V4);
    for _ in 0..400 {
        touch(alice, &line(1), V4);
    }
    assert_shut(alice, (&daemon, &line(1)), V4);
    assert_shut(&stage.stranger, (&daemon, &line(1)), V4);
    assert_eq!(lines_left(&daemon), 7);
    assert_opens(alice, (&daemon, &line(2)), V4);
    Told::Whole
}

/// Fails unless these touches open the door, which is shut again afterwards.
fn assert_opens(host: &Host, (daemon, touches): (&Daemon, &[Touch]), family: Family) {
    touch(host, touches, family);
    assert!(gets_in(host, family), "{touches:?}: {}", daemon.log());
    let is_shut = || !is_in(host, 22, family);
    assert!(wait_until(PATIENCE, is_shut), "it stays open");
}

/// Fails if these touches open anything.
fn assert_shut(host: &Host, (daemon, touches): (&Daemon, &[Touch]), family: Family) {
    let granted = |daemon: &Daemon| daemon.status()["knocks"]["granted"].as_u64();
    let before = granted(daemon);
    touch(host, touches, family);
    pause(A_MOMENT);
    assert_eq!(granted(daemon), before, "{touches:?}: {}", daemon.log());
    assert!(!is_in(host, 22, family), "{touches:?}");
}

fn lines_left(daemon: &Daemon) -> u64 {
    let status = daemon.status();
    let sequences = status["sequences"].as_array().unwrap();
    let paper = sequences.iter().find(|one| one["name"] == "paper");
    paper.unwrap()["lines_left"].as_u64().unwrap()
}

fn running(entered: &Entered, name: &str, lines: u16) -> (Stage, Daemon) {
    let stage = Stage::new(entered, name);
    write_list(&stage, lines);
    stage.write_config(&(stage.config.clone() + LIST));
    let daemon = stage.start();
    (stage, daemon)
}

fn write_list(stage: &Stage, lines: u16) {
    let path = stage.folder.join("paper.lines");
    let lines: Vec<_> = (1..=lines)
        .map(|number| line(number).map(in_a_list).join(" "))
        .collect();
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn in_a_list(touch: Touch) -> String {
    match touch {
        Tcp(port) => port.to_string(),
        Udp(port) => format!("{port}:udp"),
    }
}

/// Neither rising nor falling, and of both protocols.
fn line(number: u16) -> [Touch; 3] {
    let base = 7_000 + 10 * number;
    [Tcp(base + 1), Udp(base + 3), Tcp(base + 2)]
}

const PLAIN: [Touch; 3] = [Tcp(31_007), Tcp(49_211), Tcp(20_481)];

const LIST: &str = r#"
[service.porch]
open = ["tcp/22"]
for = "1s"

[sequence.paper]
one-time = "paper.lines"
opens = "porch"
per-minute = 1000

[sequence.plain]
steps = ["tcp/31007", "tcp/49211", "tcp/20481"]
opens = "porch"
per-minute = 1000
"#;

const FEW: &str = "paper: this list of one-time sequences has 5 lines left";
const NONE: &str = "paper: this list of one-time sequences is used up";
/// Ten times what anything here takes on a busy machine.
const A_MOMENT: Duration = Duration::from_millis(200);
/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
