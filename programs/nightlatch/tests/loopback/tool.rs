//! The whole tool as a person runs it: its files, its words, its exit codes.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Output, Stdio};
use std::thread;

use serde_json::Value;

use crate::home::{Home, neighbours, text};
use crate::house::Manners;

#[test]
fn a_key_is_made_once_and_never_overwritten() {
    let home = Home::new();
    let first = home.run(&["keygen"]);
    assert!(
        text(&first.stdout).starts_with("nightlatch-pub1"),
        "{first:?}"
    );
    let file = home.folder().join("identity.key");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let before = fs::read(&file).unwrap();
    let second = home.run(&["keygen"]);
    assert_eq!(second.status.code(), Some(77));
    assert!(
        text(&second.stderr).contains("never overwritten"),
        "{second:?}"
    );
    assert_eq!(fs::read(&file).unwrap(), before);
    let public = home.run(&["public", file.to_str().unwrap()]);
    assert_eq!(public.stdout, first.stdout);
}

#[test]
fn a_key_under_a_passphrase_opens_with_it_and_with_no_other() {
    let home = Home::new();
    let (right, wrong) = (home.path().join("right"), home.path().join("wrong"));
    fs::write(&right, "correct horse\n").unwrap();
    fs::write(&wrong, "battery staple\n").unwrap();
    for file in [&right, &wrong] {
        fs::set_permissions(file, PermissionsExt::from_mode(0o600)).unwrap();
    }
    let (right, wrong) = (right.to_str().unwrap(), wrong.to_str().unwrap());
    let key = home.path().join("locked.key");
    let key = key.to_str().unwrap();
    let made = home.run(&["keygen", "-o", key, "--passphrase-file", right]);
    assert!(made.status.success(), "{made:?}");
    let opened = home.run(&["public", key, "--passphrase-file", right]);
    assert_eq!(opened.stdout, made.stdout);
    let refused = home.run(&["public", key, "--passphrase-file", wrong]);
    assert_eq!(refused.status.code(), Some(77));
    assert!(
        text(&refused.stderr).contains("passphrase does not open"),
        "{refused:?}"
    );
}

#[test]
fn a_secret_that_others_may_read_is_refused_with_the_command_that_mends_it() {
    let (home, _house) = neighbours(Manners::default());
    let key = home.folder().join("identity.key");
    fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let output = home.run(&["knock", "home"]);
    assert_eq!(output.status.code(), Some(77));
    assert!(text(&output.stderr).contains("chmod 600"), "{output:?}");
}

#[test]
fn a_knock_says_plainly_what_is_open_for_whom_and_how_long() {
    let (home, house) = neighbours(Manners::default());
    let output = home.run(&["knock", "home"]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), "open for 127.0.0.1, ssh, 30 s\n");
    assert_eq!(output.status.code(), Some(0));
    let output = home.run(&["knock", "home", "ssh", "--for", "90s"]);
    assert_eq!(
        text(&output.stdout),
        "open for 127.0.0.1, ssh, 1 min 30 s\n"
    );
    assert_eq!(house.grants(), 2);
    let output = home.run(&["close", "home"]);
    assert_eq!(text(&output.stdout), "closed for 127.0.0.1, ssh\n");
}

#[test]
fn a_server_is_found_by_its_host_as_well() {
    let (home, _house) = neighbours(Manners::default());
    let output = home.run(&["knock", "127.0.0.1"]);
    assert_eq!(text(&output.stdout), "open for 127.0.0.1, ssh, 30 s\n");
}

#[test]
fn json_is_one_object_with_the_same_story() {
    let (home, _house) = neighbours(Manners {
        clock_ahead: 90_000,
        ..Manners::default()
    });
    let output = home.run(&["knock", "home", "--json"]);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["done"], true);
    assert_eq!(
        (&told["server"], &told["service"]),
        (&"home".into(), &"ssh".into())
    );
    let visit = &told["visits"][0];
    assert_eq!(visit["outcome"], "granted");
    assert_eq!(visit["address"], "127.0.0.1");
    assert_eq!(visit["open_seconds"], 30);
    assert_eq!(visit["repaired"][0], "clock");
    assert!(visit["server_clock_ahead_milliseconds"].as_i64().unwrap() > 80_000);
}

