//! Stories of the journal: what happens is kept and told, and no knock waits for it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nightlatch_lab::{Entered, Host, Limit, mount_limited, wait_until};
use nightlatch_ticket::{Kind, Reason};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::daemon::Daemon;
use crate::stage::Family::V4;
use crate::stage::{Stage, address, assert_silent, is_in};
use crate::tool::{NO_TOOL, command, run, run_well, tool};
use crate::touch::Touch::Tcp;
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("everything_that_happens_is_in_the_journal", everything),
    ("the_journal_can_be_followed", followed),
    ("a_full_disk_loses_journal_lines_and_never_a_knock", full),
    ("without_its_clerk_the_daemon_goes_on", clerk_killed),
    (
        "the_journal_outlives_the_daemon_and_is_read_without_it",
        outlived,
    ),
    ("one_line_turns_the_journal_off", turned_off),
    ("who_reads_the_journal_is_never_read", rude),
    ("a_damaged_journal_is_set_aside_and_goes_on", damaged),
];

fn everything(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let mut stage = Stage::new(entered, "journal-all");
    stage.config += "[guard]\nban = true\ntimes = [\"1s\"]\ndecoys = [\"tcp/2323\"]\n";
    stage.write_config(&stage.config);
    let mut daemon = stage.start();
    stage.alice.knock("office", V4).unwrap();
    assert_eq!(stage.bob.knock("office", V4), Err(Reason::Forbidden));
    let closed = stage.alice.wish(Kind::Close, "office", V4);
    assert!(closed.is_ok(), "{closed:?}");
    touch(&stage.stranger, &[Tcp(2323)], V4);
    daemon.await_line("unbanned");
    daemon.reload();
    daemon.await_line("reloaded");
    stage.write_config("nonsense");
    daemon.reload();
    daemon.await_line("reload-refused");
    stage.write_config(&stage.config);
    assert!(daemon.stop().success());
    let daemon = stage.start();
    let journal = Journal::of(&stage.server, &stage.folder, tool);
    let all = journal.await_events(&[], 2, "started");
    let numbers: Vec<_> = all.iter().map(|event| event["number"].as_u64()).collect();
    let count = u64::try_from(all.len()).unwrap();
    assert_eq!(numbers, (1..=count).map(Some).collect::<Vec<_>>());
    let all = without_doubts(all);
    assert_eq!(
        kinds(&all),
        [
            "started",
            "granted",
            "refused",
            "closed",
            "banned",
            "unbanned",
            "reloaded",
            "reload-refused",
            "stopping",
            "started"
        ]
    );
    let granted = &all[1];
    assert_eq!(text(granted, "client"), "alice");
    assert_eq!(text(granted, "service"), "office");
    assert_eq!(text(granted, "address"), address("alice", V4).to_string());
    assert_eq!(granted["seconds"], 3);
    assert!(text(granted, "time").ends_with('Z'));
    assert_eq!(text(&all[2], "client"), "bob");
    assert_eq!(text(&all[2], "detail"), "forbidden");
    assert_eq!(
        text(&all[4], "address"),
        address("stranger", V4).to_string()
    );
    assert_eq!(text(&all[4], "detail"), "decoy");
    picked_out(&journal);
    let status = &daemon.status()["journal"];
    assert_eq!(status["running"], true, "{status}");
    assert_eq!(status["lost"], 0, "{status}");
    Told::Whole
}

/// Filters, and the lines for people.
fn picked_out(journal: &Journal<'_>) {
    let bobs = journal.events(&["--client", "bob"]);
    assert!(!bobs.is_empty() && bobs.iter().all(|event| text(event, "client") == "bob"));
    assert_eq!(journal.events(&["--event", "started"]).len(), 2);
    assert_eq!(journal.events(&["--address", "10.77.0.4/31"]).len(), 2);
    assert_eq!(journal.events(&["--since", "1h", "-n", "3"]).len(), 3);
    assert!(journal.events(&["--until", "1h"]).is_empty());
    let lines = journal.said(&["--client", "alice", "--event", "granted"]);
    let end = format!("open: office for alice at {}, 3 s\n", address("alice", V4));
    assert!(lines.ends_with(&end), "{lines}");
}

