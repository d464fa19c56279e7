//! Stories of where knocks are seen: a UDP socket, an NFLOG group, the firewall's log.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nightlatch_lab::{Entered, Host, Standing, mount_over, pause, program, wait_until};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::compare::{output, ruleset};
use crate::daemon::Daemon;
use crate::sequences::gets_in;
use crate::stage::Family::{V4, V6};
use crate::stage::{Family, Stage, address, assert_silent, is_in, server};
use crate::touch::Touch::{Tcp, Udp};
use crate::touch::touch;
use crate::{Story, Told};

pub(crate) const STORIES: &[Story] = &[
    ("a_ticket_opens_through_a_plain_socket", plain_socket),
    (
        "what_the_firewall_sends_to_a_group_counts",
        what_the_firewall_sends,
    ),
    (
        "what_the_printed_ruleset_sends_to_a_group_opens",
        printed_for_nft,
    ),
    (
        "what_the_printed_script_of_iptables_sends_to_a_group_opens",
        printed_for_iptables,
    ),
    ("lines_of_the_firewall_open", lines_open),
    (
        "a_log_is_followed_into_the_next_file_and_old_lines_never_count",
        rotated,
    ),
    ("what_stands_in_a_log_beside_lines_opens_nothing", garbage),
    (
        "a_log_that_goes_deaf_is_said_and_shown_until_it_is_heard",
        deaf,
    ),
    (
        "an_interface_that_is_not_there_is_said_and_shown",
        no_interface,
    ),
    (
        "a_payload_that_no_source_shows_is_said_at_the_check",
        no_payload,
    ),
    ("several_sources_are_heard_at_once", several),
    ("a_failure_that_two_sources_show_is_one", shown_twice),
    (
        "what_journalctl_reads_out_opens_and_its_end_is_said",
        journal,
    ),
    #[cfg(feature = "libpcap")]
    (
        "a_knock_opens_through_libpcap_and_again_when_the_link_was_down",
        libpcap,
    ),
    ("another_source_takes_a_restart", another_source),
];

fn plain_socket(entered: &Entered) -> Told {
    let (mut stage, daemon) = running(entered, "source-udp", "[\"udp\"]");
    assert_eq!(packet_sockets(&stage.server), 0, "nobody captures packets");
    for family in [V4, V6] {
        assert_silent(&stage.alice.host, 22, family);
        stage.alice.knock("ssh", family).unwrap();
        assert!(is_in(&stage.alice.host, 22, family), "{}", daemon.log());
        assert_silent(&stage.stranger, 22, family);
    }
    assert_eq!(daemon.status()["sources"][0], "udp");
    assert_eq!(daemon.status()["gate"]["knock_port_packets"], 0);
    let said = words(&stage, "sources");
    assert!(said.contains("a nightlatchd that runs has it"), "{said}");
    // Touches are none of its business.
    touch(&stage.bob.host, &OPENING, V4);
    pause(A_MOMENT);
    assert_silent(&stage.bob.host, 22, V4);
    Told::Whole
}

fn what_the_firewall_sends(entered: &Entered) -> Told {
    let mut stage = stage(entered, "source-nflog", "[\"nflog:5\"]");
    if !load(&stage.server, RULESET) {
        return Told::Skipped("no `nft` here to choose packets with");
    }
    started_at_the_group(&mut stage);
    Told::Whole
}

fn printed_for_nft(entered: &Entered) -> Told {
    let mut stage = stage(entered, "nflog-nft", "[\"nflog:5\"]");
    if !load(&stage.server, &output(&stage, ruleset(&stage))) {
        return Told::Skipped("no `nft` here to choose packets with");
    }
    opens_through_the_group(&mut stage);
    Told::Whole
}

fn printed_for_iptables(entered: &Entered) -> Told {
    let mut stage = stage(entered, "nflog-iptables", "[\"nflog:5\"]");
    let mut command = ruleset(&stage);
    command.arg("--iptables");
    let mut shell = program("sh");
    shell.arg("-c").arg(output(&stage, command));
    let mut shell = stage.server.spawn(shell).unwrap();
    let ended = shell.wait_within(PATIENCE).unwrap().unwrap();
    if ended.code() == Some(NO_SUCH_PROGRAM) {
        return Told::Skipped("no `iptables` here to choose packets with");
    }
    assert!(ended.success(), "iptables refuses: {ended}");
    opens_through_the_group(&mut stage);
    Told::Whole
}

