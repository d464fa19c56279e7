//! `import` and `--knockd-config`: what comes out where, and with which exit code.
#![cfg(test)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

const KNOCKD: &str = "\
[openSSH]
sequence = 7142,8311,6027
tcpflags = syn
start_command = /sbin/iptables -I INPUT 1 -s %IP% -p tcp --dport 22 -j ACCEPT
cmd_timeout = 20
stop_command = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
";

fn folder(knockd: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("knockd.conf");
    fs::write(&path, knockd).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    folder
}

#[expect(clippy::disallowed_methods, reason = "the program is what is tested")]
fn nightlatchd(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatchd"));
    command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn the_configuration_goes_to_standard_output_and_warnings_do_not() {
    let folder = folder(KNOCKD);
    let output = nightlatchd(folder.path(), &["import", "knockd.conf"]);
    assert_eq!(output.status.code(), Some(0));
    let (text, aloud) = (words(&output.stdout), words(&output.stderr));
    assert!(text.contains("guard = [\"tcp/22\"]"), "{text}");
    assert!(text.contains("for = \"20s\""), "{text}");
    assert!(!text.contains("[action."), "{text}");
    assert!(aloud.contains("knockd.conf:4:17"), "{aloud}");
    assert!(aloud.contains("--keep-commands"), "{aloud}");
}

#[test]
fn what_is_written_is_right_and_is_not_written_over() {
    let folder = folder(KNOCKD);
    let order = ["import", "knockd.conf", "-o", "n.toml"];
    assert_eq!(nightlatchd(folder.path(), &order).status.code(), Some(0));
    let written = fs::metadata(folder.path().join("n.toml")).unwrap();
    assert_eq!(written.permissions().mode() & 0o777, 0o600);
    let checked = nightlatchd(folder.path(), &["--check", "--config", "n.toml"]);
    assert_eq!(checked.status.code(), Some(0), "{}", words(&checked.stderr));
    let again = nightlatchd(folder.path(), &order);
    assert_eq!(again.status.code(), Some(71));
    assert!(words(&again.stderr).contains("n.toml: it exists already\n  name another file"));
}

#[test]
fn what_no_server_would_take_is_written_and_said() {
    let folder = folder(&KNOCKD.replace("7142,8311,6027", "10005,10006,10007"));
    let output = nightlatchd(folder.path(), &["import", "knockd.conf", "-o", "n.toml"]);
    assert_eq!(output.status.code(), Some(65));
    let aloud = words(&output.stderr);
    assert!(aloud.contains("these ports are neighbours"), "{aloud}");
    assert!(
        aloud.contains("it is written, but `nightlatchd --check` refuses it"),
        "{aloud}"
    );
    assert!(folder.path().join("n.toml").exists());
    let checked = nightlatchd(folder.path(), &["--check", "--config", "n.toml"]);
    assert_eq!(checked.status.code(), Some(78));
}

#[test]
fn commands_are_kept_where_that_is_asked_for() {
    let folder = folder(KNOCKD);
    let output = nightlatchd(folder.path(), &["import", "--keep-commands", "knockd.conf"]);
    let text = words(&output.stdout);
    assert!(
        text.contains("open = [\"tcp/22\"]\nrun = \"ssh\""),
        "{text}"
    );
    assert!(
        text.contains("start = [\"/sbin/iptables\", \"-I\""),
        "{text}"
    );
    assert!(
        text.contains("stop = [\"/sbin/iptables\", \"-D\""),
        "{text}"
    );
}

#[test]
fn what_knockd_refuses_is_refused_at_its_line() {
    let folder = folder("[a]\nsequence = 70000\n");
    for order in [
        &["import", "knockd.conf"][..],
        &["--check", "--knockd-config", "knockd.conf"],
    ] {
        let output = nightlatchd(folder.path(), order);
        assert_eq!(output.status.code(), Some(78));
        assert!(output.stdout.is_empty());
        let aloud = words(&output.stderr);
        assert!(aloud.contains("knockd.conf:2:12"), "{aloud}");
    }
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let folder = folder(KNOCKD);
    let output = nightlatchd(folder.path(), &["import", "none.conf"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(words(&output.stderr).contains("none.conf: there is no such file"));
}

#[test]
fn knockds_file_can_stand_in_the_place_of_ours() {
    let folder = folder(KNOCKD);
    let output = nightlatchd(
        folder.path(),
        &["--check", "--knockd-config", "knockd.conf"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", words(&output.stderr));
    assert!(words(&output.stdout).starts_with("knockd.conf is right: 1 guarded range, 1 service"));
    let both = ["--knockd-config", "knockd.conf", "--config", "n.toml"];
    let output = nightlatchd(folder.path(), &both);
    assert_eq!(output.status.code(), Some(64));
    let shown = ["gate", "show", "--knockd-config", "knockd.conf"];
    let output = nightlatchd(folder.path(), &shown);
    assert!(words(&output.stdout).contains("table inet nightlatch"));
}

#[test]
fn the_help_shows_how_it_is_used() {
    let folder = folder(KNOCKD);
    let output = nightlatchd(folder.path(), &["import", "--help"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(words(&output.stdout).contains("nightlatchd import /etc/knockd.conf -o"));
}
