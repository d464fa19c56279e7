//! Stories of connections that end with their grant, where the service asks for it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nightlatch_lab::{Entered, Host, Reached, wait_until};
use nightlatch_ticket::{Happened, Kind};

use crate::daemon::{Daemon, let_pass};
use crate::sequences::{CLOSING, OPENING, SEQUENCES};
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, SHORT, Stage, assert_silent, is_in, server, try_door};
use crate::tool::{NO_TOOL, command, run_well, tool};
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("closing_cuts_what_runs_and_nobody_else", cuts_v4),
    ("the_same_cut_over_ipv6", cuts_v6),
    (
        "closing_cuts_what_runs_also_when_the_grant_has_run_out",
        cuts_late,
    ),
    ("a_sequence_that_closes_cuts_too", cuts_by_sequence),
    (
        "an_encrypted_sequence_that_closes_cuts_too",
        cuts_by_encrypted,
    ),
    (
        "without_the_option_an_encrypted_sequence_cuts_nothing",
        lives_on_by_encrypted,
    ),
    ("a_reload_that_takes_a_client_away_cuts_him", cuts_by_reload),
    ("without_the_option_what_runs_lives_on", lives_on),
];

fn cuts_v4(entered: &Entered) -> Told {
    cuts(entered, "cut-v4", V4)
}

fn cuts_v6(entered: &Entered) -> Told {
    cuts(entered, "cut-v6", V6)
}

fn cuts(entered: &Entered, name: &str, family: Family) -> Told {
    let (mut stage, daemon) = running(entered, name, &cutting);
    stage.alice.knock("office", family).unwrap();
    stage.bob.knock("office", family).unwrap();
    let mut hers = enter(&stage.alice.host, 443, family);
    let mut his = enter(&stage.bob.host, 443, family);
    assert!(talks(&mut hers) && talks(&mut his));
    let outcome = stage.alice.wish(Kind::Close, "office", family).unwrap();
    assert_eq!(outcome.happened, Happened::Closed);
    daemon.await_line("cut");
    assert!(ends(&mut hers), "{}", daemon.log());
    assert!(talks(&mut his), "another address lives on");
    assert_silent(&stage.alice.host, 443, family);
    stage.alice.knock("office", family).unwrap();
    let mut again = enter(&stage.alice.host, 443, family);
    assert!(talks(&mut again), "a later knock works as the first one");
    assert!(!daemon.has_said("cut-refused"), "{}", daemon.log());
    Told::Whole
}

fn cuts_late(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "cut-late", &cutting);
    stage.alice.knock("ssh", V4).unwrap();
    let mut stream = enter(&stage.alice.host, 22, V4);
    let_pass(SHORT);
    assert_silent(&stage.alice.host, 22, V4);
    assert!(talks(&mut stream), "no end of a grant cuts anything");
    stage.alice.wish(Kind::Close, "ssh", V4).unwrap();
    assert!(ends(&mut stream), "{}", daemon.log());
    Told::Whole
}

fn cuts_by_sequence(entered: &Entered) -> Told {
    let with_sequences = |config: &str| {
        let porch = "open = [\"tcp/22\"]\nfor = \"20s\"";
        config.to_owned() + &SEQUENCES.replace(porch, &format!("{porch}\ncut = true"))
    };
    let (stage, daemon) = running(entered, "cut-sequence", &with_sequences);
    let host = &stage.alice.host;
    touch(host, &OPENING, V4);
    assert!(wait_until(PATIENCE, || is_in(host, 22, V4)));
    let mut stream = enter(host, 22, V4);
    assert!(talks(&mut stream));
    touch(host, &CLOSING, V4);
    assert!(ends(&mut stream), "{}", daemon.log());
    touch(host, &OPENING, V4);
    assert!(wait_until(PATIENCE, || is_in(host, 22, V4)));
    Told::Whole
}

fn cuts_by_encrypted(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let encrypted = |config: &str| cutting(config) + ENCRYPTED;
    let (mut stage, daemon) = running(entered, "cut-encrypted", &encrypted);
    for (family, server) in [(V4, "home"), (V6, "home-six")] {
        let host = &stage.alice.host;
        run_well(host, line(&stage, &tool, &["knock", server]));
        stage.bob.knock("office", family).unwrap();
        let mut hers = enter(host, 443, family);
        let mut his = enter(&stage.bob.host, 443, family);
        assert!(talks(&mut hers) && talks(&mut his));
        run_well(host, line(&stage, &tool, &["close", server, BY_PORTS]));
        assert!(ends(&mut hers), "{}", daemon.log());
        assert!(talks(&mut his), "another address lives on");
        assert_silent(host, 443, family);
        run_well(host, line(&stage, &tool, &["knock", server]));
        let mut again = enter(host, 443, family);
        assert!(talks(&mut again), "a later knock works as the first one");
    }
    assert!(!daemon.has_said("cut-refused"), "{}", daemon.log());
    Told::Whole
}

