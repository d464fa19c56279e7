//! A person's home folder, and the tool run in it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nightlatch_ticket::{PresharedSecret, SecretKey};
use tempfile::TempDir;

use crate::house::{House, Manners, SERVER, SHARED};

/// A person's home folder.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A home with a key; its public half.
    pub(crate) fn with_key() -> (Self, String) {
        let home = Self::new();
        let made = home.run(&["keygen"]);
        assert!(made.status.success(), "{made:?}");
        (home, text(&made.stdout).trim().to_owned())
    }

    /// Writes a configuration that knows the server "home" at this place.
    pub(crate) fn knows(&self, place: SocketAddr) {
        let psk = PresharedSecret::from_bytes(SHARED)
            .expose_text()
            .to_string();
        self.write("home.psk", 0o600, &psk);
        let (host, port) = (place.ip(), place.port());
        let key = SecretKey::from_bytes(SERVER).public();
        let config = format!(
            "[server.home]\nhost = \"{host}\"\nport = {port}\nkey = \"{key}\"\n\
             preshared = \"home.psk\"\nservices = [\"ssh\", \"web\"]\n"
        );
        self.write("config.toml", 0o644, &config);
    }

    pub(crate) fn write(&self, name: &str, mode: u32, content: &str) {
        let file = self.folder().join(name);
        fs::write(&file, content).unwrap();
        fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn folder(&self) -> std::path::PathBuf {
        self.0.path().join(".config/nightlatch")
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the program under test is run as a person runs it"
    )]
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nightlatch"));
        command
            .args(line)
            .env_clear()
            .env("HOME", self.0.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &[&str]) -> Output {
        self.command(line).output().unwrap()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A home, and the house that it knows.
pub(crate) fn neighbours(manners: Manners) -> (Home, House) {
    let (home, public) = Home::with_key();
    let house = House::for_client("127.0.0.1:0", public.parse().unwrap(), manners);
    home.knows(house.address);
    (home, house)
}
