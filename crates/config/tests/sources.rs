//! Where the daemon sees what strangers send, as a server's file says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use nightlatch_config::{ConfigError, Server, SourceChoice, load_server, write_secret_key};
use nightlatch_ticket::SecretKey;
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

const SEQUENCE: &str =
    "[sequence.ports]\nsteps = [\"tcp/31007\", \"udp/4711\", \"tcp/29001\"]\nopens = \"ssh\"\n";
const CLIENT: &str = "[client.alice]\nkey = \"ALICE\"\npreshared = \"none\"\nmay = [\"ssh\"]\n";

/// Whether the server has a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Given,
    Missing,
}

fn load(sources: &str, rest: &str, has: Key) -> (TempDir, Result<Server, ConfigError>) {
    let folder = TempDir::new().unwrap();
    let key = SecretKey::from_bytes([7; 32]);
    if has == Key::Given {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        write_secret_key(&folder.path().join("server.key"), &key, None, rng).unwrap();
    }
    let alice = SecretKey::from_bytes([8; 32]).public().to_string();
    let text = format!(
        "[server]\nguard = [\"tcp/22\"]\n{sources}\n[service.ssh]\nopen = [\"tcp/22\"]\n{rest}"
    );
    let path = folder.path().join("n.toml");
    fs::write(&path, text.replace("ALICE", &alice)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    let server = load_server(&path);
    (folder, server)
}

fn warnings(sources: &str, rest: &str) -> Vec<String> {
    let (_folder, server) = load(sources, rest, Key::Given);
    let warnings = server.unwrap().warnings;
    warnings.iter().map(|one| one.title().to_owned()).collect()
}

#[test]
fn packets_are_heard_where_nothing_is_said() {
    let (_folder, server) = load("", CLIENT, Key::Given);
    let server = server.unwrap();
    assert_eq!(server.sources, [SourceChoice::Packets]);
    assert_eq!(
        (server.knock_port, server.gate.knock_port),
        (Some(62_201), Some(62_201))
    );
    assert_eq!(server.gate.knock_socket, None);
}

#[test]
fn several_sources_are_heard_at_once_and_a_path_begins_at_the_file_s_folder() {
    let sources = "sources = [\"packets\", \"log:kern.log\", \"log:/var/log/syslog\", \"kmsg\", \
                   \"journal\", \"nflog:5\", \"nflog:6\"]";
    let (folder, server) = load(sources, SEQUENCE, Key::Given);
    assert_eq!(
        server.unwrap().sources,
        [
            SourceChoice::Packets,
            SourceChoice::Log(folder.path().join("kern.log")),
            SourceChoice::Log("/var/log/syslog".into()),
            SourceChoice::KernelLog,
            SourceChoice::Journal,
            SourceChoice::Nflog(5),
            SourceChoice::Nflog(6),
        ]
    );
}

#[test]
fn the_gate_leaves_the_knock_port_to_a_socket_of_ours() {
    let (_folder, server) = load("sources = [\"udp\"]", CLIENT, Key::Given);
    let server = server.unwrap();
    assert_eq!(
        (server.knock_port, server.gate.knock_port),
        (Some(62_201), None)
    );
    assert_eq!(server.gate.knock_socket, Some(62_201), "and no ban does");
}

#[test]
fn without_a_key_there_is_nothing_for_a_socket_to_hear() {
    let (_folder, server) = load("sources = [\"kmsg\", \"udp\"]", SEQUENCE, Key::Missing);
    let words = server.err().unwrap().to_string();
    assert!(words.contains("nobody has a key"), "{words}");
    assert!(words.contains("n.toml:3:20"), "{words}");
}

#[test]
fn what_no_source_shows_is_warned_of() {
    let touches = "no source shows touches, so no sequence is seen";
    let knocks = "no source shows what packets carry, so no knock of one packet is heard";
    let both = format!("{CLIENT}{SEQUENCE}");
    assert_eq!(warnings("sources = [\"udp\"]", &both), [touches]);
    assert_eq!(
        warnings("sources = [\"kmsg\", \"journal\"]", &both),
        [knocks]
    );
    for enough in [
        "",
        "sources = [\"nflog:5\"]",
        "sources = [\"udp\", \"log:/var/log/kern.log\"]",
    ] {
        assert!(warnings(enough, &both).is_empty(), "{enough}");
    }
    let named = "sources = [\"nflog:5\"]\ninterfaces = [\"eth0\"]";
    let about_packets = "`interfaces` is about the source \"packets\" alone";
    assert_eq!(warnings(named, &both), [about_packets]);
}

#[test]
fn libpcap_is_a_source_where_it_is_built_in_and_else_refused_with_what_to_do() {
    let (_folder, server) = load("sources = [\"pcap:eth0\"]", SEQUENCE, Key::Given);
    if cfg!(feature = "libpcap") {
        assert_eq!(server.unwrap().sources, [SourceChoice::Pcap("eth0".into())]);
        return;
    }
    let words = server.err().unwrap().to_string();
    for word in [
        "this build has no libpcap",
        "--features libpcap",
        "n.toml:3:12",
    ] {
        assert!(words.contains(word), "{word} in {words}");
    }
}
