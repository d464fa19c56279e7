//! Two hosts, and addresses behind the second at which nobody answers.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nightlatch_lab::{Flags, Host, Kind, Packet, Process, Recorded, Recorder, World, program};

/// A client, a server, and the way between them.
pub(crate) struct Street {
    pub(crate) client: Host,
    pub(crate) server: Host,
    /// Held so that the hosts stay joined.
    _world: World,
}

/// Addresses that the server is sent packets for and passes on to nobody: silent to everything.
pub(crate) const SILENT: [&str; 2] = ["10.99.0.9", "fd99::9"];

/// The server's own addresses.
pub(crate) const SERVER: [&str; 2] = ["10.77.0.1", "fd77::1"];

impl Street {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let [client, server] = ["client", "server"].map(|name| world.host(name).unwrap());
        world
            .join(
                client.plug("eth0", &["10.77.0.2/24", "fd77::2/64"]),
                server.plug("eth0", &["10.77.0.1/24", "fd77::1/64"]),
            )
            .unwrap();
        for (behind, via) in [("10.99.0.0/24", SERVER[0]), ("fd99::/64", SERVER[1])] {
            client.add_route(behind, via.parse().unwrap()).unwrap();
        }
        Self {
            client,
            server,
            _world: world,
        }
    }

    /// Runs the tool on the client and fails unless it ends well.
    pub(crate) fn run(&self, line: &[&str]) {
        let mut command = program(env!("CARGO_BIN_EXE_nightlatch"));
        command.args(line);
        self.end_well(command);
    }

    /// The same with a home folder.
    pub(crate) fn run_at_home(&self, home: &Path, line: &[&str]) {
        self.end_well(at_home(home, line));
    }

    /// Begins to run the tool with a home folder, and with a standard input that has an end.
    pub(crate) fn begin_at_home(&self, home: &Path, line: &[&str]) -> Process {
        let mut command = at_home(home, line);
        command.stdin(Stdio::null());
        self.client.spawn(command).unwrap()
    }

    fn end_well(&self, command: Command) {
        let mut process = self.client.spawn(command).unwrap();
        let status = process.wait_within(PATIENCE).unwrap();
        assert!(status.is_some_and(|status| status.success()), "{status:?}");
    }
}

fn at_home(home: &Path, line: &[&str]) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_nightlatch"));
    command.args(line).env_clear().env("HOME", home);
    command
}

/// The packets that reached a host since the last time.
pub(crate) fn arrivals(recorder: &mut Recorder) -> Vec<Packet> {
    let taken = recorder.take().unwrap();
    taken.iter().filter_map(Recorded::arrival).collect()
}

/// Whether a packet begins a connection.
pub(crate) fn is_attempt(packet: &Packet) -> bool {
    matches!(packet.kind, Kind::Tcp { flags, .. } if flags == Flags::SYN)
}

pub(crate) fn at(ip: &str, port: u16) -> SocketAddr {
    SocketAddr::new(ip.parse().unwrap(), port)
}

const PATIENCE: Duration = Duration::from_secs(10);