/// A daemon that the group tells enough: a ticket and a sequence open.
fn started_at_the_group(stage: &mut Stage) -> Daemon {
    let daemon = stage.start();
    assert_eq!(packet_sockets(&stage.server), 0, "nobody captures packets");
    for family in [V4, V6] {
        stage.alice.knock("ssh", family).unwrap();
        assert!(is_in(&stage.alice.host, 22, family), "{}", daemon.log());
        touch(&stage.bob.host, &OPENING, family);
        assert!(gets_in(&stage.bob.host, family), "{}", daemon.log());
    }
    daemon
}

/// The gate drops the same packets, behind the rules.
fn opens_through_the_group(stage: &mut Stage) {
    let daemon = started_at_the_group(stage);
    for family in [V4, V6] {
        assert_silent(&stage.stranger, 22, family);
    }
    // What is no touch of a closed port is not sent there: that would be all that the host receives.
    let heard = || daemon.status()["hearing"][0]["heard"].as_u64().unwrap();
    assert!(wait_until(PATIENCE, || heard() >= 8));
    assert!(heard() < 30, "{}", daemon.status());
}

fn lines_open(entered: &Entered) -> Told {
    for (family, mode) in [(V4, 0o644), (V6, 0o640)] {
        let (stage, log) = logged(entered, &format!("source-log-{mode:o}"));
        log.set_mode(mode, entered);
        let daemon = stage.start();
        assert_silent(&stage.alice.host, 22, family);
        log.write(&knock("alice", family));
        assert!(gets_in(&stage.alice.host, family), "{}", daemon.log());
        assert_silent(&stage.stranger, 22, family);
        assert_eq!(packet_sockets(&stage.server), 0);
    }
    Told::Whole
}

