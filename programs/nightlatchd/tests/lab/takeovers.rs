//! Stories of a gate that goes from one daemon to the next, whatever either of them is told to do.

use nightlatch_lab::Entered;

use crate::daemon::Daemon;
use crate::stage::Family::V4;
use crate::stage::{Stage, assert_silent, is_in};
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    (
        "whatever_it_did_the_next_one_takes_over_after_an_orderly_stop",
        stopped,
    ),
    (
        "whatever_it_did_the_next_one_takes_over_after_a_kill",
        killed,
    ),
];

fn stopped(entered: &Entered) -> Told {
    walk(entered, "takeover-stop", |daemon| {
        daemon.stop();
    })
}

fn killed(entered: &Entered) -> Told {
    walk(entered, "takeover-kill", Daemon::kill)
}

/// Each kind of configuration after each other one; one grant lasts through all of it.
fn walk(entered: &Entered, name: &str, end: fn(&mut Daemon)) -> Told {
    let mut stage = Stage::new(entered, name);
    let base = stage.config.replace("for = \"3s\"", "for = \"1h\"");
    stage.write_config(&base);
    let mut daemon = stage.start();
    stage.alice.knock("office", V4).unwrap();
    end(&mut daemon);
    for kind in each_after_each(KINDS.len()) {
        let (name, guard, lines) = KINDS[kind];
        let config = base.replace("guard = [", &format!("guard = [{guard}"));
        stage.write_config(&(config + lines));
        let mut daemon = stage.start();
        assert!(is_in(&stage.alice.host, 443, V4), "{name}");
        let left = &daemon.status()["grants"][0]["remaining_seconds"];
        assert!(
            (1..3600).contains(&left.as_u64().unwrap()),
            "{name}: {left}"
        );
        end(&mut daemon);
    }
    assert_silent(&stage.stranger, 443, V4);
    Told::Whole
}

/// The shortest walk with every pair of these in it, each with itself too.
fn each_after_each(kinds: usize) -> Vec<usize> {
    let from = |one| {
        [one]
            .into_iter()
            .chain((one + 1..kinds).flat_map(move |next| [one, next]))
    };
    (0..kinds).flat_map(from).chain([0]).collect()
}

/// A name, what is guarded more, and what is added.
const KINDS: [(&str, &str, &str); 7] = [
    ("plain", "", ""),
    ("forward", "\"tcp/8443\", ", FORWARD),
    ("masquerade", "\"tcp/8443\", ", MASQUERADE),
    (
        "cut",
        "",
        "\n[service.porch]\nopen = [\"tcp/80\"]\ncut = true\n",
    ),
    (
        "one-shot",
        "",
        "\n[service.porch]\nopen = [\"udp/53\"]\none-shot = true\n",
    ),
    ("ban", "", "\n[guard]\nban = true\n"),
    ("several", "\"tcp/8443\", \"udp/5000-6000\", ", SEVERAL),
];

const FORWARD: &str = "\n[service.camera]\nopen = [\"tcp/8443\"]\nforward = \"10.79.0.2:443\"\n";
const MASQUERADE: &str = "
[service.camera]
open = [\"tcp/8443\"]
forward = \"10.79.0.2:443\"
masquerade = true
";
const SEVERAL: &str = "
[guard]
ban = true

[service.porch]
open = [\"udp/53\"]
one-shot = true

[service.camera]
open = [\"tcp/8443\"]
forward = [\"10.79.0.2:443\", \"[fd79::2]:443\"]
masquerade = true
cut = true
";
