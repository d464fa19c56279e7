//! Stories of an administrator who bans or pardons one address by hand, by the commands that decision 0015 names.

use std::path::Path;
use std::time::Duration;

use nightlatch_lab::{Entered, Host, pause, wait_until};

use crate::daemon::Daemon;
use crate::stage::Family::V4;
use crate::stage::{Stage, address, assert_silent, is_in};
use crate::tool::{command, run};
use crate::touch::Touch::Tcp;
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("one_address_is_pardoned_by_a_reload", pardoned),
    ("one_address_is_banned_in_a_table_beside_ours", banned),
];

fn pardoned(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "by-hand-pardon");
    touch(&stage.stranger, &[Tcp(2323)], V4);
    daemon.await_line("banned");
    assert_silent(&stage.stranger, 8443, V4);
    let stranger = address("stranger", V4);
    // Where the kernel keeps the table for the daemon, it keeps it from everybody else.
    let by_nft = format!("nft delete element inet nightlatch ban4 '{{ {stranger} }}'");
    if daemon.status()["gate"]["owned"] == true {
        assert!(!runs(&stage.server, &by_nft));
        assert_silent(&stage.stranger, 8443, V4);
    }
    for allow in [format!("allow = [\"{stranger}\"]"), String::new()] {
        stage.write_config(&(stage.config.clone() + BANNING + &allow));
        let reloads = count(&daemon, "reloaded");
        daemon.reload();
        assert!(wait_until(PATIENCE, || count(&daemon, "reloaded") > reloads));
        let is_pardoned = || is_in(&stage.stranger, 8443, V4);
        assert!(wait_until(PATIENCE, is_pardoned), "{}", daemon.log());
        assert_eq!(daemon.status()["guard"]["bans_in_force"], 0);
    }
    Told::Whole
}

fn banned(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "by-hand-ban");
    if !runs(&stage.server, "nft --version") {
        return Told::Skipped("no `nft` here to ban with");
    }
    let alice = address("alice", V4);
    let mut lines = commands(&alice.to_string());
    let pardon = lines.pop().unwrap();
    for line in &lines {
        assert!(runs(&stage.server, line), "{line}");
    }
    assert_silent(&stage.alice.host, 8443, V4);
    assert!(
        is_in(&stage.stranger, 8443, V4),
        "everybody else is where he was"
    );
    // The ticket is heard, and what it opens stays shut: this ban is not the daemon's.
    stage.alice.knock("office", V4).unwrap();
    assert_silent(&stage.alice.host, 443, V4);
    assert!(runs(&stage.server, &pardon), "{pardon}");
    assert!(is_in(&stage.alice.host, 8443, V4), "{}", daemon.log());
    Told::Whole
}

fn running(entered: &Entered, name: &str) -> (Stage, Daemon) {
    let stage = Stage::new(entered, name);
    stage.write_config(&(stage.config.clone() + BANNING));
    let daemon = stage.start();
    // The listener hears a moment later which ports are in use.
    pause(A_MOMENT);
    (stage, daemon)
}

/// The lines of the decision, about another address than the one that stands there.
fn commands(address: &str) -> Vec<String> {
    let block = DECISION.split("```").nth(1).unwrap();
    let lines = block.lines().filter(|line| line.starts_with("nft "));
    lines
        .map(|line| line.replace("203.0.113.7", address))
        .collect()
}

fn runs(host: &Host, line: &str) -> bool {
    let shell = command(Path::new("/bin/sh"), Path::new("/"), &["-c", line]);
    run(host, shell).status.success()
}

fn count(daemon: &Daemon, what: &str) -> usize {
    let what = format!("\"what\":\"{what}\"");
    daemon.log().matches(&what).count()
}

const DECISION: &str = include_str!("../../../../docs/decisions/0015-failures-and-bans.md");
const BANNING: &str = r#"
[guard]
ban = true
decoys = ["tcp/2323"]
"#;
const A_MOMENT: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(10);