fn rotated(entered: &Entered) -> Told {
    let (stage, log) = logged(entered, "source-log-rotated");
    log.write(&knock("bob", V4));
    let mut daemon = stage.start();
    pause(A_MOMENT);
    assert_silent(&stage.bob.host, 22, V4);
    for round in 0..3 {
        log.rotate(round, entered);
        log.write(&knock("alice", V4));
        assert!(
            gets_in(&stage.alice.host, V4),
            "round {round}: {}",
            daemon.log()
        );
        assert!(wait_until(PATIENCE, || !is_in(&stage.alice.host, 22, V4)));
    }
    // Emptied in its place.
    File::create(&log.path).unwrap();
    // Unless the follower looks in between, what comes is as long as what was there.
    pause(4 * A_MOMENT);
    log.write(&knock("alice", V4));
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    assert!(wait_until(PATIENCE, || !is_in(&stage.alice.host, 22, V4)));
    daemon.stop();
    let daemon = stage.start();
    pause(A_MOMENT);
    assert!(!daemon.has_said("granted"), "{}", daemon.log());
    log.write(&knock("alice", V4));
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

fn garbage(entered: &Entered) -> Told {
    let (stage, log) = logged(entered, "source-log-garbage");
    let daemon = stage.start();
    let forged = forged_knock();
    log.write(&forged);
    let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    log.write_bytes(&binary);
    log.write_bytes(&[&vec![b'x'; 1 << 20][..], b"\n"].concat());
    fs::rename(&log.path, log.path.with_extension("away")).unwrap();
    await_ignored(&daemon, "log-vanished");
    fs::create_dir(&log.path).unwrap();
    await_ignored(&daemon, "log-unreadable");
    fs::remove_dir(&log.path).unwrap();
    mkfifo(&log.path, Mode::from_bits_retain(0o644)).unwrap();
    fs::set_permissions(&log.path, Permissions::from_mode(0o644)).unwrap();
    await_ignored(&daemon, "log-no-file");
    fs::remove_file(&log.path).unwrap();
    log.make(entered);
    assert!(!daemon.has_said("granted"), "{}", daemon.log());
    log.write(&knock("alice", V4));
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    assert_silent(&stage.stranger, 22, V4);
    for name in ["other-line", "log-line-too-long"] {
        await_ignored(&daemon, name);
    }
    Told::Whole
}

/// Waits until the listener tells of something that it ignored; it tells its numbers once a second.
fn await_ignored(daemon: &Daemon, name: &str) {
    let ignored = || daemon.status()["ignored"].clone();
    let is_told = || ignored()[name].as_u64() > Some(0);
    assert!(wait_until(PATIENCE, is_told), "{name} in {}", ignored());
}

fn deaf(entered: &Entered) -> Told {
    let (stage, log) = logged(entered, "source-log-deaf");
    let daemon = stage.start();
    let count = |what: &str| {
        let what = format!("\"what\":\"{what}\"");
        daemon.log().matches(&what).count()
    };
    let is_shown = |why: &str| daemon.status()["warnings"].to_string().contains(why);
    let spoil: [(&str, &dyn Fn()); 4] = [
        ("it may not be read", &|| {
            let mut file = OpenOptions::new();
            file.write(true).create(true).mode(0o600);
            file.open(&log.path).unwrap();
        }),
        ("there is no such file", &|| {}),
        ("a folder, a pipe or a device", &|| {
            fs::create_dir(&log.path).unwrap();
        }),
        ("a folder, a pipe or a device", &|| {
            mkfifo(&log.path, Mode::from_bits_retain(0o644)).unwrap();
        }),
    ];
    for (round, (why, spoil)) in spoil.into_iter().enumerate() {
        fs::rename(&log.path, log.path.with_extension(format!("{round}-away"))).unwrap();
        spoil();
        assert!(
            wait_until(PATIENCE, || is_shown(why)),
            "{round} {} {}",
            daemon.status(),
            daemon.log()
        );
        assert!(wait_until(PATIENCE, || count("warned") == round + 1));
        assert!(daemon.log().contains(why), "{}", daemon.log());
        let _ = fs::rename(&log.path, log.path.with_extension(format!("{round}-gone")));
        log.make(entered);
        assert!(wait_until(PATIENCE, || count("hears-again") == round + 1));
        assert!(!is_shown("is deaf"), "{}", daemon.status());
    }
    log.write(&knock("alice", V4));
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    // Another mode takes nothing from what is open already.
    fs::set_permissions(&log.path, Permissions::from_mode(0o600)).unwrap();
    log.write(&knock("bob", V4));
    assert!(gets_in(&stage.bob.host, V4), "{}", daemon.log());
    assert_eq!(count("warned"), 4, "{}", daemon.log());
    Told::Whole
}

fn no_interface(entered: &Entered) -> Told {
    let stage = Stage::new(entered, "no-interface");
    let named = "log = \"json\"\ninterfaces = [\"eth0\", \"nosuch0\"]";
    stage.write_config(&stage.config.replace("log = \"json\"", named));
    let why = "interface nosuch0 is not there";
    assert!(checked(&stage).contains(why), "{}", checked(&stage));
    let daemon = stage.start();
    assert!(daemon.log().contains(why), "{}", daemon.log());
    let warnings = || daemon.status()["warnings"].to_string();
    assert!(warnings().contains(why), "{}", warnings());
    let (near, far) = (
        stage.server.plug("nosuch0", &[]),
        stage.bob.host.plug("eth1", &[]),
    );
    stage.world.join(near, far).unwrap();
    assert!(!warnings().contains(why), "{}", warnings());
    Told::Whole
}

fn no_payload(entered: &Entered) -> Told {
    let (stage, log) = logged(entered, "no-payload");
    let step = "udp/7001 payload='open up'";
    let sequence = format!(
        "[sequence.secret]\nsteps = [\"{step}\", \"tcp/7100\", \"tcp/9001\"]\nopens = \"ssh\"\n"
    );
    let why = "`secret` asks for a payload, which no log shows";
    for (more, is_said) in [("", true), (", \"packets\"", false)] {
        let sources = format!("[\"log:{}\"{more}]", log.path.display());
        stage.write_config(&(config(&stage, &sources) + &sequence));
        let said = checked(&stage);
        assert!(said.contains("is right"), "{said}");
        assert_eq!(said.contains(why), is_said, "{said}");
    }
    Told::Whole
}

/// What the program says of the configuration.
fn checked(stage: &Stage) -> String {
    words(stage, "--check")
}

/// All that the program says, whatever it ends with.
fn words(stage: &Stage, order: &str) -> String {
    let line = format!("\"$0\" {order} --config \"$1\" 2>&1 || true");
    let mut command = program("sh");
    command.arg("-c").arg(line);
    command
        .arg(env!("CARGO_BIN_EXE_nightlatchd"))
        .arg(stage.config_path());
    output(stage, command)
}

fn several(entered: &Entered) -> Told {
    let (mut stage, log) = logged(entered, "source-several");
    let sources = format!("[\"udp\", \"log:{}\"]", log.path.display());
    stage.write_config(&config(&stage, &sources));
    let daemon = stage.start();
    log.write(&knock("bob", V4));
    assert!(gets_in(&stage.bob.host, V4), "{}", daemon.log());
    stage.alice.knock("ssh", V6).unwrap();
    assert!(is_in(&stage.alice.host, 22, V6), "{}", daemon.log());
    Told::Whole
}

fn shown_twice(entered: &Entered) -> Told {
    let (mut stage, log) = logged(entered, "source-twice");
    let sources = format!("[\"packets\", \"nflog:5\", \"log:{}\"]", log.path.display());
    stage.write_config(&config(&stage, &sources));
    if !load(&stage.server, RULESET) {
        return Told::Skipped("no `nft` here to choose packets with");
    }
    let daemon = stage.start();
    let touches = [7001, 7002, 7003].map(Tcp);
    touch(&stage.stranger, &touches, V4);
    stage.alice.knock("ssh", V4).unwrap();
    assert!(is_in(&stage.alice.host, 22, V4), "{}", daemon.log());
    let ignored = |name: &str| daemon.status()["ignored"][name].as_u64().unwrap_or(0);
    assert!(
        wait_until(PATIENCE, || ignored("seen-twice") == 3),
        "{}",
        daemon.status()
    );
    assert_eq!(ignored("closed-ports"), 3);
    let loudest = || daemon.status()["guard"]["loudest"][0].clone();
    assert!(
        wait_until(PATIENCE, || loudest()["count"] == 3),
        "{}",
        loudest()
    );
    assert_eq!(loudest()["failure"], "closed-ports");
    // The knock came through both, and counts once; so does a walk.
    let knocks = |name: &str| daemon.status()["knocks"][name].as_u64().unwrap_or(0);
    assert_eq!(knocks("granted"), 1);
    assert!(
        wait_until(PATIENCE, || knocks("replayed") > 0),
        "{}",
        daemon.status()
    );
    touch(&stage.bob.host, &OPENING, V4);
    assert!(gets_in(&stage.bob.host, V4), "{}", daemon.log());
    assert!(wait_until(PATIENCE, || knocks("granted") > 1));
    pause(A_MOMENT);
    assert_eq!(knocks("granted"), 2);
    // Lines that come late are another walk.
    log.write(&knock("bob", V4));
    assert!(wait_until(PATIENCE, || knocks("granted") == 3));
    let hearing = daemon.status()["hearing"].clone();
    for (place, source) in ["packets", "nflog:5"].iter().enumerate() {
        assert_eq!(hearing[place]["source"], *source);
        assert!(hearing[place]["heard"].as_u64().unwrap() >= 4, "{hearing}");
        assert_eq!(hearing[place]["lost"], 0);
    }
    Told::Whole
}

fn journal(entered: &Entered) -> Told {
    let journalctl = Path::new("/usr/bin/journalctl");
    if !journalctl.is_file() {
        return Told::Skipped("no /usr/bin/journalctl here to stand in for: install systemd");
    }
    let stage = stage(entered, "source-journal", "[\"journal\"]");
    for folder in [entered.folder(), &stage.folder] {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    let [lines, script] = ["lines", "journalctl"].map(|name| stage.folder.join(name));
    mkfifo(&lines, Mode::from_bits_retain(0o644)).unwrap();
    fs::set_permissions(&lines, Permissions::from_mode(0o644)).unwrap();
    let text = "#!/bin/sh\nwhile read -r line && [ \"$line\" != end ]; do echo \"$line\"; done <";
    fs::write(&script, format!("{text} {}\n", lines.display())).unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    mount_over(&script, journalctl).unwrap();
    let mut daemon = stage.start();
    let mut journal = OpenOptions::new()
        .read(true)
        .write(true)
        .open(&lines)
        .unwrap();
    journal.write_all(forged_knock().as_bytes()).unwrap();
    journal.write_all(knock("alice", V4).as_bytes()).unwrap();
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    assert_silent(&stage.stranger, 22, V4);
    let mut status = daemon.status();
    let heard = |status: &serde_json::Value| status["hearing"][0]["heard"].as_u64().unwrap();
    wait_until(PATIENCE, || {
        status = daemon.status();
        heard(&status) > 3
    });
    assert_eq!(status["hearing"][0]["source"], "journal");
    assert!(heard(&status) > 3, "{status}");
    journal.write_all(b"end\n").unwrap();
    assert!(wait_until(PATIENCE, || !daemon.is_running()), "it goes on");
    let log = daemon.log();
    assert!(daemon.has_said("stopping"), "{log}");
    assert!(log.contains("journalctl has ended"), "{log}");
    Told::Whole
}

#[cfg(feature = "libpcap")]
fn libpcap(entered: &Entered) -> Told {
    let (mut stage, mut daemon) = running(entered, "source-libpcap", "[\"pcap:eth0\"]");
    for family in [V4, V6] {
        assert_silent(&stage.alice.host, 22, family);
        stage.alice.knock("ssh", family).unwrap();
        assert!(is_in(&stage.alice.host, 22, family), "{}", daemon.log());
        touch(&stage.bob.host, &OPENING, family);
        assert!(gets_in(&stage.bob.host, family), "{}", daemon.log());
    }
    stage.server.link_down("eth0").unwrap();
    pause(A_MOMENT);
    stage.server.link_up("eth0").unwrap();
    pause(A_MOMENT);
    touch(&stage.bob.host, &OPENING, V4);
    assert!(gets_in(&stage.bob.host, V4), "{}", daemon.log());
    assert!(daemon.is_running(), "{}", daemon.log());
    assert_eq!(daemon.status()["hearing"][0]["lost"], 0);
    assert!(daemon.stop().success(), "{}", daemon.log());
    Told::Whole
}

fn another_source(entered: &Entered) -> Told {
    let (stage, daemon) = running(entered, "source-reload", "[\"packets\"]");
    stage.write_config(&config(&stage, "[\"udp\"]"));
    daemon.reload();
    daemon.await_line("reload-refused");
    assert!(
        daemon
            .log()
            .contains("`sources` changes with a restart only"),
        "{}",
        daemon.log()
    );
    touch(&stage.alice.host, &OPENING, V4);
    assert!(gets_in(&stage.alice.host, V4), "{}", daemon.log());
    Told::Whole
}

/// A log on the server's disk, as a syslog daemon keeps it.
struct Log {
    path: PathBuf,
}

impl Log {
    fn make(&self, entered: &Entered) {
        File::create(&self.path).unwrap();
        self.set_mode(0o640, entered);
    }

    /// Where there is only one user, the group is his.
    fn set_mode(&self, mode: u32, entered: &Entered) {
        fs::set_permissions(&self.path, Permissions::from_mode(mode)).unwrap();
        if entered.standing() == Standing::Root {
            chown(&self.path, None, Some(A_GROUP)).unwrap();
        }
    }

    fn rotate(&self, round: usize, entered: &Entered) {
        fs::rename(&self.path, self.path.with_extension(round.to_string())).unwrap();
        self.make(entered);
    }

    fn write(&self, text: &str) {
        self.write_bytes(text.as_bytes());
    }

    fn write_bytes(&self, bytes: &[u8]) {
        let mut file = OpenOptions::new().append(true).open(&self.path).unwrap();
        file.write_all(bytes).unwrap();
    }
}

fn logged(entered: &Entered, name: &str) -> (Stage, Log) {
    let stage = Stage::new(entered, name);
    let folder = stage.folder.join("log");
    fs::create_dir(&folder).unwrap();
    // Whoever the listener becomes has to get there.
    for folder in [entered.folder(), &stage.folder, &folder] {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    let log = Log {
        path: folder.join("kern.log"),
    };
    log.make(entered);
    let sources = format!("[\"log:{}\"]", log.path.display());
    stage.write_config(&config(&stage, &sources));
    (stage, log)
}

fn stage(entered: &Entered, name: &str, sources: &str) -> Stage {
    let stage = Stage::new(entered, name);
    stage.write_config(&config(&stage, sources));
    stage
}

fn running(entered: &Entered, name: &str, sources: &str) -> (Stage, Daemon) {
    let stage = stage(entered, name, sources);
    let daemon = stage.start();
    (stage, daemon)
}

fn config(stage: &Stage, sources: &str) -> String {
    let with = format!("log = \"json\"\nsources = {sources}");
    stage.config.replace("log = \"json\"", &with) + SEQUENCE
}

/// The lines that the kernel writes about a whole knock.
fn knock(host: &str, family: Family) -> String {
    let lines = [(7000, "TCP"), (8000, "UDP"), (9000, "TCP")];
    let text = lines.map(|(port, protocol)| line("", host, (family, protocol, port)));
    text.concat()
}

fn line(prefix: &str, host: &str, (family, protocol, port): (Family, &str, u16)) -> String {
    let (from, to) = (address(host, family), server(family));
    let ip = match family {
        V4 => "LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=54321 DF",
        V6 => "LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=0",
    };
    let transport = match protocol {
        "TCP" => format!("SPT=40000 DPT={port} WINDOW=64240 RES=0x00 SYN URGP=0"),
        _ => format!("SPT=40000 DPT={port} LEN=9"),
    };
    format!(
        "2026-11-27T07:01:02.123456+00:00 gate kernel: [ 12.3] {prefix}IN=eth0 OUT= \
         MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC={from} DST={to} {ip} PROTO={protocol} \
         {transport}\n"
    )
}

/// Lines that would open for the stranger, were they believed: of another program, half of one, with
/// a whole line in the prefix of one about somebody else, about what this host sent.
fn forged_knock() -> String {
    let mut text = String::new();
    for (port, protocol) in [(7000, "TCP"), (8000, "UDP"), (9000, "TCP")] {
        let good = line("", "stranger", (V4, protocol, port));
        text += &good.replace("gate kernel:", "gate sshd[7]: kernel:");
        text += &good.replace("IN=eth0 OUT=", "IN= OUT=eth0");
        text += &good.replace("SRC=", "SRC=\u{fffd}");
        text += &good.replace(" PROTO=", "\n");
        let inside = good.split("] ").nth(1).unwrap().trim_end().to_owned() + " ";
        text += &line(&inside, "bob", (V4, "UDP", 5000));
    }
    text
}

/// How many packet sockets are open at a host; those of the tests themselves are none.
pub(crate) fn packet_sockets(host: &Host) -> usize {
    let list = || fs::read_to_string("/proc/thread-self/net/packet").unwrap();
    host.run(list).unwrap().lines().skip(1).count()
}

/// Loads a ruleset with the administrator's own tool, where there is one.
pub(crate) fn load(host: &Host, ruleset: &str) -> bool {
    let mut command = program("nft");
    command.arg(ruleset);
    match host.spawn(command) {
        Ok(mut nft) => {
            let ended = nft.wait_within(PATIENCE).unwrap();
            assert!(ended.is_some_and(|status| status.success()), "nft refuses");
            true
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            assert!(
                format!("{error} {cause:?}").contains("No such file"),
                "{error}: {cause:?}"
            );
            false
        }
    }
}

/// Says what was left out, loudly.
#[expect(
    clippy::print_stderr,
    reason = "a story that is skipped in part says so"
)]
pub(crate) fn said(text: &str) {
    eprintln!("{text}");
}

const NO_SUCH_PROGRAM: i32 = 127;
const SEQUENCE: &str = r#"
[sequence.by-ports]
steps = ["tcp/7000", "udp/8000", "tcp/9000"]
opens = "ssh"
"#;
const OPENING: [crate::touch::Touch; 3] = [Tcp(7000), Udp(8000), Tcp(9000)];
const RULESET: &str = "table inet choice {
    chain inward { type filter hook prerouting priority -160;
        tcp flags & (syn | ack | rst) == syn log group 5
        udp dport { 8000, 62201 } log group 5
    }
}";
/// Any but root's.
const A_GROUP: u32 = 4;
const A_MOMENT: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(10);