fn followed(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let (mut stage, mut daemon) = Stage::running(entered, "journal-followed");
    let journal = Journal::of(&stage.server, &stage.folder, tool);
    journal.await_events(&[], 1, "started");
    // Only the last ten of them come first.
    for _ in 0..12 {
        stage.alice.knock("office", V4).unwrap();
    }
    journal.await_events(&["--event", "granted"], 12, "granted");
    let mut follow = journal.command(&["--follow", "--event", "granted", "--json"]);
    follow.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = stage.server.spawn(follow).unwrap();
    let mut told = BufReader::new(process.stdout().unwrap()).lines();
    let before: Vec<_> = told.by_ref().take(10).map(Result::unwrap).collect();
    assert!(
        before.iter().all(|line| line.contains("office")),
        "{before:?}"
    );
    stage.alice.knock("ssh", V4).unwrap();
    let event: Value = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        (text(&event, "client"), text(&event, "service")),
        ("alice".to_owned(), "ssh".to_owned())
    );
    stage.bob.knock("ssh", V4).unwrap();
    let event: Value = serde_json::from_str(&told.next().unwrap().unwrap()).unwrap();
    assert_eq!(text(&event, "client"), "bob");
    // It says so when there is nobody to be followed any more.
    assert!(daemon.stop().success());
    assert!(told.next().is_none());
    let end = process.wait_within(PATIENCE).unwrap().unwrap();
    assert_eq!(end.code(), Some(69));
    let output = run(&stage.server, journal.command(&["--follow"]));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("nothing can be followed"), "{said}");
    Told::Whole
}

fn full(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let mut stage = Stage::new(entered, "journal-full");
    let folder = stage.state().join("journal");
    fs::create_dir_all(&folder).unwrap();
    if mount_limited(&folder, Limit { bytes: 512 << 10 }).is_err() {
        return Told::Skipped("nothing can be mounted here");
    }
    let daemon = stage.start();
    let journal = Journal::of(&stage.server, &stage.folder, tool);
    journal.await_events(&[], 1, "started");
    let filler = folder.join("filler");
    let mut file = fs::File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    let lost = || daemon.status()["journal"]["lost"].as_u64().unwrap();
    let mut knocks = 0;
    // Some find room in pages that the file has already.
    while lost() == 0 {
        stage.alice.knock("office", V4).unwrap();
        assert!(is_in(&stage.alice.host, 443, V4));
        knocks += 1;
        assert!(knocks < 2000, "{}", daemon.status());
        if knocks % 20 == 0 {
            nightlatch_lab::pause(Duration::from_millis(250));
        }
    }
    daemon.await_line("journal-failing");
    let status = daemon.status();
    assert_eq!(status["journal"]["failing"], true, "{status}");
    assert!(
        status["warnings"].to_string().contains("journal"),
        "{status}"
    );
    // A knock is as quick as ever.
    let micros = micros_of_the_last_grant(&daemon);
    assert!(micros < 1_000_000, "{micros} µs");
    fs::remove_file(&filler).unwrap();
    let goes_on = || {
        stage.alice.knock("ssh", V4).unwrap();
        daemon.has_said("journal-goes-on")
    };
    assert!(wait_until(PATIENCE, goes_on), "{}", daemon.log());
    let lost = lost();
    let all = journal.await_events(&["--event", "journal-lost"], 1, "journal-lost");
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0]["count"].as_u64(), Some(lost));
    assert_eq!(daemon.status()["journal"]["failing"], false);
    Told::Whole
}