#[test]
fn a_wrong_clock_is_named_and_allowed_for() {
    // And some minutes: the way of the packets must not make two days and 23 hours of it.
    let three_days = 3 * 86_400_000 + 600_000;
    let (home, _house) = neighbours(Manners {
        clock_ahead: three_days,
        ..Manners::default()
    });
    // It is found out by the recovery tag once, and remembered.
    for is_repaired in [true, false] {
        let output = home.run(&["knock", "home", "--verbose"]);
        let remarks = text(&output.stderr);
        assert!(text(&output.stdout).starts_with("open for"), "{output:?}");
        assert!(
            remarks.contains("clock is 3 days behind the server's"),
            "{remarks}"
        );
        let recovered = remarks.contains("sent a recovery knock");
        assert_eq!(recovered, is_repaired, "{remarks}");
    }
}

#[test]
fn behind_a_nat_the_address_is_learnt_and_said() {
    let nat = Some("203.0.113.7".parse().unwrap());
    let (home, house) = neighbours(Manners {
        nat,
        ..Manners::default()
    });
    let first = home.run(&["knock", "home"]);
    assert_eq!(text(&first.stdout), "open for 203.0.113.7, ssh, 30 s\n");
    assert!(
        text(&first.stderr).contains("sees this computer at 203.0.113.7"),
        "{first:?}"
    );
    let second = home.run(&["knock", "home"]);
    assert_eq!(text(&second.stderr), "");
    // One question, one knock, and the second time the knock alone.
    assert_eq!(house.verdicts().len(), 3);
}

#[test]
fn a_refusal_is_told_from_silence() {
    let (home, _house) = neighbours(Manners {
        forbids: true,
        ..Manners::default()
    });
    let refused = home.run(&["knock", "home"]);
    assert_eq!(refused.status.code(), Some(77));
    assert!(
        text(&refused.stderr).contains("may not open this service"),
        "{refused:?}"
    );
    assert_eq!(text(&refused.stdout), "");
    // The port of the discard service, at an address of the loopback that nobody uses.
    home.knows("127.0.0.9:9".parse().unwrap());
    let silent = home.run(&["knock", "home"]);
    assert_eq!(silent.status.code(), Some(69));
    let remarks = text(&silent.stderr);
    assert!(remarks.contains("did not answer"), "{remarks}");
    assert!(
        remarks.contains("nightlatchd is probably not running"),
        "{remarks}"
    );
}

#[test]
fn an_address_that_is_not_ours_is_refused_and_the_one_seen_is_named() {
    let (home, _house) = neighbours(Manners::default());
    let output = home.run(&["knock", "home", "--address", "203.0.113.9"]);
    assert_eq!(output.status.code(), Some(77));
    assert!(
        text(&output.stderr).contains("sees 127.0.0.1, not 203.0.113.9"),
        "{output:?}"
    );
}

#[test]
fn with_no_ack_it_knocks_and_goes() {
    let (home, house) = neighbours(Manners {
        mute_for: 99,
        ..Manners::default()
    });
    let output = home.run(&["knock", "home", "--no-ack"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output.stdout).contains("this server never answers"),
        "{output:?}"
    );
    assert!(matches!(
        house.next_verdict(),
        nightlatch_core::Verdict::Grant(_)
    ));
}

#[test]
fn a_service_that_the_configuration_does_not_know_is_asked_for_and_remarked() {
    let (home, _house) = neighbours(Manners::default());
    let output = home.run(&["knock", "home", "shh"]);
    assert_eq!(output.status.code(), Some(77));
    assert!(
        text(&output.stderr).contains("it knows: ssh, web"),
        "{output:?}"
    );
}

