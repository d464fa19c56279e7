//! The whole tool with sequences: secrets and lists on disk, ports touched by them.

use std::fs;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::home::{Home, text};

fn mode(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

/// A home with a secret in it, and that secret's path.
fn with_secret() -> (Home, String) {
    let home = Home::new();
    let file = home.path().join("ssh.secret").to_str().unwrap().to_owned();
    let made = home.run(&["sequence", "new", "-o", &file]);
    assert!(made.status.success(), "{made:?}");
    (home, file)
}

fn shown(home: &Home, line: &[&str]) -> Value {
    let output = home.run(&[&["sequence", "show", "--json"], line].concat());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_secret_is_for_our_eyes_only_and_never_overwritten() {
    let (home, file) = with_secret();
    assert_eq!(mode(Path::new(&file)), 0o600);
    let before = fs::read_to_string(&file).unwrap();
    assert!(before.contains("\nnightlatch-seq1"), "another form");
    let again = home.run(&["sequence", "new", "-o", &file]);
    assert_eq!(again.status.code(), Some(77));
    assert!(text(&again.stderr).contains("never overwritten"));
    let list = home.run(&["sequence", "lines", "-o", &file]);
    assert!(text(&list.stderr).contains("a file already, which is never overwritten"));
    assert_eq!(fs::read_to_string(&file).unwrap(), before);
    // The secret stands in its file and nowhere else.
    assert!(!text(&again.stderr).contains("nightlatch-seq1"));
}

#[test]
fn a_secret_that_others_may_read_is_refused() {
    let (home, file) = with_secret();
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let output = home.run(&["sequence", "show", "--secret", &file]);
    assert_eq!(output.status.code(), Some(77));
    assert!(text(&output.stderr).contains("chmod 600"), "{output:?}");
}

#[test]
fn the_sets_shown_have_the_shape_that_was_asked_for() {
    let (home, file) = with_secret();
    let line = ["--secret", &file, "--ports", "6", "--span", "30000-39999"];
    let more = ["--every", "1d", "--protocol", "udp", "--times", "5"];
    let told = shown(&home, &[&line[..], &more].concat());
    assert_eq!(told["protocol"], "udp");
    assert_eq!(told["every_seconds"], 86_400);
    let sets = told["sets"].as_array().unwrap();
    assert_eq!(sets.len(), 5);
    for set in sets {
        let ports = set["ports"].as_array().unwrap();
        assert_eq!(ports.len(), 6);
        let is_inside = |port: &Value| (30_000..=39_999).contains(&port.as_u64().unwrap());
        assert!(ports.iter().all(is_inside), "{ports:?}");
    }
}

#[test]
fn the_lines_to_paste_name_the_host_and_every_port() {
    let (home, file) = with_secret();
    // A day, so that no set ends between the two runs, or hardly ever.
    let line = ["--secret", &file, "--every", "1d"];
    let told = shown(&home, &line);
    let output = home.run(&[&["sequence", "show", "--host", "home"][..], &line].concat());
    let words = text(&output.stdout);
    for port in told["sets"][0]["ports"].as_array().unwrap() {
        assert!(words.contains(&format!("nc -z -w1 home {port}")), "{words}");
    }
}

#[test]
fn a_secret_is_enough_to_touch_the_ports_of_the_moment() {
    let (home, file) = with_secret();
    let line = ["--secret", &file, "--every", "1d", "--protocol", "udp"];
    let told = shown(&home, &line);
    let ports = told["sets"][0]["ports"].as_array().unwrap().clone();
    // An address of the loopback that nobody else listens at.
    let ears: Vec<_> = ports
        .iter()
        .map(|port| UdpSocket::bind(format!("127.0.0.77:{port}")).unwrap())
        .collect();
    let output = home.run(&[&["knock", "127.0.0.77", "--json", "-d", "1ms"][..], &line].concat());
    let touched: Value = serde_json::from_slice(&output.stdout).unwrap();
    let wanted: Vec<_> = ports.iter().map(|port| format!("udp/{port}")).collect();
    assert_eq!(touched["sequence"], serde_json::json!(wanted));
    for ear in ears {
        ear.set_nonblocking(true).unwrap();
        let mut buffer = [7; 8];
        assert_eq!(ear.recv(&mut buffer).unwrap(), 1);
        assert_eq!(buffer[0], 0);
        assert!(ear.recv(&mut buffer).is_err());
    }
}

#[test]
fn a_list_goes_to_a_file_for_our_eyes_only_or_to_the_screen() {
    let home = Home::new();
    let file = home.path().join("ssh.lines");
    let name = file.to_str().unwrap();
    let made = home.run(&["sequence", "lines", "-n", "7", "--steps", "5", "-o", name]);
    assert!(made.status.success(), "{made:?}");
    assert_eq!(text(&made.stdout), "");
    assert_eq!(mode(&file), 0o600);
    let list = fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.len(), 7);
    assert!(lines.iter().all(|line| line.split(' ').count() == 5));
    let again = home.run(&["sequence", "lines", "-o", name]);
    assert_eq!(again.status.code(), Some(77), "{again:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), list);
    let screen = home.run(&["sequence", "lines", "-n", "7"]);
    assert_eq!(text(&screen.stdout).lines().count(), 8);
    let pasted = home.run(&["sequence", "lines", "-n", "1", "--host", "home\nx"]);
    let told = text(&pasted.stdout);
    let (command, ports) = (told.lines().nth(1).unwrap(), told.lines().nth(2).unwrap());
    assert!(command.starts_with("# nc -z -w1 home\\nx "), "{told}");
    assert!(
        ports.split(' ').all(|port| command.contains(port)),
        "{told}"
    );
    assert_eq!(told.lines().count(), 3);
    // What was drawn can be touched as it stands there.
    let line = home.run(&["knock", "127.0.0.9", "-d", "0ms", "--sequence", lines[0]]);
    assert!(line.status.success(), "{line:?}");
}
