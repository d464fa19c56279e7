//! Sequences, actions and messages in good files, and what is odd about some of them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on shall stop"
)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::Duration,
};

use nightlatch_config::{
    Command, Complaint, ConfigError, KnockMethod, Server, Strength, load_person, load_server,
    write_secret_key, write_sequence_secret,
};
use nightlatch_core::{
    ActionId, ClientId, Deed, Line, Method, Protocol, SequenceId, ServiceId, Step, Timed,
};
use nightlatch_ticket::{PublicKey, SecretKey, SequenceSecret};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

const HEAD: &str = "[server]\nguard = [\"tcp/22\"]\n[service.ssh]\nopen = [\"tcp/22\"]\n";

const GOOD: &str = "steps = [\"tcp/31007\", \"udp/4711\", \"tcp/29001\"]\nopens = \"ssh\"\n";

const ONLY_CLOSED: &str = "sequences only close `ssh`, and there is no client: nothing opens it";

/// A folder without any key.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn with_key() -> Self {
        let folder = Self::new();
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let key = SecretKey::generate(rng);
        write_secret_key(&folder.0.path().join("server.key"), &key, None, rng).unwrap();
        folder
    }

    fn write(&self, name: &str, mode: u32, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    fn load(&self, text: &str) -> Result<Server, ConfigError> {
        load_server(&self.write("nightlatchd.toml", 0o644, text))
    }

    fn timed(&self, every: &str) -> Timed {
        let text = format!("{HEAD}[sequence.t]\ntime-based = \"t\"\nopens = \"ssh\"\n{every}\n");
        match &sequence(&self.load(&text).unwrap(), 0).method {
            Method::Timed(timed) => timed.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn lines(&self, text: &str) -> Vec<Line> {
        self.write("list", 0o600, text);
        let text = format!("{HEAD}[sequence.s]\none-time = \"list\"\ncloses = \"ssh\"\n");
        match &sequence(&self.load(&text).unwrap(), 0).method {
            Method::OneTime(lines) => lines.clone(),
            other => panic!("{other:?}"),
        }
    }
}

fn sequence(server: &Server, place: u16) -> &nightlatch_core::Sequence {
    server.policy.sequence(SequenceId(place)).unwrap()
}

fn steps(text: &[&str]) -> Vec<Step> {
    text.iter().map(|step| step.parse().unwrap()).collect()
}

fn warnings(text: &str) -> Vec<String> {
    let server = Folder::new().load(text).unwrap();
    let titles = server.warnings.iter().map(Complaint::title);
    titles.map(str::to_owned).collect()
}

/// What is said about one sequence with these steps.
fn said_of(steps: &str) -> Vec<String> {
    warnings(&format!(
        "{HEAD}[sequence.s]\nsteps = [{steps}]\nopens = \"ssh\"\n"
    ))
}

fn key() -> PublicKey {
    PublicKey::from_bytes([9; 32])
}

#[test]
fn a_plain_sequence_is_taken_as_it_is_written() {
    let folder = Folder::new();
    let text = format!(
        "{HEAD}[sequence.zebra]\n{GOOD}\n[sequence.ape]\nsteps = [\"tcp/40123 ttl=64\", \"icmp/echo\", \"udp/4712\"]\n\
         closes = \"ssh\"\nwithin = \"1m\"\nper-minute = 3\n"
    );
    let server = folder.load(&text).unwrap();
    assert!(server.warnings.is_empty());
    let zebra = sequence(&server, 0);
    assert_eq!((zebra.name.as_str(), zebra.deed), ("zebra", Deed::Open));
    assert_eq!(
        (zebra.service, zebra.within, zebra.per_minute),
        (ServiceId(0), Duration::from_secs(10), 60)
    );
    assert_eq!(
        zebra.method,
        Method::Plain(steps(&["tcp/31007", "udp/4711", "tcp/29001"]))
    );
    let ape = sequence(&server, 1);
    assert_eq!(
        (ape.deed, ape.within, ape.per_minute),
        (Deed::Close, Duration::from_mins(1), 3)
    );
    assert_eq!(
        ape.method,
        Method::Plain(steps(&["tcp/40123 ttl=64", "icmp/echo", "udp/4712"]))
    );
}

#[test]
fn a_list_is_read_as_knockd_and_as_we_write_it() {
    let lines = Folder::new()
        .lines("# kept\n#001,002\n\n 1001,2002:udp , 3003:TCP\r\ntcp/4004 udp/5005\ticmp/echo\n");
    let found: Vec<Vec<Step>> = lines.into_iter().map(|line| line.steps).collect();
    assert_eq!(
        found,
        [
            steps(&["tcp/1001", "udp/2002", "tcp/3003"]),
            steps(&["tcp/4004", "udp/5005", "icmp/echo"])
        ]
    );
}

#[test]
fn a_line_keeps_its_mark_wherever_it_stands_and_however_it_is_written() {
    let folder = Folder::new();
    let before = folder.lines("1001 2002 3003\n4004 5005 6006\n");
    let after = folder.lines("# moved\ntcp/4004,5005:tcp,6006\n1001 2002 3003\n1001 2002 3004\n");
    assert_eq!(before[0].mark, after[1].mark);
    assert_eq!(before[1].mark, after[0].mark);
    assert_ne!(after[1].mark, after[2].mark);
}

#[test]
fn a_time_based_sequence_has_the_defaults_and_is_marked_by_secret_and_period() {
    let folder = Folder::new();
    let secret = SequenceSecret::from_bytes([5; 32]);
    write_sequence_secret(&folder.0.path().join("t"), &secret).unwrap();
    let timed = folder.timed("");
    assert!(timed.secret == secret);
    assert_eq!(
        (timed.steps, timed.protocol, timed.span, timed.every),
        (4, Protocol::Tcp, (20_000, 29_999), Duration::from_secs(30))
    );
    let same = folder.timed("ports = 3\nspan = \"1000-2000\"\nprotocol = \"udp\"\nevery = \"30s\"");
    assert_eq!(
        (same.mark, same.steps, same.span),
        (timed.mark, 3, (1000, 2000))
    );
    assert_ne!(folder.timed("every = \"60s\"").mark, timed.mark);
}

#[test]
fn where_there_is_no_client_the_server_needs_no_key_and_hears_no_knock() {
    let server = Folder::new()
        .load(&format!("{HEAD}[sequence.s]\n{GOOD}"))
        .unwrap();
    assert_eq!(server.gate.knock_port, None);
    assert!(server.server_key.is_none() && server.warnings.is_empty());
    // Then its usual port is one like any other.
    let step =
        "[sequence.s]\nsteps = [\"tcp/31007\", \"udp/62201\", \"tcp/29001\"]\nopens = \"ssh\"\n";
    assert!(Folder::new().load(&format!("{HEAD}{step}")).is_ok());
    assert!(Folder::with_key().load(&format!("{HEAD}{step}")).is_err());
    let server = Folder::with_key()
        .load(&format!("{HEAD}[sequence.s]\n{GOOD}"))
        .unwrap();
    assert_eq!(server.gate.knock_port, Some(62_201));
}

#[test]
fn a_client_or_a_key_that_is_named_has_to_have_its_file() {
    for text in [
        HEAD.replace("[service", "key = \"server.key\"\n[service"),
        HEAD.replace("[service", "clients-file = \"clients\"\n[service"),
        format!(
            "{HEAD}[client.a]\nkey = \"{}\"\npreshared = \"none\"\nmay = [\"ssh\"]\n",
            key()
        ),
    ] {
        let folder = Folder::new();
        folder.write("clients", 0o644, "");
        let error = folder.load(&text).err().unwrap().to_string();
        assert!(
            error.contains("server.key: there is no such file"),
            "{error}"
        );
    }
}

#[test]
fn a_service_may_run_something_and_open_nothing() {
    let text = "[server]\n[service.lamp]\nrun = \"lamp\"\n[sequence.s]\nsteps = [\"tcp/31007\", \"udp/4711\", \"tcp/29001\"]\n\
                opens = \"lamp\"\n[action.other]\nstart = [\"/bin/true\"]\n[action.lamp]\nstart = [\"/bin/lamp\", \"on\"]\n\
                stop-shell = \"lamp off %IP%\"\nstop-6 = [\"/bin/lamp\", \"six\"]\nstart-6 = [\"/bin/lamp\", \"on\"]\n\
                user = \"root\"\ntimeout = \"5s\"\nat-most = 2\nstop-at-shutdown = true\n[messages]\nrun = \"other\"\n";
    let server = Folder::new().load(text).unwrap();
    assert!(server.gate.guarded.is_empty());
    let lamp = server.policy.service(ServiceId(0)).unwrap();
    assert_eq!((lamp.runs, lamp.ports.len()), (Some(ActionId(1)), 0));
    assert_eq!(server.messages, Some(ActionId(0)));
    let [other, lamp] = &*server.actions else {
        panic!("{:?}", server.actions)
    };
    let argv =
        |words: &[&str]| Command::Argv(words.iter().map(|word| (*word).to_owned()).collect());
    assert_eq!(lamp.start, argv(&["/bin/lamp", "on"]));
    assert_eq!(lamp.stop, Some(Command::Shell("lamp off %IP%".into())));
    // What is the same for IPv6 is not said twice.
    assert_eq!(
        (&lamp.start_six, &lamp.stop_six),
        (&None, &Some(argv(&["/bin/lamp", "six"])))
    );
    assert_eq!(
        (
            lamp.user.as_str(),
            lamp.timeout,
            lamp.at_most,
            lamp.stop_at_shutdown
        ),
        ("root", Duration::from_secs(5), 2, true)
    );
    assert_eq!(
        (
            other.user.as_str(),
            other.timeout,
            other.at_most,
            other.stop_at_shutdown
        ),
        ("nobody", Duration::from_secs(10), 8, false)
    );
    let titles: Vec<&str> = server.warnings.iter().map(Complaint::title).collect();
    assert_eq!(titles, ["a shell runs as root whenever somebody knocks"]);
}

#[test]
fn an_action_that_nobody_runs_is_a_warning() {
    let text = format!("{HEAD}[sequence.s]\n{GOOD}[action.idle]\nstart = [\"/bin/true\"]\n");
    assert_eq!(warnings(&text), ["action `idle` is never run"]);
}

#[test]
fn a_client_tells_only_where_it_may() {
    let folder = Folder::with_key();
    folder.write(
        "clients",
        0o644,
        &format!(
            "bob {} may-tell=yes preshared=none\ncarol {} may=ssh may-tell=no preshared=none\n",
            PublicKey::from_bytes([8; 32]),
            PublicKey::from_bytes([7; 32])
        ),
    );
    let table = format!(
        "[client.alice]\nkey = \"{}\"\npreshared = \"none\"\nmay-tell = true\n",
        key()
    );
    let text = HEAD.replace("[service", "clients-file = \"clients\"\n[service") + &table;
    let server = folder.load(&text).unwrap();
    let tells = |place| server.roster.line(ClientId(place)).unwrap().may_tell;
    assert_eq!((tells(0), tells(1), tells(2)), (true, true, false));
    assert!(server.roster.line(ClientId(1)).unwrap().may.is_empty());
    folder.write(
        "clients",
        0o644,
        &format!("bob {} may=ssh may-tell=perhaps preshared=none\n", key()),
    );
    let error = folder.load(&text).err().unwrap().to_string();
    assert!(error.contains("is neither yes nor no"), "{error}");
}

#[test]
fn encrypted_sequences_are_heard_where_their_table_stands() {
    let client = format!(
        "[client.a]\nkey = \"{}\"\npreshared = \"none\"\nmay = [\"ssh\"]\n",
        key()
    );
    let server = Folder::with_key().load(&format!("{HEAD}{client}")).unwrap();
    assert!(server.span.is_none());
    let text = format!("{HEAD}{client}[encrypted-sequence]\n");
    let (span, carrier) = Folder::with_key().load(&text).unwrap().span.unwrap();
    assert_eq!((span.bounds(), carrier), ((20_000, 28_191), Protocol::Tcp));
    let text = format!(
        "{text}span = \"30000-39000\"\ncarrier = \"udp\"\nskip = [\"30005\", \"31000-31010\"]\n"
    );
    let (span, carrier) = Folder::with_key().load(&text).unwrap().span.unwrap();
    assert_eq!((span.bounds(), carrier), ((30_000, 39_000), Protocol::Udp));
    assert_eq!(span.skipped(), [(30_005, 30_005), (31_000, 31_010)]);
}

#[test]
fn what_lies_in_the_span_of_encrypted_sequences_is_a_warning_until_it_is_skipped() {
    let folder = Folder::with_key();
    let head = HEAD
        .replace(
            "[\"tcp/22\"]\n[",
            "[\"tcp/22\", \"tcp/22222\", \"udp/22223\"]\nin-use = [\"tcp/20080-20090\"]\n[",
        )
        .replace(
            "open = [\"tcp/22\"]",
            "open = [\"tcp/22\", \"tcp/22222\", \"udp/22223\"]",
        );
    let client = format!(
        "[client.a]\nkey = \"{}\"\npreshared = \"none\"\nmay = [\"ssh\"]\n",
        key()
    );
    let step =
        "[sequence.s]\nsteps = [\"tcp/31007\", \"tcp/20100\", \"udp/20101\"]\nopens = \"ssh\"\n";
    let text = format!("{head}{client}{step}[encrypted-sequence]\n");
    let titles = |text: &str| -> Vec<String> {
        let server = folder.load(text).unwrap();
        server
            .warnings
            .iter()
            .map(|one| one.title().to_owned())
            .collect()
    };
    assert_eq!(
        titles(&text),
        [
            "tcp/22222 lies in the span of encrypted sequences",
            "tcp/20080-20090 lies in the span of encrypted sequences",
            "tcp/20100 is one of the ports of encrypted sequences",
        ]
    );
    let skipped = format!("{text}skip = [\"22222\", \"20080-20090\", \"20100\"]\n");
    assert!(titles(&skipped).is_empty());
    assert_eq!(folder.load(&text).unwrap().in_use.len(), 1);
}

#[test]
fn nobody_can_send_an_encrypted_sequence_without_a_key() {
    let text = format!("{HEAD}[sequence.s]\n{GOOD}[encrypted-sequence]\n");
    assert_eq!(
        warnings(&text),
        ["there is no client, so nobody can send an encrypted sequence"]
    );
}

#[test]
fn a_weak_sequence_is_a_warning_that_says_why() {
    for (steps, says) in [
        (
            "\"tcp/31007\"",
            "`s` is short: a stranger who guesses needs about 65535 tries",
        ),
        (
            "\"tcp/31007\", \"udp/4711\"",
            "`s` is short: a stranger who guesses needs about 4.3e9 tries",
        ),
        (
            "\"udp/31007 ttl=64\", \"udp/31008 ttl=64\", \"udp/31009 ttl=64\"",
            "the ports of `s` are neighbours: a stranger who guesses needs about 1.7e7 tries",
        ),
        (
            "\"tcp/7000\", \"tcp/8000\", \"tcp/9000\"",
            "the ports of `s` stand in every manual",
        ),
        (
            "\"tcp/31007\", \"tcp/22\", \"tcp/29001\"",
            "scanners try tcp/22 before most others",
        ),
        (
            "\"tcp/31007\", \"udp/161\", \"tcp/29001\"",
            "scanners try udp/161 before most others",
        ),
    ] {
        let said = said_of(steps);
        assert!(
            said.len() == 1 && said[0].starts_with(says),
            "{steps}: {said:?}"
        );
    }
}

#[test]
fn what_is_hard_to_guess_may_be_short_and_what_closes_may_be_weak() {
    assert!(said_of("\"udp/31007 payload='open sesame, it is me'\"").is_empty());
    assert!(said_of("\"tcp/31007\", \"udp/1001\", \"tcp/29001\"").is_empty());
    let neighbours =
        [1, 2, 3].map(|last| format!("\"udp/3100{last} payload='open sesame, it is me'\""));
    assert!(said_of(&neighbours.join(", ")).is_empty());
    let close = "[sequence.s]\nsteps = [\"tcp/9000\"]\ncloses = \"ssh\"\n";
    assert_eq!(warnings(&format!("{HEAD}{close}")), [ONLY_CLOSED]);
}

#[test]
fn a_walk_may_have_to_be_over_within_milliseconds() {
    let within = |text: &str| {
        let text = format!("{HEAD}[sequence.s]\n{GOOD}within = \"{text}\"\n");
        let loaded = Folder::new().load(&text).map_err(|error| error.to_string());
        loaded.map(|server| sequence(&server, 0).within)
    };
    for (text, milliseconds) in [("100ms", 100), ("1s500ms", 1500), ("10m", 600_000)] {
        assert_eq!(within(text), Ok(Duration::from_millis(milliseconds)));
    }
    for text in ["99ms", "0ms", "10m1ms"] {
        let said = within(text).unwrap_err();
        assert!(said.contains("choose from 100ms to 10m"), "{said}");
    }
}

#[test]
fn ports_in_order_with_others_between_are_met_by_no_sweep() {
    for steps in [
        "\"tcp/1001\", \"udp/2002\", \"tcp/3003\"",
        "\"tcp/3003\", \"tcp/2002\", \"tcp/1001\"",
        "\"tcp/31001\", \"tcp/31002\", \"tcp/31004\"",
        "\"udp/3001\", \"tcp/3002\", \"udp/3003\"",
    ] {
        assert_eq!(said_of(steps), [""; 0], "{steps}");
    }
}

#[test]
fn neighbours_may_close_since_what_a_stranger_closes_is_his_own() {
    let close =
        "[sequence.s]\nsteps = [\"tcp/31001\", \"tcp/31002\", \"tcp/31003\"]\ncloses = \"ssh\"\n";
    assert_eq!(warnings(&format!("{HEAD}{close}")), [ONLY_CLOSED]);
}

#[test]
fn a_sequence_within_another_is_a_warning() {
    let two = |within: &str| {
        warnings(&format!(
            "{HEAD}[sequence.a]\nsteps = [\"tcp/31007\", \"tcp/4711\", \"udp/20001\", \"tcp/29001\"]\nopens = \"ssh\"\n\
             [sequence.b]\nsteps = [{within}]\ncloses = \"ssh\"\n"
        ))
    };
    for (within, says) in [
        (
            "\"tcp/4711\", \"udp/20001\"",
            "walking `a` sets off `b` on the way",
        ),
        ("\"udp/20001\"", "walking `a` sets off `b` on the way"),
        (
            "\"tcp/4711\", \"udp/20001 ttl=64\"",
            "walking `a` can set off `b` on the way",
        ),
        (
            "\"udp/20001\", \"tcp/29001\"",
            "`a` ends with the steps of `b`",
        ),
    ] {
        assert_eq!(two(within), [says], "{within}");
    }
    assert!(two("\"udp/20001\", \"tcp/4711\"").is_empty());
    assert!(two("\"tcp/29001\", \"tcp/31007\"").is_empty());
}

#[test]
fn neighbours_in_a_list_are_a_warning_at_their_place() {
    let folder = Folder::new();
    folder.write(
        "list",
        0o600,
        "1001 2002 3003\n4004 4005 4006\n6006:udp 6005:udp\n",
    );
    let text = format!("{HEAD}[sequence.s]\none-time = \"list\"\nopens = \"ssh\"\n");
    let server = folder.load(&text).unwrap();
    let [warning] = &*server.warnings else {
        panic!("{:?}", server.warnings)
    };
    assert_eq!(
        (warning.place(), warning.title()),
        (
            (2, 1),
            "the ports of this line are neighbours, one after the other, and 1 more"
        )
    );
}

#[test]
fn a_short_line_of_a_list_is_a_warning_at_its_place() {
    let folder = Folder::new();
    folder.write("list", 0o600, "1001 2002 3003\n4004 5005\n6006\n");
    let text = format!("{HEAD}[sequence.s]\none-time = \"list\"\nopens = \"ssh\"\n");
    let server = folder.load(&text).unwrap();
    let [warning] = &*server.warnings else {
        panic!("{:?}", server.warnings)
    };
    assert_eq!(warning.place(), (2, 1));
    assert!(warning.path().ends_with("list"));
    assert!(
        warning
            .title()
            .starts_with("this line is short, and 1 more: a stranger")
    );
}

#[test]
fn how_long_a_guess_takes_is_said_of_every_kind() {
    let folder = Folder::new();
    folder.write("list", 0o600, "1001 2002 3003\n4004 5005 60 70\n");
    let secret = SequenceSecret::from_bytes([5; 32]);
    write_sequence_secret(&folder.0.path().join("t"), &secret).unwrap();
    let text = format!(
        "{HEAD}[sequence.p]\n{GOOD}[sequence.l]\none-time = \"list\"\nopens = \"ssh\"\n\
         [sequence.t]\ntime-based = \"t\"\nopens = \"ssh\"\n"
    );
    let server = folder.load(&text).unwrap();
    let said = |place| Strength::of(sequence(&server, place)).to_string();
    assert!(said(0).contains("about 2.8e14 tries, which takes 892 years"));
    assert!(said(1).contains("about 2.8e14 tries"));
    assert!(said(2).contains("about 3.3e15 tries"), "{}", said(2));
}

#[test]
fn a_person_says_how_a_server_is_knocked_at() {
    let folder = Folder::new();
    let head = format!(
        "[server.home]\nhost = \"h\"\nkey = \"{}\"\npreshared = \"none\"\nservices = [\"ssh\"]\n",
        key()
    );
    let server = |text: &str| {
        let path = folder.write("config.toml", 0o644, text);
        load_person(&path, None).unwrap().servers.remove(0)
    };
    let usual = server(&head);
    assert_eq!(usual.method, KnockMethod::Ticket);
    assert_eq!(
        (
            usual.sequence.span.bounds(),
            usual.sequence.carrier,
            usual.sequence.pace
        ),
        ((20_000, 28_191), Protocol::Tcp, Duration::from_millis(2))
    );
    let other = server(&format!(
        "{head}method = \"encrypted-sequence\"\nspan = \"30000-39000\"\ncarrier = \"udp\"\nskip = [\"30005\"]\npace = \"10ms\"\n"
    ));
    assert_eq!(other.method, KnockMethod::EncryptedSequence);
    assert_eq!(
        (
            other.sequence.span.skipped(),
            other.sequence.carrier,
            other.sequence.pace
        ),
        (
            &[(30_005, 30_005)][..],
            Protocol::Udp,
            Duration::from_millis(10)
        )
    );
}
