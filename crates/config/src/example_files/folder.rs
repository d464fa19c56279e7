//! A folder with the secrets that the files name.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};

use nightlatch_ticket::{PresharedSecret, SecretKey, SequenceSecret};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng};
use tempfile::TempDir;

use crate::{
    ConfigError, Person, Server, load_person, load_server, write_preshared, write_secret_key,
    write_sequence_secret,
};

/// A folder with the secrets that the files name.
pub(super) struct Folder {
    folder: TempDir,
    rng: std::cell::RefCell<ChaCha20Rng>,
}

impl Folder {
    pub(super) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let this = Self {
            folder,
            rng: ChaCha20Rng::seed_from_u64(1).into(),
        };
        let key = SecretKey::generate(&mut *this.rng.borrow_mut());
        write_secret_key(
            &this.path("server.key"),
            &key,
            None,
            &mut *this.rng.borrow_mut(),
        )
        .unwrap();
        this.secret("alice.psk");
        this.write("clients", "# nobody\n");
        this.list("ssh.lines", "40123 4711:udp 19283\n");
        this.sequence_secret("ssh.secret");
        this.signing_secret("ops.secret");
        this.write("hooks-ca.pem", CERTIFICATE);
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn secret(&self, name: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let secret = PresharedSecret::generate(&mut *self.rng.borrow_mut());
        write_preshared(&path, &secret).unwrap();
    }

    pub(super) fn sequence_secret(&self, name: &str) {
        let secret = SequenceSecret::generate(&mut *self.rng.borrow_mut());
        write_sequence_secret(&self.path(name), &secret).unwrap();
    }

    pub(super) fn signing_secret(&self, name: &str) {
        self.list(name, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    }

    pub(super) fn list(&self, name: &str, text: &str) {
        let path = self.write(name, text);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }

    pub(super) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        // Whatever the umask of whoever runs the tests.
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        path
    }

    pub(super) fn server(&self, text: &str) -> Result<Server, ConfigError> {
        load_server(&self.write("nightlatchd.toml", text))
    }

    pub(super) fn person(&self, text: &str) -> Result<Person, ConfigError> {
        load_person(&self.write("nightlatch.toml", text), None)
    }
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
