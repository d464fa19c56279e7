//! Nothing that knockd's file says is lost without a word: each key, in each kind of door.

use std::path::Path;

use nightlatch_config::{Commands, convert_knockd};

#[test]
fn every_key_in_every_kind_of_door_changes_the_configuration_or_is_explained() {
    let doors = WAYS
        .iter()
        .flat_map(|way| DEEDS.iter().map(move |deed| (way, deed)));
    let all = doors.flat_map(|door| KEYS.iter().map(move |key| (door, key)));
    let silent: Vec<String> = all
        .filter_map(|(((way, steps), (deed, commands)), (key, line))| {
            let places = silent_places(&format!("[door]\n{steps}\n{commands}"), line);
            (!places.is_empty()).then(|| format!("{key}, door that {deed} by {way}: {places:?}"))
        })
        .collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// Where in a door a line is lost without a word.
fn silent_places(door: &str, line: &str) -> Vec<&'static str> {
    let places = [
        ("below", format!("{door}\n{line}")),
        ("above", door.replace("[door]", &format!("[door]\n{line}"))),
    ];
    let is_lost = |longer: &str| {
        [Commands::BecomeGrants, Commands::RunAsWell]
            .iter()
            .any(|commands| is_silent(door, longer, *commands))
    };
    let lost = places.iter().filter(|(_, longer)| is_lost(longer));
    lost.map(|(place, _)| *place).collect()
}

#[test]
fn flags_beside_a_list_are_warned_of_unless_they_ask_for_what_a_list_means() {
    for (flags, is_warned) in [("fin,!ack", true), ("syn,ack", true), ("syn,!ack", false)] {
        let text = format!(
            "[a]\none_time_sequences = /etc/knockd/once\ntcpflags = {flags}\ncommand = /bin/a\n"
        );
        let path = Path::new("knockd.conf");
        let converted = convert_knockd(path, text.as_bytes(), Commands::BecomeGrants);
        let warnings = converted.unwrap().warnings;
        let of_flags = warnings.iter().find(|one| one.place() == (3, 12));
        let is_it = of_flags.is_some_and(|one| one.title().starts_with("a list cannot ask"));
        assert_eq!(is_it, is_warned, "{flags}");
    }
}

#[test]
fn flags_that_no_client_sends_are_warned_of() {
    for (flags, is_warned) in [
        ("syn,ack", true),
        ("fin", true),
        ("syn", false),
        ("!ack", false),
    ] {
        let text = format!("[a]\nsequence = 7142,18311,9027\ntcpflags = {flags}\n");
        let path = Path::new("knockd.conf");
        let converted = convert_knockd(path, text.as_bytes(), Commands::BecomeGrants);
        let warnings = converted.unwrap().warnings;
        let mut titles = warnings.iter().map(nightlatch_config::Complaint::title);
        let is_it = titles.any(|title| title.starts_with("no ordinary client sends this"));
        assert_eq!(is_it, is_warned, "{flags}");
    }
}

/// Whether a line more makes no difference but that it is quoted.
fn is_silent(door: &str, longer: &str, commands: Commands) -> bool {
    let without = told(&format!("{OPENER}{door}\n"), commands);
    let with = told(&format!("{OPENER}{longer}\n"), commands);
    without.is_some() && without == with
}

/// All that the configuration says of its own; none where the file is refused.
fn told(text: &str, commands: Commands) -> Option<Vec<String>> {
    let converted = convert_knockd(Path::new("knockd.conf"), text.as_bytes(), commands).ok()?;
    let lines = converted
        .text
        .lines()
        .filter(|line| !line.starts_with("#>"));
    Some(lines.map(str::to_owned).collect())
}

/// What a closing door closes.
const OPENER: &str = "\
[opener]
sequence = 30411,25733,41234
tcpflags = syn
command = iptables -I INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
cmd_timeout = 5
stop_command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT
";

const WAYS: [(&str, &str); 4] = [
    ("TCP", "sequence = 7142,18311,9027"),
    ("UDP", "sequence = 7142:udp,18311:udp,9027:udp"),
    ("both", "sequence = 7142,18311:udp,9027"),
    ("a list", "one_time_sequences = /etc/knockd/once"),
];

const DEEDS: [(&str, &str); 5] = [
    (
        "opens",
        "command = iptables -I INPUT -s %IP% -p tcp --dport 443 -j ACCEPT",
    ),
    (
        "opens for a while",
        "command = iptables -I INPUT -s %IP% -p tcp --dport 443 -j ACCEPT\n\
         stop_command = iptables -D INPUT -s %IP% -p tcp --dport 443 -j ACCEPT",
    ),
    (
        "closes",
        "command = iptables -D INPUT -s %IP% -p tcp --dport 22 -j ACCEPT",
    ),
    ("runs", "command = /usr/local/bin/wake %IP%"),
    ("logs", ""),
];

const KEYS: [(&str, &str); 13] = [
    ("sequence", "sequence = 40123,25733:udp,31999"),
    (
        "one_time_sequences",
        "one_time_sequences = /etc/knockd/others",
    ),
    ("seq_timeout", "seq_timeout = 7"),
    ("timeout", "timeout = 7"),
    ("tcpflags", "tcpflags = syn,!ack"),
    ("tcpflags", "tcpflags = fin,!ack"),
    ("tcpflags", "tcpflags = syn,ack"),
    ("target", "target = 192.0.2.1"),
    ("start_command", "start_command = /usr/local/bin/other %IP%"),
    (
        "start_command_6",
        "start_command_6 = /usr/local/bin/six %IP%",
    ),
    ("cmd_timeout", "cmd_timeout = 77"),
    ("stop_command", "stop_command = /usr/local/bin/stop %IP%"),
    (
        "stop_command_6",
        "stop_command_6 = /usr/local/bin/stop6 %IP%",
    ),
];