fn lives_on_by_encrypted(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let encrypted = |config: &str| cutting(config).replace("\ncut = true", "") + ENCRYPTED;
    let (stage, daemon) = running(entered, "no-cut-encrypted", &encrypted);
    let host = &stage.alice.host;
    run_well(host, line(&stage, &tool, &["knock", "home"]));
    let mut stream = enter(host, 443, V4);
    run_well(host, line(&stage, &tool, &["close", "home", BY_PORTS]));
    daemon.await_line("closed");
    assert_silent(host, 443, V4);
    assert!(talks(&mut stream));
    assert!(!daemon.has_said("cut"), "{}", daemon.log());
    Told::Whole
}

fn cuts_by_reload(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "cut-reload", &cutting);
    stage.alice.knock("office", V4).unwrap();
    stage.bob.knock("office", V4).unwrap();
    let mut hers = enter(&stage.alice.host, 443, V4);
    let mut his = enter(&stage.bob.host, 443, V4);
    let config = cutting(&stage.config);
    let (without_bob, _) = config.split_once("[client.bob]").unwrap();
    stage.write_config(without_bob);
    daemon.reload();
    daemon.await_line("reloaded");
    assert!(ends(&mut his), "{}", daemon.log());
    assert!(talks(&mut hers));
    Told::Whole
}

fn lives_on(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "no-cut", &str::to_owned);
    stage.alice.knock("office", V4).unwrap();
    let mut stream = enter(&stage.alice.host, 443, V4);
    stage.alice.wish(Kind::Close, "office", V4).unwrap();
    daemon.await_line("closed");
    assert_silent(&stage.alice.host, 443, V4);
    assert!(talks(&mut stream));
    assert!(!daemon.has_said("cut"));
    Told::Whole
}

/// A stage with another configuration, and its daemon.
fn running(entered: &Entered, name: &str, config: &dyn Fn(&str) -> String) -> (Stage, Daemon) {
    let stage = Stage::new(entered, name);
    stage.write_config(&config(&stage.config));
    let daemon = stage.start();
    (stage, daemon)
}

/// `ssh` and `office` cut what runs, and bob may enter both.
fn cutting(config: &str) -> String {
    config
        .replace("open = [\"tcp/22\"]", "open = [\"tcp/22\"]\ncut = true")
        .replace("for = \"3s\"", "for = \"20s\"\ncut = true")
        .replace("may = [\"ssh\"]", "may = [\"ssh\", \"office\"]")
}

/// What alice types.
fn line(stage: &Stage, tool: &Path, words: &[&str]) -> Command {
    let config = stage.folder.join("alice.toml");
    let key = stage.server_key.public().to_string();
    let servers = [("home", server(V4)), ("home-six", server(V6))];
    let servers = servers.map(|(name, ip)| {
        let person = PERSON.replace("NAME", name).replace("KEY", &key);
        person.replace("HOST", &ip.to_string())
    });
    std::fs::write(&config, servers.concat()).unwrap();
    let mut line = command(tool, &stage.folder, words);
    line.arg("--config").arg(config);
    line
}

pub(crate) fn enter(host: &Host, port: u16, family: Family) -> TcpStream {
    let mut reached = try_door(host, port, family);
    assert!(reached.greeting(PATIENCE).is_some(), "{reached:?}");
    match reached {
        Reached::Connected { stream, .. } => stream,
        other => panic!("not in: {other:?}"),
    }
}

/// Whether bytes pass in both directions.
pub(crate) fn talks(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut heard = [0; 5];
    let said = stream.write_all(b"hello");
    said.and_then(|()| stream.read_exact(&mut heard)).is_ok() && heard == *b"hello"
}

/// Whether the other side ends it.
pub(crate) fn ends(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let end = stream.read(&mut [0; 1]).map_err(|error| error.kind());
    end == Err(std::io::ErrorKind::ConnectionReset)
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);

const ENCRYPTED: &str = "\n[encrypted-sequence]\nspan = \"20000-28191\"\n";
const BY_PORTS: &str = "--method=encrypted-sequence";
const PERSON: &str = r#"
[server.NAME]
host = "HOST"
key = "KEY"
identity = "alice.key"
preshared = "alice.psk"
services = ["office"]
"#;
