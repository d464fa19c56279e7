//! Each bad file in `tests/bad` shows exactly the message that lies beside it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use nightlatch_config::{
    load_person, load_server, write_preshared, write_secret_key, write_sequence_secret,
};
use nightlatch_ticket::{PresharedSecret, SecretKey, SequenceSecret};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

#[test]
fn each_bad_file_shows_its_exact_message() {
    let mut wrong = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let bad = files
        .iter()
        .filter(|path| path.extension().is_none_or(|extension| extension != "txt"));
    for file in bad {
        let found = complaint_about(file);
        let expected = file.with_extension("txt");
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
fn there_are_enough_bad_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad");
    assert!(fs::read_dir(folder).unwrap().count() >= 80);
}

fn complaint_about(file: &Path) -> String {
    let folder = furnished_folder();
    let name = file.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    if text.contains("sealed.key") {
        let rng = &mut ChaCha20Rng::seed_from_u64(8);
        let key = SecretKey::generate(rng);
        write_secret_key(&folder.path().join("sealed.key"), &key, Some("sesame"), rng).unwrap();
    }
    let text = text.replace("SERVER-KEY", &server_key().public().to_string());
    write(folder.path(), name, &text);
    let loaded = if name.starts_with("person-") {
        load_person(&folder.path().join(name), None).map(drop)
    } else if name.ends_with(".clients") {
        write(
            folder.path(),
            "nightlatchd.toml",
            &MAIN_FILE.replace("CLIENTS", name),
        );
        load_server(&folder.path().join("nightlatchd.toml")).map(drop)
    } else if file
        .extension()
        .is_some_and(|extension| extension == "lines")
    {
        make_private(&folder.path().join(name));
        let text = LISTED.replace("LINES", name);
        write(folder.path(), "nightlatchd.toml", &text);
        load_server(&folder.path().join("nightlatchd.toml")).map(drop)
    } else {
        load_server(&folder.path().join(name)).map(drop)
    };
    let message = loaded.unwrap_err().to_string();
    let here = format!("{}/", folder.path().display());
    message.replace(&here, "") + "\n"
}

fn furnished_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let path = |name: &str| folder.path().join(name);
    let key = server_key();
    for name in ["server.key", "loose.key"] {
        write_secret_key(&path(name), &key, None, rng).unwrap();
    }
    for name in ["alice.psk", "loose.psk"] {
        write_preshared(&path(name), &PresharedSecret::generate(rng)).unwrap();
    }
    write_preshared(&path("zero.psk"), &PresharedSecret::none()).unwrap();
    for name in ["phone.secret", "loose.secret"] {
        write_sequence_secret(&path(name), &SequenceSecret::from_bytes([3; 32])).unwrap();
    }
    for (name, text) in [
        ("empty.lines", "# nothing any more\n"),
        ("good.lines", "31007,4711:udp,29001\n40123,4711:udp,19283\n"),
        (
            "other.lines",
            "29001 4711:udp 31007\n31007 4711:udp 29001 40123\n",
        ),
    ] {
        write(folder.path(), name, text);
        make_private(&path(name));
    }
    for (name, text) in [
        ("ops.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"),
        ("wrong.secret", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n"),
    ] {
        write(folder.path(), name, text);
        make_private(&path(name));
    }
    write(folder.path(), "loose.lines", "31007 4711:udp 29001\n");
    for name in ["loose.key", "loose.psk", "loose.secret"] {
        fs::set_permissions(path(name), Permissions::from_mode(0o640)).unwrap();
    }
    folder
}

fn make_private(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

fn server_key() -> SecretKey {
    SecretKey::from_bytes([7; 32])
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    // Whatever the umask of whoever runs the tests.
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
}

const MAIN_FILE: &str = r#"
[server]
guard = ["tcp/22"]
clients-file = "CLIENTS"

[service.ssh]
open = ["tcp/22"]

[client.alice]
key = "nightlatch-pub13dgvknvtea5rpv5g2y9kv6h5txaymptvkpw57yewge3dugspyvzq0yfrj2"
preshared = "alice.psk"
may = ["ssh"]
"#;

const LISTED: &str = r#"
[server]
guard = ["tcp/22"]

[service.ssh]
open = ["tcp/22"]

[sequence.listed]
one-time = "LINES"
opens = "ssh"
"#;