fn clerk_killed(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "journal-clerk");
    // It gives itself its name a moment after it was started.
    assert!(wait_until(PATIENCE, || clerk_of(&stage.server).is_some()));
    let clerk = clerk_of(&stage.server).unwrap();
    kill(clerk, Signal::SIGKILL).unwrap();
    daemon.await_line("helper-ended");
    assert!(daemon.log().contains("SIGKILL"), "{}", daemon.log());
    for _ in 0..3 {
        stage.alice.knock("office", V4).unwrap();
        assert!(is_in(&stage.alice.host, 443, V4));
    }
    let status = daemon.status();
    assert_eq!(status["journal"]["running"], false, "{status}");
    assert_eq!(status["journal"]["enabled"], true, "{status}");
    assert!(status["journal"]["lost"].as_u64() >= Some(3), "{status}");
    assert!(
        status["warnings"].to_string().contains("journal"),
        "{status}"
    );
    assert_eq!(daemon.log().matches("helper-ended").count(), 1);
    assert!(daemon.is_running());
    assert_silent(&stage.stranger, 443, V4);
    assert!(daemon.stop().success());
    let daemon = stage.start();
    assert_eq!(daemon.status()["journal"]["running"], true);
    Told::Whole
}

fn outlived(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let (mut stage, mut daemon) = Stage::running(entered, "journal-outlived");
    let journal = Journal::of(&stage.server, &stage.folder, tool);
    let folder = stage.state().display().to_string();
    let aside = ["--state", folder.as_str()];
    stage.alice.knock("office", V4).unwrap();
    journal.await_events(&[], 1, "granted");
    let output = run(&stage.server, journal.aside(&aside));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("leave --state out"), "{said}");
    assert!(daemon.stop().success());
    let expected = ["started", "granted", "stopping"];
    assert_eq!(
        kinds(&without_doubts(journal.events_aside(&aside))),
        expected
    );
    // A crash of everything at once: what was said to be kept is kept.
    let mut daemon = stage.start();
    stage.bob.knock("ssh", V4).unwrap();
    journal.await_events(&[], 2, "granted");
    let clerk = clerk_of(&stage.server).unwrap();
    kill(clerk, Signal::SIGKILL).unwrap();
    daemon.kill();
    assert!(wait_until(PATIENCE, || clerk_of(&stage.server).is_none()));
    let expected = ["started", "granted", "stopping", "started", "granted"];
    assert_eq!(
        kinds(&without_doubts(journal.events_aside(&aside))),
        expected
    );
    let nothing = run(&stage.server, journal.aside(&["--state", "/nowhere"]));
    let said = String::from_utf8_lossy(&nothing.stderr);
    assert_eq!(nothing.status.code(), Some(66), "{said}");
    assert!(said.contains("there is no journal in"), "{said}");
    Told::Whole
}

fn turned_off(entered: &Entered) -> Told {
    let mut stage = Stage::new(entered, "journal-off");
    stage.write_config(&(stage.config.clone() + "[journal]\nenabled = false\n"));
    let daemon = stage.start();
    stage.alice.knock("office", V4).unwrap();
    assert!(clerk_of(&stage.server).is_none());
    assert!(!stage.state().join("journal").exists());
    assert_eq!(daemon.status()["journal"]["enabled"], false);
    assert_eq!(daemon.status()["warnings"].to_string(), "[]");
    // What a restart alone changes is refused by a reload, whole.
    stage.write_config(&stage.config);
    daemon.reload();
    daemon.await_line("reload-refused");
    assert!(daemon.log().contains("`journal`"), "{}", daemon.log());
    Told::Whole
}

fn rude(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = Stage::running(entered, "journal-rude");
    let socket = stage.folder.join("status.journal.sock");
    let mode = socket.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = |least| daemon.status()["journal"]["kept"].as_u64() >= Some(least);
    assert!(wait_until(PATIENCE, || kept(1)), "{}", daemon.status());
    let folder = stage.state().join("journal");
    assert_eq!(
        folder.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    let mut readers: Vec<_> = (0..20)
        .map(|_| UnixStream::connect(&socket).unwrap())
        .collect();
    for reader in &mut readers {
        // What is written is never read: it may be refused, and does nothing.
        drop(reader.write_all(&[0xff; 1 << 12]));
    }
    stage.alice.knock("office", V4).unwrap();
    drop(readers);
    assert!(clerk_of(&stage.server).is_some());
    assert!(daemon.is_running());
    let kept = || daemon.status()["journal"]["kept"].as_u64() >= Some(2);
    assert!(wait_until(PATIENCE, kept), "{}", daemon.status());
    assert!(daemon.stop().success());
    assert!(!socket.exists());
    Told::Whole
}

fn damaged(entered: &Entered) -> Told {
    let Some(tool) = tool() else {
        return Told::Skipped(NO_TOOL);
    };
    let (stage, mut daemon) = Stage::running(entered, "journal-damaged");
    assert!(daemon.stop().success());
    let folder = stage.state().join("journal");
    for file in fs::read_dir(&folder).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let bent: Vec<u8> = bytes.iter().map(|byte| byte ^ 0x55).collect();
        fs::write(&path, bent).unwrap();
    }
    let daemon = stage.start();
    daemon.await_line("journal-set-aside");
    let journal = Journal::of(&stage.server, &stage.folder, tool);
    let all = journal.await_events(&[], 1, "started");
    assert_eq!(kinds(&all), ["journal-set-aside", "started"]);
    Told::Whole
}

