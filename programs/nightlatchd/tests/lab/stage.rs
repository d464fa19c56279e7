//! The stage of a story: four hosts on a switch, keys, a configuration, services behind the doors.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nightlatch_config::{write_preshared, write_secret_key};
use nightlatch_lab::{Entered, Greeter, Host, Reached, Switch, World, connect};
use nightlatch_ticket::{PairKeys, PresharedSecret, SecretKey};

use crate::daemon::Daemon;
use crate::person::{Person, random};

/// Everything that a story plays with.
pub(crate) struct Stage {
    pub(crate) server: Host,
    pub(crate) stranger: Host,
    pub(crate) alice: Person,
    pub(crate) bob: Person,
    pub(crate) folder: PathBuf,
    pub(crate) server_key: SecretKey,
    pub(crate) config: String,
    pub(crate) world: World,
    pub(crate) lan: Switch,
    _greeters: Vec<Greeter>,
}

/// An address family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Stage {
    /// Builds the network; the daemon is not started yet.
    pub(crate) fn new(entered: &Entered, name: &str) -> Self {
        let folder = entered.folder().join(name);
        fs::create_dir(&folder).unwrap();
        let world = World::new();
        let lan = world.switch("lan").unwrap();
        let [server, alice, bob, stranger] = ["server", "alice", "bob", "stranger"].map(|name| {
            let host = world.host(name).unwrap();
            let last = number_of(name);
            let (v4, v6) = (format!("10.77.0.{last}/24"), format!("fd77::{last}/64"));
            lan.plug(host.plug("eth0", &[&v4, &v6])).unwrap();
            host
        });
        let rng = &mut random();
        let server_key = SecretKey::generate(rng);
        write_secret_key(&folder.join("server.key"), &server_key, None, rng).unwrap();
        let mut config = CONFIG.to_owned();
        let [alice, bob] = [("alice", alice), ("bob", bob)].map(|(name, host)| {
            let (key, shared) = (SecretKey::generate(rng), PresharedSecret::generate(rng));
            write_secret_key(&folder.join(format!("{name}.key")), &key, None, rng).unwrap();
            write_preshared(&folder.join(format!("{name}.psk")), &shared).unwrap();
            config = config.replace(&name.to_uppercase(), &key.public().to_string());
            let keys = PairKeys::of_client(&key, &server_key.public(), &shared).unwrap();
            Person::new(host, keys)
        });
        let greeters = GREETED
            .map(|port| Greeter::start(&server, port, "welcome").unwrap())
            .into();
        let stage = Self {
            server,
            stranger,
            alice,
            bob,
            folder,
            server_key,
            config,
            world,
            lan,
            _greeters: greeters,
        };
        stage.write_config(&stage.config);
        stage
    }

    /// The network with its daemon running.
    pub(crate) fn running(entered: &Entered, name: &str) -> (Self, Daemon) {
        let stage = Self::new(entered, name);
        let daemon = stage.start();
        (stage, daemon)
    }

    /// The same where `office` stays open for so long.
    pub(crate) fn running_for(entered: &Entered, name: &str, lasts: &str) -> (Self, Daemon) {
        let mut stage = Self::new(entered, name);
        let lasts = format!("for = \"{lasts}\"");
        stage.config = stage.config.replace("for = \"3s\"", &lasts);
        stage.write_config(&stage.config);
        let daemon = stage.start();
        (stage, daemon)
    }

    /// Starts the daemon and waits until it hears knocks.
    pub(crate) fn start(&self) -> Daemon {
        Daemon::start(&self.server, &self.folder)
    }

    /// Whether a service greets at a port of the server.
    pub(crate) fn greets_at(port: u16) -> bool {
        GREETED.contains(&port)
    }

    pub(crate) fn write_config(&self, text: &str) {
        fs::write(self.config_path(), text).unwrap();
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.folder.join("nightlatchd.toml")
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.join("state")
    }
}

/// Whether somebody at a host gets through to a port of the server.
pub(crate) fn is_in(host: &Host, port: u16, family: Family) -> bool {
    try_door(host, port, family).is_connected()
}

/// Fails unless a host gets no answer at all from a port: no refusal either.
pub(crate) fn assert_silent(host: &Host, port: u16, family: Family) {
    let reached = try_door(host, port, family);
    assert!(
        matches!(reached, Reached::TimedOut),
        "{} at {port}: {reached:?}",
        host.name()
    );
}

/// One attempt to connect from a host to a port of the server.
pub(crate) fn try_door(host: &Host, port: u16, family: Family) -> Reached {
    connect(host, door(port, family), PATIENCE).unwrap()
}

/// The server's address.
pub(crate) fn server(family: Family) -> IpAddr {
    address("server", family)
}

/// The address of a host by its name.
pub(crate) fn address(host: &str, family: Family) -> IpAddr {
    let last = number_of(host);
    match family {
        Family::V4 => IpAddr::from([10, 77, 0, last]),
        Family::V6 => IpAddr::from([0xfd77, 0, 0, 0, 0, 0, 0, u16::from(last)]),
    }
}

/// A port of the server.
pub(crate) fn door(port: u16, family: Family) -> SocketAddr {
    SocketAddr::new(server(family), port)
}

/// Where knocks go.
pub(crate) fn keyhole(family: Family) -> SocketAddr {
    door(KNOCK_PORT, family)
}

/// A program that stands beside the daemon, where it was built.
pub(crate) fn beside_the_daemon(name: &str) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_nightlatchd")).with_file_name(name);
    program.is_file().then_some(program)
}

fn number_of(host: &str) -> u8 {
    match host {
        "server" => 1,
        "alice" => 2,
        "bob" => 3,
        _ => 4,
    }
}

/// Where a service greets whoever comes.
const GREETED: [u16; 4] = [22, 80, 443, 8443];

pub(crate) const KNOCK_PORT: u16 = 62201;

/// How long the service `ssh` stays open.
pub(crate) const SHORT: Duration = Duration::from_secs(1);

/// How long the service `office` stays open.
pub(crate) const LONG: Duration = Duration::from_secs(3);

/// A little more than the kernel's clock may be late.
pub(crate) const A_LITTLE: Duration = Duration::from_millis(50);

/// Below a second the kernel sends one SYN, which is answered at once or never.
const PATIENCE: Duration = Duration::from_millis(300);

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

[service.web]
open = ["tcp/80"]
for = "30s"
one-shot = true

[service.office]
open = ["tcp/443"]
for = "3s"

[client.alice]
key = "ALICE"
preshared = "alice.psk"
may = ["ssh", "web", "office"]

[client.bob]
key = "BOB"
preshared = "bob.psk"
may = ["ssh"]
"#;