#[test]
fn a_misspelt_server_is_met_with_the_one_that_was_meant() {
    let (home, _house) = neighbours(Manners::default());
    let output = home.run(&["knock", "hme"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(
        text(&output.stderr).contains("did you mean \"home\"?"),
        "{output:?}"
    );
}

#[test]
fn connect_knocks_and_carries_bytes_both_ways() {
    let (home, house) = neighbours(Manners::default());
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = service.local_addr().unwrap().port().to_string();
    let talker = thread::spawn(move || {
        let (mut stream, _) = service.accept().unwrap();
        let mut question = String::new();
        stream.read_to_string(&mut question).unwrap();
        stream
            .write_all(question.to_uppercase().as_bytes())
            .unwrap();
    });
    let mut command = home.command(&["connect", "home", &port]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"who is there?")
        .unwrap();
    let output = child.wait_with_output().unwrap();
    talker.join().unwrap();
    assert_eq!(text(&output.stdout), "WHO IS THERE?", "{output:?}");
    assert_eq!(text(&output.stderr), "");
    assert_eq!(house.grants(), 1);
}

#[test]
fn connect_says_so_when_the_door_is_open_and_nobody_is_behind_it() {
    let (home, _house) = neighbours(Manners::default());
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let output = home.run(&["connect", "home", &closed.to_string()]);
    assert_eq!(output.status.code(), Some(69));
    assert!(
        text(&output.stderr).contains("no service listens there"),
        "{output:?}"
    );
}

#[test]
fn ssh_is_run_after_the_knock_with_what_it_was_told() {
    let (home, house) = neighbours(Manners::default());
    let folder = home.path().join("bin");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("ssh"), "#!/bin/sh\necho \"$@\"\n").unwrap();
    fs::set_permissions(folder.join("ssh"), PermissionsExt::from_mode(0o755)).unwrap();
    let output = home
        .command(&["ssh", "alice@home", "-v", "uptime"])
        .env("PATH", &folder)
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stdout),
        "-4 -o HostName=127.0.0.1 alice@home -v uptime\n",
        "{output:?}"
    );
    assert_eq!(house.grants(), 1);
}

#[test]
fn status_shows_what_the_daemon_says() {
    let home = Home::new();
    let path = home.path().join("status.sock");
    let output = telling(&home, &path, "{\"version\":\"0.1.0\",\"clients\":3}\n", &[]);
    assert!(
        text(&output.stdout).contains("from 3 clients known"),
        "{output:?}"
    );
    let output = telling(
        &home,
        &path,
        "{\"version\":\"0.1.0\",\"mood\":\"calm\"}\n",
        &["--json"],
    );
    assert_eq!(
        text(&output.stdout),
        "{\"mood\":\"calm\",\"version\":\"0.1.0\"}\n"
    );
    let output = telling(&home, &path, "hello", &[]);
    assert_eq!(output.status.code(), Some(65), "{output:?}");
}

fn telling(home: &Home, path: &Path, document: &'static str, more: &[&str]) -> Output {
    let socket = UnixListener::bind(path).unwrap();
    let daemon = thread::spawn(move || {
        let (mut stream, _) = socket.accept().unwrap();
        stream.write_all(document.as_bytes()).unwrap();
    });
    let line = [&["status", "--socket", path.to_str().unwrap()], more].concat();
    let output = home.run(&line);
    daemon.join().unwrap();
    fs::remove_file(path).unwrap();
    output
}

#[test]
fn status_without_a_daemon_says_so() {
    let home = Home::new();
    let path = home.path().join("status.sock");
    let line = ["status", "--socket", path.to_str().unwrap()];
    let missing = home.run(&line);
    assert_eq!(missing.status.code(), Some(69));
    assert!(
        text(&missing.stderr).contains("no daemon on this computer"),
        "{missing:?}"
    );
    drop(UnixListener::bind(&path).unwrap());
    let dead = home.run(&line);
    assert_eq!(dead.status.code(), Some(69));
    assert!(
        text(&dead.stderr).contains("no daemon listens at it"),
        "{dead:?}"
    );
}