/// The tool, asked for the journal of a stage.
struct Journal<'s> {
    server: &'s Host,
    tool: PathBuf,
    folder: PathBuf,
    socket: String,
}

impl<'s> Journal<'s> {
    fn of(server: &'s Host, folder: &Path, tool: PathBuf) -> Self {
        Self {
            server,
            tool,
            folder: folder.to_path_buf(),
            socket: folder.join("status.sock").display().to_string(),
        }
    }

    fn command(&self, line: &[&str]) -> std::process::Command {
        let whole = [&["journal", "--socket", self.socket.as_str()], line].concat();
        command(&self.tool, &self.folder, &whole)
    }

    fn aside(&self, line: &[&str]) -> std::process::Command {
        command(&self.tool, &self.folder, &[&["journal"], line].concat())
    }

    fn said(&self, line: &[&str]) -> String {
        run_well(self.server, self.command(line))
    }

    fn events(&self, line: &[&str]) -> Vec<Value> {
        events(&self.said(&[line, &["--json"]].concat()))
    }

    fn events_aside(&self, line: &[&str]) -> Vec<Value> {
        let line = [line, &["--json"]].concat();
        events(&run_well(self.server, self.aside(&line)))
    }

    /// Waits for so many events of a kind: they are kept a moment after they happen.
    fn await_events(&self, line: &[&str], count: usize, kind: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let are_there = || {
            all = self.events(line);
            let of_kind = all.iter().filter(|event| text(event, "event") == kind);
            of_kind.count() >= count
        };
        assert!(wait_until(PATIENCE, are_there), "{all:?}");
        all
    }
}

fn events(lines: &str) -> Vec<Value> {
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn kinds(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| text(event, "event")).collect()
}

/// Where the state is new, people repair themselves first: whether they do is another story's business.
fn without_doubts(mut events: Vec<Value>) -> Vec<Value> {
    events.retain(|event| text(event, "event") != "answered");
    events
}

fn text(event: &Value, field: &str) -> String {
    event[field].as_str().unwrap_or_default().to_owned()
}

fn micros_of_the_last_grant(daemon: &Daemon) -> u64 {
    let log = daemon.log();
    let line = log.lines().rev().find(|line| line.contains("\"granted\""));
    let line: Value = serde_json::from_str(line.unwrap()).unwrap();
    line["micros"].as_u64().unwrap()
}

/// The process that keeps the journal of a host's daemon.
fn clerk_of(host: &Host) -> Option<Pid> {
    let here = host
        .run(|| fs::read_link("/proc/thread-self/ns/net").unwrap())
        .unwrap();
    let is_it = |process: &Path| {
        let name = fs::read_to_string(process.join("comm")).unwrap_or_default();
        let is_here = fs::read_link(process.join("ns/net")).is_ok_and(|there| there == here);
        name.trim_end() == "nightlatch-jrnl" && is_here
    };
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let mut found = processes
        .map(|entry| entry.path())
        .filter(|path| is_it(path));
    let status = fs::read_to_string(found.next()?.join("status")).ok()?;
    // What is seen here may have other numbers where the stories are told.
    let numbers = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?;
    let number = numbers.split_whitespace().last()?.parse().ok()?;
    Some(Pid::from_raw(number))
}

/// A busy machine may take long.
const PATIENCE: Duration = Duration::from_secs(10);
