//! Files of knockd's become configurations: each file in `tests/knockd` becomes exactly what lies beside it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use nightlatch_config::{
    Commands, Converted, convert_knockd, import_knockd, load_knockd, load_server,
};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};
use tempfile::TempDir;

#[test]
fn each_file_of_knockds_becomes_exactly_this() {
    let mut wrong = Vec::new();
    for file in files() {
        let (found, kind) = match convert(&file, Commands::BecomeGrants) {
            Ok(converted) => (whole(&converted), "toml"),
            Err(refusal) => (refusal, "txt"),
        };
        let expected = file.with_extension(kind);
        if fs::read_to_string(&expected).ok().as_deref() != Some(&found) {
            let here = Path::new(env!("CARGO_TARGET_TMPDIR")).join(expected.file_name().unwrap());
            fs::write(&here, &found).unwrap();
            wrong.push(format!(
                "{found}\n  if that is right: cp {} {}\n",
                here.display(),
                expected.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_comes_out_is_toml_whatever_becomes_of_the_commands() {
    for file in files() {
        for commands in [Commands::BecomeGrants, Commands::RunAsWell] {
            if let Ok(converted) = convert(&file, commands) {
                let table: Result<toml::Table, _> = converted.text.parse();
                assert!(table.is_ok(), "{}\n{table:?}", converted.text);
            }
        }
    }
}

#[test]
fn what_comes_out_is_a_configuration_that_is_right() {
    let folder = folder();
    for file in files() {
        for commands in [Commands::BecomeGrants, Commands::RunAsWell] {
            let Ok(converted) = convert(&file, commands) else {
                continue;
            };
            let text = converted.text.replace("/etc/knockd/", "");
            let path = write(folder.path(), "nightlatchd.toml", &text, 0o644);
            let loaded = load_server(&path).map(drop);
            let wrong = loaded.map_err(|error| error.to_string());
            assert_eq!(wrong, Ok(()), "{}", file.display());
        }
    }
}

#[test]
fn knockds_file_is_taken_for_a_configuration_as_it_is() {
    let folder = folder();
    let text = fs::read_to_string(data("debian.conf")).unwrap();
    let path = write(folder.path(), "knockd.conf", &text, 0o640);
    let server = load_knockd(&path, Commands::RunAsWell).unwrap();
    let names: Vec<&str> = server
        .policy
        .services()
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["ssh", "https"]);
    assert_eq!(server.actions.len(), 2);
    assert_eq!(server.warnings.len(), 5, "{:?}", server.warnings);
    assert!(server.warnings[0].to_string().contains("knockd.conf:5:"));
    let server = load_knockd(&path, Commands::BecomeGrants).unwrap();
    assert!(server.actions.is_empty());
}

#[test]
fn the_command_of_the_closing_door_undoes_what_is_kept() {
    let debian = fs::read(data("debian.conf")).unwrap();
    let kept = text_of(&debian, Commands::RunAsWell);
    assert!(
        kept.contains("stop = [\"/sbin/iptables\", \"-D\", \"INPUT\""),
        "{kept}"
    );
    assert!(kept.contains("closes = \"ssh\""), "{kept}");
}

#[test]
fn the_firewalls_own_timeout_is_as_good_as_a_stop_command() {
    let text = text_of(
        b"[a]\nsequence = 7,9,8\ncommand = firewall-cmd --timeout=5m --add-rich-rule='rule family=ipv4 \
          source address=%IP% port port=22 protocol=tcp accept'",
        Commands::BecomeGrants,
    );
    assert!(text.contains("for = \"5m\""), "{text}");
    assert!(!text.contains("for ever"), "{text}");
}

#[test]
fn a_close_door_that_looks_its_line_up_closes_what_has_its_name() {
    let opened = |name: &str, port: u16| {
        format!(
            "[open{name}]\nsequence = {port},9,8\ncommand = nft add rule inet f input ip saddr %IP% \
             tcp dport {port} accept\n"
        )
    };
    let text = opened("SSH", 22)
        + &opened("Web", 443)
        + "[closeSSH]\nsequence = 5,9,8\ncommand = nft delete rule inet f input handle $(nft -a list \
           ruleset | grep %IP%)\n";
    let text = text_of(text.as_bytes(), Commands::BecomeGrants);
    assert!(text.contains("closes = \"ssh\""), "{text}");
}

#[test]
fn a_door_that_any_scan_opens_is_left_out_and_one_that_closes_stays() {
    let opens = "command = iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT\n";
    let closes = "command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT\n";
    let elsewhere = "command = iptables -D INPUT -s %IP% -p tcp --dport 80 -j ACCEPT\n";
    let door = |name: &str, ports: &str, rest: &str| {
        format!("[{name}]\nsequence = {ports}\ntcpflags = syn\n{rest}")
    };
    let text = door("rising", "31001,31002,31003", opens)
        + &door("kept", "31003,31001,31002", opens)
        + &door("closing", "31013,31012,31011", closes)
        + &door("orphan", "31023,31022,31021", elsewhere);
    let folder = folder();
    let path = write(folder.path(), "knockd.conf", &text, 0o600);
    let server = load_knockd(&path, Commands::BecomeGrants).unwrap();
    let names = server.policy.sequences().iter().map(|one| &one.name);
    assert_eq!(names.collect::<Vec<_>>(), ["kept", "closing"]);
    for (name, done) in [("rising", "opens the door"), ("orphan", "runs its command")] {
        let said = format!("{done}: `{name}` is left out");
        let is_it =
            |title: &str| title.starts_with("these ports are neighbours") && title.ends_with(&said);
        assert!(
            server.warnings.iter().any(|one| is_it(one.title())),
            "{name}"
        );
    }
}

#[test]
fn a_door_that_is_opened_on_the_way_to_one_of_wider_flags_keeps_that_one_out() {
    let text = "[a]\nsequence = 7,9,8\ntcpflags = syn\ncommand = /bin/a\n\
                [b]\nsequence = 7,9,8,6\ntcpflags = !urg\ncommand = /bin/b\n";
    let folder = folder();
    let path = write(folder.path(), "knockd.conf", text, 0o600);
    let server = load_knockd(&path, Commands::BecomeGrants).unwrap();
    let names = server.policy.sequences().iter().map(|one| &one.name);
    assert_eq!(names.collect::<Vec<_>>(), ["a"]);
}

#[test]
fn a_door_that_shares_a_service_keeps_its_own_warnings() {
    let narrow = |first: &str, second: &str| {
        let text = format!(
            "[a]\nsequence = 7,9,8\ntcpflags = syn\ncommand = {SSH}\n{first}\n\
             [b]\nsequence = 17,19,18\ntcpflags = syn\n{second}\n"
        );
        let path = Path::new("knockd.conf");
        let converted = convert_knockd(path, text.as_bytes(), Commands::BecomeGrants).unwrap();
        assert_eq!(converted.text.matches("[service.").count(), 1, "{text}");
        let (_, below) = converted.text.split_once("[sequence.b]").unwrap();
        let aloud: Vec<String> = converted.warnings.iter().map(ToString::to_string).collect();
        (below.replace("\n# ", " "), aloud.join("\n"))
    };
    let tunnel =
        "command = iptables -I INPUT -s %IP% -p tcp --dport 22 -i tun0 -d 10.8.0.1 -j ACCEPT";
    for (first, second, warning) in [
        (
            "",
            tunnel.to_owned(),
            "on interface tun0 only and to address 10.8.0.1 only",
        ),
        (
            "",
            format!("{tunnel}\ncommand_6 ="),
            "knockd opened nothing for IPv6",
        ),
        ("", format!("command = {SSH}"), "left this open for ever"),
        (
            "cmd_timeout = 1\nstop_command = /sbin/iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
            format!(
                "command = {SSH}\ncmd_timeout = 0\n\
                 stop_command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT"
            ),
            "no time at all",
        ),
    ] {
        let (below, aloud) = narrow(first, &second);
        assert!(
            below.contains("WARNING") && below.contains(warning),
            "{below}"
        );
        let (_, of_second) = aloud.split_once("knockd.conf:4:").unwrap();
        assert!(of_second.contains(warning), "{aloud}");
    }
}

const SSH: &str = "iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT";

#[test]
fn a_stop_command_behind_the_firewalls_own_timeout_keeps_both() {
    let text = text_of(
        b"[a]\nsequence = 7,9,8\ncmd_timeout = 3600\ncommand = firewall-cmd --timeout=5 \
          --add-rich-rule='rule family=ipv4 source address=%IP% port port=22 protocol=tcp accept'\n\
          stop_command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
        Commands::BecomeGrants,
    );
    assert!(!text.contains("open = "), "{text}");
    assert!(
        text.contains("# It stays a command: a --timeout ends it"),
        "{text}"
    );
}

#[test]
fn a_lookup_with_another_name_closes_nothing_where_it_could_mean_several() {
    let opened = |name: &str, port: u16| {
        format!(
            "[{name}]\nsequence = {port},9,8\ncommand = iptables -I INPUT -s %IP% -p tcp --dport {port} -j ACCEPT\n"
        )
    };
    let close = "[shut]\nsequence = 5,9,8\ncommand = nft delete rule inet f input handle $(nft -a list \
                 ruleset | grep %IP%)\n";
    let one = text_of(
        (opened("ssh", 22) + close).as_bytes(),
        Commands::BecomeGrants,
    );
    assert!(one.contains("closes = \"ssh\""), "{one}");
    let two = opened("ssh", 22) + &opened("web", 443) + close;
    let two = text_of(two.as_bytes(), Commands::BecomeGrants);
    assert!(!two.contains("closes = "), "{two}");
    assert!(two.contains("start-shell = \"nft delete rule"), "{two}");
}

#[test]
fn only_so_many_doors_begin_with_the_same_port() {
    let doors = (1..=9).map(|last| format!("[d{last}]\nsequence = 7,9,{last}\ncommand = /bin/a\n"));
    let text = text_of(doors.collect::<String>().as_bytes(), Commands::BecomeGrants);
    assert_eq!(text.matches("\nsteps = ").count(), 8);
    assert!(text.contains("`d9` is left out"), "{text}");
}

#[test]
fn a_file_with_very_many_doors_is_translated_in_no_time() {
    let doors = (1..20_000).map(|port| format!("[d]\nsequence = {port},9,7\n"));
    let text = text_of(doors.collect::<String>().as_bytes(), Commands::BecomeGrants);
    assert_eq!(text.matches("\nsteps = ").count(), 256);
    assert!(text.contains("more than 256 doors"));
}

fn text_of(bytes: &[u8], commands: Commands) -> String {
    convert_knockd(Path::new("knockd.conf"), bytes, commands)
        .unwrap()
        .text
}

#[test]
fn a_file_that_others_may_write_is_translated_and_not_run() {
    let folder = folder();
    let text = fs::read_to_string(data("minecraft.conf")).unwrap();
    let path = write(folder.path(), "knockd.conf", &text, 0o666);
    assert!(import_knockd(&path, Commands::BecomeGrants).is_ok());
    let error = load_knockd(&path, Commands::BecomeGrants).err().unwrap();
    assert!(error.to_string().contains("others may write it"), "{error}");
}

#[test]
fn where_no_door_is_left_knockds_own_lines_say_why() {
    let folder = folder();
    let text = "[ssh]\nsequence = 10005,10006,10007\ntcpflags = syn\ncommand = /bin/a\n";
    let path = write(folder.path(), "knockd.conf", text, 0o640);
    let error = load_knockd(&path, Commands::RunAsWell)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("no door is left that opens or runs anything"),
        "{error}"
    );
    assert!(error.contains("knockd.conf:2:12"), "{error}");
    assert!(error.contains("these ports are neighbours"), "{error}");
    assert!(!error.contains("[service"), "{error}");
    let imported = import_knockd(&path, Commands::RunAsWell).unwrap();
    assert_eq!(imported.refused.unwrap().to_string(), error);
}

#[test]
fn what_is_wrong_with_the_translation_points_at_the_line_it_was_made_of() {
    let folder = folder();
    let text = "[ssh]\nsequence = 7,9,8\ncommand = /bin/a\n\n\
                # the list\n[list]\n  one_time_sequences = /nowhere/once\ncommand = /bin/b\n";
    let path = write(folder.path(), "knockd.conf", text, 0o640);
    let error = load_knockd(&path, Commands::RunAsWell)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("knockd.conf:7:3"), "{error}");
    assert!(
        error.contains("it became: one-time = \"/nowhere/once\""),
        "{error}"
    );
    assert!(!error.contains("as-imported"), "{error}");
    assert!(error.contains("warning: "), "{error}");
}

#[test]
fn what_knockd_refuses_is_refused_with_the_line_of_its_own_file() {
    let folder = folder();
    let path = write(
        folder.path(),
        "knockd.conf",
        "[a]\nsequence = 70000\n",
        0o644,
    );
    let error = load_knockd(&path, Commands::BecomeGrants).err().unwrap();
    assert!(error.to_string().contains("knockd.conf:2:12"), "{error}");
}

proptest! {
    #[test]
    fn whatever_the_bytes_are_they_are_refused_or_become_toml(bytes in vec(any::<u8>(), 0..300)) {
        becomes_toml(&bytes)?;
    }

    #[test]
    fn whatever_is_put_together_of_real_lines_is_refused_or_becomes_toml(
        lines in vec((select(&LINES[..]), select(&VALUES[..])), 0..24),
    ) {
        let mut text = String::from("[door]\nsequence = 7,9,8\n");
        for (line, value) in lines {
            text.push_str(&line.replace("VALUE", value));
            text.push('\n');
        }
        becomes_toml(text.as_bytes())?;
    }
}

fn becomes_toml(bytes: &[u8]) -> Result<(), TestCaseError> {
    for commands in [Commands::BecomeGrants, Commands::RunAsWell] {
        match convert_knockd(Path::new("knockd.conf"), bytes, commands) {
            Ok(converted) => {
                let table: Result<toml::Table, _> = converted.text.parse();
                prop_assert!(table.is_ok(), "{}\n{table:?}", converted.text);
            }
            Err(wrong) => prop_assert!(!wrong.to_string().is_empty()),
        }
    }
    Ok(())
}

/// Lines of every kind; VALUE is one of those below.
const LINES: [&str; 22] = [
    "[openSSH]\nsequence = VALUE",
    "[VALUE]\nsequence = 1,3,2",
    "[closeSSH]\nsequence = 3,1,2\ncommand = VALUE",
    "[options]",
    "sequence = VALUE",
    "one_time_sequences = VALUE",
    "seq_timeout = VALUE",
    "tcpflags = syn",
    "tcpflags = !ack,fin",
    "target = VALUE",
    "command = VALUE",
    "command_6 = VALUE",
    "stop_command = VALUE",
    "stop_command_6 = VALUE",
    "cmd_timeout = VALUE",
    "interface = VALUE",
    "logfile = VALUE",
    "UseSyslog",
    "# VALUE",
    "VALUE",
    "command = iptables -A INPUT -s %IP% -p tcp --dport 22 -j ACCEPT\nstop_command = VALUE",
    "command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
];

const VALUES: [&str; 20] = [
    "",
    "1",
    "7,9,8:udp",
    "7,9",
    "-1",
    "99999",
    "eth0",
    "a b",
    "a]\"'\\b",
    "\u{202e}\u{7}\tx",
    "\u{fffd}",
    "iptables -I INPUT 1 -s %IP% -p tcp --dport 22 -j ACCEPT",
    "iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
    "ip6tables -A INPUT -s %IP% -p udp -m multiport --dports 53,80:90 -j ACCEPT",
    "ufw allow from %IP% to any port 22",
    "nft add rule inet f input ip saddr %IP% tcp dport { 22, 23 } accept",
    "nft delete rule inet f input handle $(nft -a list ruleset | grep %IP%)",
    "firewall-cmd --add-rich-rule='rule family=\"ipv4\" source address=\"%IP%\" port port=\"22\" protocol=\"tcp\" accept' --timeout=9",
    "/bin/echo 'it'\\''s' \"$HOME\" > /tmp/x",
    "\u{0}",
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/knockd")
        .join(name)
}

/// A folder with the list that one of the files names.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "once", "#1001,1002\n 1003,4711:udp\n", 0o600);
    folder
}

fn write(folder: &Path, name: &str, text: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    path
}

fn files() -> Vec<PathBuf> {
    let all = fs::read_dir(data(""))
        .unwrap()
        .map(|one| one.unwrap().path());
    let mut files: Vec<PathBuf> = all
        .filter(|path| path.extension().is_some_and(|kind| kind == "conf"))
        .collect();
    files.sort();
    files
}

fn convert(file: &Path, commands: Commands) -> Result<Converted, String> {
    let name = Path::new(file.file_name().unwrap());
    convert_knockd(name, &fs::read(file).unwrap(), commands).map_err(|wrong| format!("{wrong}\n"))
}

/// The text, and what would be said on standard error.
fn whole(converted: &Converted) -> String {
    let warnings: Vec<String> = converted.warnings.iter().map(ToString::to_string).collect();
    let aloud = warnings.join("\n\n").replace('\n', "\n#! ");
    format!("{}\n\n#! {aloud}\n", converted.text)
}
