//! The keys of the demonstration: made for this run, and gone with it.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use nightlatch_config::{write_preshared, write_secret_key};
use nightlatch_ticket::{PairKeys, PresharedSecret, SecretKey};

use crate::randomness;

/// Writes server key, shared secret and configuration; answers with the friend's half.
pub(super) fn write(folder: &Path) -> anyhow::Result<PairKeys> {
    let mut rng = randomness()?;
    let (server, friend) = (SecretKey::generate(&mut rng), SecretKey::generate(&mut rng));
    let shared = PresharedSecret::generate(&mut rng);
    write_secret_key(&folder.join("server.key"), &server, None, &mut rng)?;
    write_preshared(&folder.join("friend.psk"), &shared)?;
    let config = CONFIG.replace("FRIEND", &friend.public().to_string());
    fs::write(folder.join("nightlatchd.toml"), config).context("the configuration")?;
    Ok(PairKeys::of_client(&friend, &server.public(), &shared)?)
}

/// The UDP port of knocks.
pub(super) const KNOCK_PORT: u16 = 62201;

/// The service behind the door.
pub(super) const SERVICE: (&str, u16) = ("ssh", 22);

/// Relative paths begin at the folder of the file.
const CONFIG: &str = r#"
[server]
key = "server.key"
knock-port = 62201
guard = ["tcp/1-1024", "udp/1-1024"]
state = "state"
status-socket = "status.sock"
user = "nobody"
log = "json"

[service.ssh]
open = ["tcp/22"]
for = "1s"

[client.friend]
key = "FRIEND"
preshared = "friend.psk"
may = ["ssh"]
"#;
