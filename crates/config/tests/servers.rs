//! Good files, odd files, and files that others can write.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on shall stop"
)]

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, chown, symlink},
    path::{Path, PathBuf},
    time::Duration,
};

use nightlatch_config::{
    ConfigError, Interfaces, LogForm, ReadError, Server, load_server, write_preshared,
    write_secret_key,
};
use nightlatch_core::{Answers, ClientId, Limits, Passage, ServiceId};
use nightlatch_ticket::{PresharedSecret, PublicKey, SecretKey};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

const HEAD: &str = "[server]\nguard = [\"tcp/22\"]\n[service.ssh]\nopen = [\"tcp/22\"]\n";

/// A folder with a server's key and the secret of one client.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().unwrap());
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        write_secret_key(
            &folder.path("server.key"),
            &SecretKey::generate(rng),
            None,
            rng,
        )
        .unwrap();
        write_preshared(
            &folder.path("alice.psk"),
            &PresharedSecret::from_bytes([5; 32]),
        )
        .unwrap();
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, mode: u32, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    fn load(&self, text: &str) -> Result<Server, ConfigError> {
        load_server(&self.write("nightlatchd.toml", 0o644, text))
    }
}

fn key(number: u32) -> PublicKey {
    let mut bytes = [9; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    PublicKey::from_bytes(bytes)
}

fn refusal(path: &Path) -> ReadError {
    match load_server(path).err() {
        Some(ConfigError::Unread(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn warnings(server: &Server) -> Vec<&str> {
    server
        .warnings
        .iter()
        .map(nightlatch_config::Complaint::title)
        .collect()
}

#[test]
fn a_short_file_has_the_defaults() {
    let folder = Folder::new();
    let server = folder.load(HEAD).unwrap();
    assert_eq!(server.gate.knock_port, Some(62201));
    assert_eq!(server.policy.answers(), Answers::Sealed);
    assert_eq!(server.policy.limits(), Limits::default());
    assert_eq!(
        (server.interfaces, server.log, server.user.as_str()),
        (Interfaces::All, LogForm::Auto, "nobody")
    );
    assert_eq!(server.state, Path::new("/var/lib/nightlatch"));
    let ssh = server.policy.service(ServiceId(0)).unwrap();
    assert_eq!(
        (ssh.lasts, ssh.at_most),
        (Duration::from_secs(30), Duration::from_mins(10))
    );
    assert_eq!(ssh.passage, Passage::Lasting);
}

#[test]
fn every_word_of_a_long_file_counts() {
    let folder = Folder::new();
    let server = folder
        .load(&format!(
            "[server]\nknock-port = 7000\nguard = [\"tcp/22\", \"udp/5000-5003\"]\nstate = \"state\"\n\
             status-socket = \"/run/x\"\ninterfaces = [\"eth0\"]\nuser = \"latch\"\nanswers = \"silent\"\nlog = \"json\"\n\
             [limits]\ngrants = 10\nper-client = 2\nfreshness = \"5m\"\n\
             [service.zebra]\nopen = [\"udp/5000-5003\"]\nfor = \"1h\"\n\
             [service.ape]\nopen = [\"tcp/22\"]\nfor = \"1m\"\nat-most = \"2m\"\none-shot = true\n\
             [client.alice]\nkey = \"{}\"\npreshared = \"alice.psk\"\nmay = [\"ape\"]\n\
             [client.Bob]\nkey = \"{}\"\npreshared = \"none\"\nmay = [\"ape\", \"zebra\"]\n",
            key(1), key(2)
        ))
        .unwrap();
    assert!(server.warnings.is_empty());
    assert_eq!(server.policy.answers(), Answers::Silent);
    let limits = server.policy.limits();
    assert_eq!(
        (limits.grants, limits.per_client, limits.freshness),
        (10, 2, Duration::from_mins(5))
    );
    assert_eq!(server.state, folder.path("state"));
    assert_eq!(server.status_socket, Path::new("/run/x"));
    assert_eq!(
        (server.interfaces, server.log),
        (Interfaces::Named(vec!["eth0".into()]), LogForm::Json)
    );
    assert_eq!(server.user, "latch");
    // In the order of the file.
    let zebra = server.policy.service(ServiceId(0)).unwrap();
    assert_eq!(
        (zebra.name.as_str(), zebra.ports.len(), zebra.at_most),
        ("zebra", 4, Duration::from_hours(1))
    );
    assert_eq!(
        server.policy.service(ServiceId(1)).unwrap().passage,
        Passage::OneShot
    );
    let bob = server
        .roster
        .line(server.roster.id_of("Bob").unwrap())
        .unwrap();
    assert!(
        bob.may.contains(ServiceId(0)) && bob.may.contains(ServiceId(1)) && bob.shared.is_none()
    );
    let alice = server.roster.line(ClientId(0)).unwrap();
    assert_eq!(
        (alice.name, alice.key, alice.shared.expose_bytes()),
        ("alice", key(1), &[5; 32])
    );
    assert!(!alice.may.contains(ServiceId(0)));
}

#[test]
fn opening_what_is_not_guarded_is_a_warning_with_its_place() {
    let folder = Folder::new();
    let server = folder
        .load(&format!("{HEAD}[service.web]\nopen = [\"tcp/443\"]\n[client.a]\nkey = \"{}\"\npreshared = \"none\"\nmay = [\"ssh\"]\n", key(1)))
        .unwrap();
    assert_eq!(
        warnings(&server),
        ["tcp/443 is not guarded, so opening it does nothing"]
    );
    let warning = &server.warnings[0];
    assert_eq!(warning.place(), (6, 9));
    assert_eq!(warning.path(), folder.path("nightlatchd.toml"));
    assert!(warning.to_string().starts_with("warning: tcp/443"));
}

#[test]
fn a_service_may_insert_open_and_run_in_any_mixture() {
    let folder = Folder::new();
    let server = folder
        .load(&format!(
            "[server]\nguard = [\"tcp/22\"]\n\
             [service.set]\ninsert = [\"ipv4 into nftables inet filter admins\", \"ipv6 into ipset admins6\"]\n\
             [service.all]\nopen = [\"tcp/22\"]\ninsert = [\"ipv6 into nftables ip6 f a\", \"ipv4 into ipset a\"]\nrun = \"note\"\n\
             one-shot = true\n\
             [action.note]\nstart = [\"/bin/true\"]\n\
             [client.a]\nkey = \"{}\"\npreshared = \"none\"\nmay = [\"set\", \"all\"]\n",
            key(1)
        ))
        .unwrap();
    assert_eq!(warnings(&server), [""; 0]);
    let sets = |id| {
        let service = server.policy.service(ServiceId(id)).unwrap();
        let sets = service.inserts.iter().map(ToString::to_string);
        (service.ports.len(), sets.collect::<Vec<_>>())
    };
    let [admins, admins6] = [
        "ipv4 into nftables inet filter admins",
        "ipv6 into ipset admins6",
    ];
    assert_eq!(sets(0), (0, vec![admins.to_owned(), admins6.to_owned()]));
    assert_eq!(sets(1).0, 1);
    assert_eq!(sets(1).1.len(), 2);
}

#[test]
fn where_nothing_opens_a_port_nothing_has_to_be_guarded() {
    let folder = Folder::new();
    let server = folder
        .load(&format!(
            "[server]\n[service.set]\ninsert = [\"ipv6 into ipset admins6\"]\n\
             [client.a]\nkey = \"{}\"\npreshared = \"none\"\nmay = [\"set\"]\n",
            key(1)
        ))
        .unwrap();
    assert_eq!(server.gate.guarded, []);
    assert_eq!(
        warnings(&server),
        ["there is no set here for who knocks over ipv4"]
    );
    assert_eq!(server.warnings[0].place(), (3, 10));
}

#[test]
fn what_leads_on_leads_there_from_each_port_and_counts_as_in_use() {
    let folder = Folder::new();
    let text = HEAD.replace("[\"tcp/22\"]\n[", "[\"tcp/22\", \"tcp/80-81\"]\n[")
        + "cut = true\n[service.inner]\nopen = [\"tcp/80-81\"]\nmasquerade = true\n\
           forward = [\"192.168.7.20\", \"[2001:db8::20]\"]\n";
    let server = folder.load(&text).unwrap();
    let leads = server.gate.forwards.iter();
    let leads: Vec<String> = leads
        .map(|forward| format!("{} {} {:?}", forward.port, forward.to, forward.shows))
        .collect();
    let expected = [
        "tcp/80 192.168.7.20:80 Ours",
        "tcp/80 [2001:db8::20]:80 Ours",
        "tcp/81 192.168.7.20:81 Ours",
        "tcp/81 [2001:db8::20]:81 Ours",
    ];
    assert_eq!(leads, expected);
    let in_use: Vec<String> = server.in_use.iter().map(ToString::to_string).collect();
    assert_eq!(in_use, ["tcp/80", "tcp/81"]);
    let cuts: Vec<bool> = server.policy.services().iter().map(|s| s.cuts).collect();
    assert_eq!(cuts, [true, false]);
}

#[test]
fn what_leads_one_ip_version_on_is_a_warning() {
    let folder = Folder::new();
    let server = folder
        .load(&(HEAD.to_owned() + "forward = \"192.168.7.20:22\"\n"))
        .unwrap();
    let said = warnings(&server).join("\n");
    assert!(
        said.contains("who knocks over IPv6 meets silence"),
        "{said}"
    );
}

#[test]
fn guarding_what_nothing_opens_is_a_warning() {
    let folder = Folder::new();
    let text = HEAD.replace("\"tcp/22\"]\n[", "\"tcp/22\", \"tcp/80-90\"]\n[");
    let server = folder.load(&text).unwrap();
    assert!(warnings(&server).contains(&"tcp/80-90 is guarded and no service opens it"));
}

#[test]
fn a_server_that_nobody_can_knock_at_is_a_warning() {
    let server = Folder::new().load(HEAD).unwrap();
    assert_eq!(
        warnings(&server),
        ["there is no client, so nobody can knock"]
    );
}

#[test]
fn a_service_that_sequences_only_close_is_a_warning() {
    let folder = Folder::new();
    let closing =
        "[sequence.close]\nsteps = ['tcp/40123', 'udp/4711', 'tcp/19283']\ncloses = 'ssh'\n";
    let alone = folder.load(&(HEAD.to_owned() + closing)).unwrap();
    let said = "sequences only close `ssh`, and there is no client: nothing opens it";
    assert!(warnings(&alone).contains(&said), "{:?}", warnings(&alone));
    let opening =
        "[sequence.open]\nsteps = ['tcp/31007', 'udp/5711', 'tcp/29283']\nopens = 'ssh'\n";
    let both = folder.load(&(HEAD.to_owned() + closing + opening)).unwrap();
    assert!(!warnings(&both).contains(&said));
}

#[test]
fn names_that_could_paint_a_terminal_are_shown_escaped() {
    let text = "[server]\nguard = ['tcp/22']\n[service.\"sp ace\\n\\u001b[31m\"]\nopen = ['tcp/22']\n\
                [sequence.s]\nsteps = ['tcp/31007', 'udp/5711', 'tcp/29283']\nopens = 'quite another'\n";
    let folder = Folder::new();
    let path = folder.write("nightlatchd.toml", 0o644, text);
    let error = load_server(&path).err().unwrap().to_string();
    assert!(
        error.contains("known here: sp ace\\n\\u{1b}[31m"),
        "{error}"
    );
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn a_config_that_others_may_write_is_refused_with_the_command_that_mends_it() {
    let folder = Folder::new();
    for mode in [0o664, 0o646, 0o666] {
        let path = folder.write("nightlatchd.toml", mode, HEAD);
        let error = refusal(&path).to_string();
        assert!(
            error.contains(&format!("mode {mode:04o}")) && error.contains("chmod go-w "),
            "{error}"
        );
    }
}

#[test]
fn a_config_in_a_folder_that_others_may_write_is_refused() {
    let folder = Folder::new();
    let path = folder.write("nightlatchd.toml", 0o644, HEAD);
    let set = |mode| fs::set_permissions(folder.0.path(), Permissions::from_mode(mode)).unwrap();
    set(0o777);
    assert!(matches!(
        refusal(&path),
        ReadError::OthersMayWriteFolder { mode: 0o777, .. }
    ));
    // Sticky, as /tmp is: others may add files and cannot replace ours.
    set(0o1777);
    assert!(load_server(&path).is_ok());
}

#[test]
fn a_link_is_as_safe_as_the_folder_that_it_leads_to() {
    let (here, there) = (Folder::new(), Folder::new());
    let real = there.write("nightlatchd.toml", 0o644, HEAD);
    let link = here.path("nightlatchd.toml");
    symlink(&real, &link).unwrap();
    assert!(load_server(&link).is_ok());
    fs::set_permissions(there.0.path(), Permissions::from_mode(0o777)).unwrap();
    assert!(matches!(
        refusal(&link),
        ReadError::OthersMayWriteFolder { .. }
    ));
}

#[test]
fn a_config_of_somebody_else_is_refused() {
    let folder = Folder::new();
    let path = folder.write("nightlatchd.toml", 0o644, HEAD);
    // Only root can give files away; without it there is nothing to show here.
    if chown(&path, Some(12345), None).is_ok() {
        let error = refusal(&path).to_string();
        assert!(
            error.contains("it belongs to user 12345") && error.contains("chown "),
            "{error}"
        );
    }
}

#[test]
fn what_is_not_a_file_is_named_and_holds_nobody_up() {
    let folder = Folder::new();
    assert!(matches!(
        refusal(&folder.path("nowhere.toml")),
        ReadError::Missing(_)
    ));
    assert!(matches!(refusal(folder.0.path()), ReadError::NotAFile(_)));
    let pipe = folder.path("pipe.toml");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .unwrap();
    assert!(matches!(refusal(&pipe), ReadError::NotAFile(_)));
}

#[test]
fn bytes_that_are_not_text_are_named() {
    let folder = Folder::new();
    let path = folder.path("nightlatchd.toml");
    fs::write(&path, b"[server]\n# \xff\n").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(refusal(&path), ReadError::NotText { at: 11, .. }));
}

#[test]
fn a_file_with_windows_line_ends_and_tabs_is_read() {
    let folder = Folder::new();
    assert!(
        folder
            .load(&HEAD.replace('\n', "\r\n").replace(" = ", "\t=\t"))
            .is_ok()
    );
}

fn with_clients(folder: &Folder, mode: u32, lines: &str) -> Result<Server, ConfigError> {
    folder.write("clients", mode, lines);
    folder.load(&HEAD.replace(
        "[service",
        "clients-file = \"clients\"\n[service.vpn]\nopen = [\"tcp/22\"]\n[service",
    ))
}

#[test]
fn the_clients_file_is_read_line_by_line() {
    let folder = Folder::new();
    let secret = PresharedSecret::from_bytes([3; 32]);
    let server = with_clients(&folder, 0o600, &format!(
        "# comment\n\n  alice\t{} preshared=alice.psk may=ssh # hers\nbob {} may=vpn,ssh preshared={}\ncarol {} may=vpn preshared=none",
        key(1), key(2), &*secret.expose_text(), key(3)
    )).unwrap();
    let shared: Vec<[u8; 32]> = server
        .roster
        .iter()
        .map(|line| *line.shared.expose_bytes())
        .collect();
    assert_eq!(shared, [[5; 32], [3; 32], [0; 32]]);
    let names: Vec<&str> = server.roster.iter().map(|line| line.name).collect();
    assert_eq!(names, ["alice", "bob", "carol"]);
    let bob = server.roster.line(ClientId(1)).unwrap();
    assert!(bob.may.contains(ServiceId(0)) && bob.may.contains(ServiceId(1)));
    assert_eq!(server.roster.id_of_key(&key(3)), Some(ClientId(2)));
}

#[test]
fn a_secret_in_a_clients_file_that_others_read_is_refused_and_not_shown() {
    let folder = Folder::new();
    let secret = PresharedSecret::from_bytes([3; 32]).expose_text();
    let error = with_clients(
        &folder,
        0o640,
        &format!("bob {} may=ssh preshared={}\n", key(2), &*secret),
    )
    .err()
    .unwrap();
    let said = error.to_string();
    assert!(
        said.contains("a secret stands in a file that others may read"),
        "{said}"
    );
    assert!(!said.contains(&secret[20..]), "{said}");
}

#[test]
fn a_clients_file_that_others_may_write_is_refused() {
    let folder = Folder::new();
    let error = with_clients(&folder, 0o646, "").err().unwrap().to_string();
    assert!(
        error.contains("others may write it") && error.contains("nightlatchd.toml:3:16"),
        "{error}"
    );
}

#[test]
fn three_thousand_clients_are_told_apart() {
    use std::fmt::Write;
    let folder = Folder::new();
    let mut lines = String::new();
    for number in 0..3_000 {
        writeln!(
            lines,
            "client-{number} {} may={} preshared=none",
            key(number),
            ["ssh", "vpn", "ssh,vpn"][number as usize % 3]
        )
        .unwrap();
    }
    let server = with_clients(&folder, 0o644, &lines).unwrap();
    for number in (0..3_000).step_by(37) {
        let name = format!("client-{number}");
        assert_eq!(server.roster.id_of(&name), Some(ClientId(number)));
        assert_eq!(
            server.roster.id_of_key(&key(number)),
            Some(ClientId(number))
        );
        assert_eq!(server.roster.name_of(ClientId(number)), Some(name.as_str()));
    }
    writeln!(lines, "client-77 {} may=ssh preshared=none", key(20_000)).unwrap();
    let error = with_clients(&folder, 0o644, &lines)
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("clients:3001:1") && error.contains("first in line 78"),
        "{error}"
    );
}

#[test]
fn a_wrong_file_altogether_is_not_complained_about_for_ever() {
    let folder = Folder::new();
    let error = with_clients(&folder, 0o644, &"what is this\n".repeat(5000))
        .err()
        .unwrap()
        .to_string();
    assert_eq!(error.matches("error: ").count(), 20);
    assert!(error.lines().count() < 200);
}
