//! The administrator's text, and the person's: whatever stands there, a configuration or complaints come out.
#![no_main]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::LazyLock;

use libfuzzer_sys::{Corpus, fuzz_target};
use nightlatch_config::{ConfigError, load_person, load_server};
use nightlatch_ticket::SecretKey;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use tempfile::TempDir;

fuzz_target!(|text: &[u8]| -> Corpus { judge(text) });

fn judge(text: &[u8]) -> Corpus {
    let folder = FOLDER.path();
    // The same bytes as each of the three files that people write.
    for name in ["server.toml", "person.toml", "clients"] {
        fs::write(folder.join(name), text).unwrap();
    }
    readable(load_server(&folder.join("server.toml")).err());
    readable(load_person(&folder.join("person.toml"), Some(folder)).err());
    readable(load_server(&folder.join("with-clients.toml")).err());
    Corpus::Keep
}

/// Every complaint can be shown, and says something.
fn readable(wrong: Option<ConfigError>) {
    if let Some(wrong) = wrong {
        assert!(!wrong.to_string().is_empty());
    }
}

/// A folder that only we may write, since the loader insists on that, with a real key in it.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let key = SecretKey::from_bytes([5; 32]);
    let path = folder.path().join("server.key");
    nightlatch_config::write_secret_key(&path, &key, None, &mut ChaCha12Rng::from_seed([1; 32]))
        .unwrap();
    fs::write(folder.path().join("with-clients.toml"), WITH_CLIENTS).unwrap();
    folder
});

const WITH_CLIENTS: &str = r#"
[server]
key = "server.key"
guard = ["tcp/22"]
clients-file = "clients"

[service.ssh]
open = ["tcp/22"]
"#;
