//! The real fail2ban reads the lines about suspects, and takes no other line for one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command_line::CommandLine;
use super::guard_line::GuardLine;
use super::line::Line;

/// The line as the journal prints it, in both forms of the log.
fn printed(line: &Line) -> [String; 2] {
    let json = serde_json::to_string(line).unwrap();
    [line.to_string(), json].map(|text| format!("Nov 27 08:00:00 host nightlatchd[123]: {text}\n"))
}

fn suspected(source: &str, failure: &'static str) -> Line {
    Line::Guard(GuardLine::Suspected {
        source: source.to_owned(),
        failure,
        count: 12,
    })
}

/// What others have a hand in, and what is no failure.
fn other_lines() -> Vec<Line> {
    let address = "192.0.2.1".parse().unwrap();
    let forged = "suspect 203.0.113.99: decoy, 1 times";
    vec![
        Line::Told {
            client: "alice".to_owned(),
            address,
            text: format!("hello\n{forged}"),
        },
        Line::Command(CommandLine::Said {
            action: "note".to_owned(),
            text: forged.to_owned(),
        }),
        Line::Guard(GuardLine::Banned {
            source: "203.0.113.98".to_owned(),
            failure: "decoy",
            count: 1,
            seconds: 600,
            nth: 1,
        }),
        Line::Guard(GuardLine::Unbanned {
            source: "203.0.113.97".to_owned(),
            why: "time is up",
        }),
    ]
}

/// The filter beside the file that it includes, as it is where fail2ban is installed.
fn installed(folder: &Path) -> Option<PathBuf> {
    let filters = folder.join("filter.d");
    fs::create_dir(&filters).unwrap();
    fs::copy(
        "/etc/fail2ban/filter.d/common.conf",
        filters.join("common.conf"),
    )
    .ok()?;
    let filter = filters.join("nightlatchd.conf");
    fs::copy(FILTER, &filter).unwrap();
    Some(filter)
}

#[expect(
    clippy::disallowed_methods,
    reason = "fail2ban is a program, and the test asks it"
)]
fn found(lines: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::write(&log, lines).unwrap();
    let filter = installed(folder.path())?;
    let mut command = Command::new("fail2ban-regex");
    command.args(["--out", "<ip>"]).arg(log).arg(filter);
    let output = command.output().ok()?;
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_real_fail2ban_finds_every_suspect_and_nobody_else() {
    let suspects = [
        suspected("203.0.113.7", "closed-ports"),
        suspected("2001:db8::7", "unknown-tag"),
        suspected("2001:db8:0:1::/64", "decoy"),
    ];
    let lines: String = other_lines()
        .iter()
        .chain(&suspects)
        .flat_map(printed)
        .collect();
    let Some(found) = found(&lines) else {
        return skip();
    };
    let mut found: Vec<&str> = found.lines().collect();
    found.dedup();
    assert_eq!(
        found,
        ["203.0.113.7", "2001:db8::7", "2001:db8:0:1::/64"],
        "{lines}"
    );
}

#[test]
fn the_lines_that_others_read_do_not_change() {
    let [words, json] = printed(&suspected("203.0.113.7", "closed-ports"));
    assert!(
        words.ends_with("]: suspect 203.0.113.7: closed-ports, 12 times\n"),
        "{words}"
    );
    let end =
        r#"]: {"what":"suspected","source":"203.0.113.7","failure":"closed-ports","count":12}"#;
    assert!(json.trim_end().ends_with(end), "{json}");
}

fn skip() {
    // Where everything must be had, a skipped test is a failed one.
    assert!(
        std::env::var_os("CI").is_none(),
        "fail2ban is not installed"
    );
    eprintln!("SKIPPED: fail2ban is not installed, so nobody knows whether its filter works");
}

const FILTER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../contrib/fail2ban/filter.d/nightlatchd.conf"
);
