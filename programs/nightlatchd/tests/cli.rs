//! The command line: what `--check`, `gate show` and mistakes say, and with which exit code.
#![cfg(test)]

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

const GOOD: &str = r#"
[server]
key = "server.key"
guard = ["tcp/22"]

[service.ssh]
open = ["tcp/22"]
for = "30s"

[client.alice]
key = "nightlatch-pub1gy5utje9dvx72d2nw7rawfpsw5emff3myddq6kxd2mh7pap8yanqkmf2z8"
preshared = "none"
may = ["ssh"]
"#;

/// A folder with a server's key and this configuration.
fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let key = nightlatch_ticket::SecretKey::from_bytes([7; 32]);
    let mut file = fs::OpenOptions::new();
    let file = file.create_new(true).write(true).mode(0o600);
    let mut file = file.open(folder.path().join("server.key")).unwrap();
    file.write_all(key.expose_text().as_bytes()).unwrap();
    fs::write(folder.path().join("n.toml"), config).unwrap();
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

fn checked(config: &str) -> (Option<i32>, String) {
    let folder = folder(config);
    let output = nightlatchd(folder.path(), &["--check", "--config", "n.toml"]);
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[test]
fn a_right_configuration_is_called_right() {
    let folder = folder(GOOD);
    let output = nightlatchd(folder.path(), &["--check", "--config", "n.toml"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        output.stdout,
        b"n.toml is right: 1 guarded range, 1 service, 1 client, 0 sequences\n"
    );
}

#[test]
fn a_secret_for_webhooks_is_made_and_taken() {
    let made = nightlatchd(Path::new("/"), &["notify", "secret"]);
    let secret = String::from_utf8(made.stdout).unwrap();
    assert!(
        secret.starts_with("whsec_") && secret.len() > 40,
        "{secret}"
    );
    let folder = folder(&(GOOD.to_owned() + &hooked(1)));
    let mut file = fs::OpenOptions::new();
    let file = file.create_new(true).write(true).mode(0o600);
    let mut file = file.open(folder.path().join("ops.secret")).unwrap();
    file.write_all(secret.as_bytes()).unwrap();
    let output = nightlatchd(folder.path(), &["--check", "--config", "n.toml"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_notification_can_be_tried_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = folder(&(GOOD.to_owned() + &hooked(port)));
    let secret = folder.path().join("ops.secret");
    fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    fs::set_permissions(&secret, Permissions::from_mode(0o600)).unwrap();
    let tried = |name| {
        let output = nightlatchd(
            folder.path(),
            &["notify", "test", name, "--config", "n.toml"],
        );
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let receiver = thread::spawn(move || {
        for answer in ["204 No Content", "404 Not Found"] {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut piece) = (Vec::new(), [0; 4096]);
            // To the end of its body: head and body may come apart.
            while !request.ends_with(b"}") {
                let length = stream.read(&mut piece).unwrap();
                assert_ne!(length, 0, "half a request");
                request.extend(&piece[..length]);
            }
            assert!(request.starts_with(b"POST /hook HTTP/1.1\r\n"));
            write!(stream, "HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    });
    assert_eq!(tried("ops"), (Some(0), "ops: it answered 204\n".to_owned()));
    let (code, words) = tried("ops");
    assert_eq!(code, Some(69));
    assert!(
        words.contains("it answered 404") && words.contains("drop it"),
        "{words}"
    );
    receiver.join().unwrap();
    let (code, words) = tried("ops");
    assert_eq!(code, Some(69));
    assert!(words.contains("try it again"), "{words}");
    let (code, words) = tried("opps");
    assert_eq!(code, Some(64));
    assert!(words.contains("name one of these: ops"), "{words}");
}

fn hooked(port: u16) -> String {
    format!("[notify.ops]\nwebhook = \"http://127.0.0.1:{port}/hook\"\nsecret = \"ops.secret\"\n")
}

#[test]
fn a_misspelt_option_is_shown_where_it_stands() {
    let (code, words) = checked(&GOOD.replace("guard =", "gaurd ="));
    assert_eq!(code, Some(78));
    assert!(words.contains("n.toml:4:"), "{words}");
    assert!(words.contains("gaurd = [\"tcp/22\"]"), "{words}");
    assert!(words.contains("`guard`"), "{words}");
}

#[test]
fn a_service_that_nobody_defined_is_shown_where_it_is_named() {
    let (code, words) = checked(&GOOD.replace("may = [\"ssh\"]", "may = [\"shh\"]"));
    assert_eq!(code, Some(78));
    assert!(words.contains("n.toml:13:"), "{words}");
    assert!(words.contains("ssh"), "{words}");
}

#[test]
fn toml_that_is_no_toml_is_shown_where_it_breaks() {
    let (code, words) = checked(&GOOD.replace("for = \"30s\"", "for = \"30s"));
    assert_eq!(code, Some(78));
    assert!(words.contains("n.toml:8:"), "{words}");
}

#[test]
fn a_missing_configuration_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let output = nightlatchd(folder.path(), &["--check", "--config", "none.toml"]);
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("none.toml"));
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        nightlatchd(folder.path(), &["--chekc"]).status.code(),
        Some(64)
    );
    assert_eq!(
        nightlatchd(folder.path(), &["gate"]).status.code(),
        Some(64)
    );
}

#[test]
fn what_the_daemon_starts_by_itself_is_suggested_to_nobody() {
    let said = |arguments: &[&str]| {
        let output = nightlatchd(Path::new("/"), arguments);
        assert_eq!(output.status.code(), Some(64));
        String::from_utf8(output.stderr).unwrap()
    };
    for word in ["extra", "herold", "listen", "run", "clerc", "hands"] {
        let words = said(&["--check", word]);
        assert!(!words.contains("similar"), "{words}");
    }
    assert!(said(&["gates"]).contains("'gate'"));
}

#[test]
fn the_gate_of_a_configuration_is_shown_without_touching_the_kernel() {
    let folder = folder(GOOD);
    let output = nightlatchd(folder.path(), &["gate", "show", "--config", "n.toml"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("table inet nightlatch"), "{text}");
    assert!(text.contains("udp dport 62201"), "{text}");
}

#[test]
fn every_source_is_tried_and_what_does_not_work_says_why() {
    let folder = folder(&GOOD.replace("guard", "sources = [\"udp\", \"log:none.log\"]\nguard"));
    let arguments = ["sources", "--json", "--config", "n.toml"];
    let output = nightlatchd(folder.path(), &arguments);
    // The log is not there.
    assert_eq!(output.status.code(), Some(69));
    let tried: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let tried = tried.as_array().unwrap();
    let find = |name: &str| {
        let named = |one: &&serde_json::Value| one["source"].as_str().unwrap().starts_with(name);
        tried.iter().find(named).unwrap()
    };
    for name in ["packets", "log:", "kmsg", "journal", "nflog:5", "udp"] {
        let one = find(name);
        let works = one["works"].as_bool().unwrap();
        assert_eq!(works, one["why"].is_null(), "{one}");
    }
    assert_eq!(find("udp")["configured"], true);
    assert_eq!(find("log:")["why"], "there is no such file");
    let table = nightlatchd(folder.path(), &["sources", "--config", "n.toml"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(
        table.lines().next().unwrap().contains("named  works"),
        "{table}"
    );
    assert!(table.contains("there is no such file\n"), "{table}");
}

#[test]
fn only_what_looks_at_a_configuration_takes_one() {
    let folder = tempfile::tempdir().unwrap();
    let help = |line: &[&str]| {
        let output = nightlatchd(folder.path(), &[line, &["--help"]].concat());
        String::from_utf8(output.stdout).unwrap()
    };
    for line in [
        &["gate", "show"][..],
        &["sources"],
        &["log-ruleset"],
        &["notify", "test"],
    ] {
        let help = help(line);
        assert!(help.contains("--config <FILE>"), "{help}");
        assert!(help.contains("--knockd-config <FILE>"), "{help}");
        assert!(!help.contains("beside the grants"), "{help}");
    }
    for line in [&["import"][..], &["gate", "down"], &["notify", "secret"]] {
        assert!(!help(line).contains("config <FILE>"), "{line:?}");
    }
}

#[test]
fn the_configuration_may_be_named_before_a_command_too() {
    let folder = tempfile::tempdir().unwrap();
    for line in [
        ["--config", "none.toml", "gate", "show"],
        ["gate", "show", "--config", "none.toml"],
        ["--knockd-config", "none.toml", "gate", "show"],
    ] {
        let output = nightlatchd(folder.path(), &line);
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("none.toml: there is no such file"), "{told}");
    }
}

#[test]
fn what_a_start_would_refuse_a_check_refuses_too() {
    let server = |line: &str| GOOD.replace("[server]", &format!("[server]\n{line}"));
    let long = format!("status-socket = \"{}/s\"", "long/".repeat(22));
    for (line, words) in [
        ("user = \"nosuchuser\"", "there is no user \"nosuchuser\""),
        ("state = \"server.key\"", "the state folder ./server.key"),
        (
            "state = \"server.key/state\"",
            "the state folder ./server.key/state",
        ),
        (
            "status-socket = \"server.key\"",
            "the status socket ./server.key",
        ),
        (&long, "the status socket ./long/"),
        (
            "sources = [\"log:none/kern.log\"]",
            "the folder is not there",
        ),
        ("sources = [\"log:/var/log\"]", "it is a folder"),
        ("sources = [\"log:/dev/null\"]", "a pipe or a device"),
        ("sources = [\"log:server.key\"]", "only root can read it"),
    ] {
        let (code, said) = checked(&server(line));
        assert!(said.contains(words), "{line}: {said}");
        assert_eq!(code, Some(78), "{line}");
    }
    let weak = GOOD.replace(
        "nightlatch-pub1gy5utje9dvx72d2nw7rawfpsw5emff3myddq6kxd2mh7pap8yanqkmf2z8",
        &nightlatch_ticket::PublicKey::from_bytes([0; 32]).to_string(),
    );
    let (code, said) = checked(&weak);
    assert!(said.contains("alice"), "{said}");
    assert_eq!(code, Some(78));
}

#[test]
fn a_program_that_is_not_there_is_warned_of() {
    let action = |program: &str| {
        format!(
            "{GOOD}\n[messages]\nrun = \"note\"\n[action.note]\nstart = [\"{program}\"]\nuser = \"nobody\"\n"
        )
    };
    for (program, words) in [
        ("/usr/bin/none-such", "there is no such program"),
        ("/etc/passwd", "no program that can be started"),
        ("/usr", "no program that can be started"),
    ] {
        let (code, said) = checked(&action(program));
        assert!(said.contains(words), "{program}: {said}");
        assert_eq!(code, Some(0), "{said}");
    }
    assert!(!checked(&action("/bin/true")).1.contains("action `note`: "));
}

#[expect(clippy::disallowed_methods, reason = "the program is what is tested")]
#[test]
fn who_has_read_enough_ends_no_command_with_an_abort() {
    let folder = folder(GOOD);
    fs::write(folder.path().join("knockd.conf"), KNOCKD).unwrap();
    for arguments in [
        &["--check"][..],
        &["gate", "show"],
        &["sources"],
        &["log-ruleset"],
        &["import", "knockd.conf"],
        &["notify", "secret"],
        &["--check", "--config", "none.toml"],
        &["--help"],
        &["--chekc"],
    ] {
        let ended = |deaf: fn(&mut Command) -> &mut Command| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatchd"));
            command.args(arguments).current_dir(folder.path());
            if !arguments.contains(&"--config") {
                command.args(["--config", "n.toml"]);
            }
            deaf(&mut command).status().unwrap().code()
        };
        let whole = ended(|command| command.stdout(Stdio::null()).stderr(Stdio::null()));
        let deaf = ended(|command| command.stdout(closed()).stderr(closed()));
        assert_eq!(deaf, whole, "{arguments:?}");
    }
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (_, end) = std::io::pipe().unwrap();
    end.into()
}

const KNOCKD: &str = "\
[options]
 UseSyslog
[openSSH]
 sequence = 7000,8000,9000
 seq_timeout = 5
 command = /sbin/iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
 tcpflags = syn
";
