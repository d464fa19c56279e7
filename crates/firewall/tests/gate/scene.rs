//! A server with a gate, two hosts that want in, and the words to tell what happens.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use nightlatch_core::{Effect, GatePlan, Opening, Passage};
use nightlatch_firewall::{Abilities, Firewall, Nftables, Raised, Refresh};
use nightlatch_lab::{Forger, Greeter, Host, Reached, Recorder, Switch, World, connect, program};

/// One server, two clients, all on one cable.
pub(crate) struct Scene {
    pub(crate) server: Host,
    pub(crate) alice: Host,
    pub(crate) mallory: Host,
    /// The cable between them: it ends with the scene.
    _lan: Switch,
}

/// Which of the two IP versions a story is told in.
#[derive(Clone, Copy)]
pub(crate) enum Version {
    Four,
    Six,
}

pub(crate) const VERSIONS: [Version; 2] = [Version::Four, Version::Six];

/// Enough for the one SYN that the kernel sends in that time, and too short for a second.
pub(crate) const SOON: Duration = Duration::from_millis(200);
pub(crate) const KNOCK: u16 = 62201;
/// A story that waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than any story.
pub(crate) const LONG: Duration = Duration::from_mins(1);

impl Scene {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let lan = world.switch("lan").unwrap();
        let [server, alice, mallory] =
            ["server", "alice", "mallory"].map(|name| world.host(name).unwrap());
        let addresses = [
            ["10.77.0.1/24", "fd77::1/64"],
            ["10.77.0.2/24", "fd77::2/64"],
            ["10.77.0.3/24", "fd77::3/64"],
        ];
        for (host, addresses) in [&server, &alice, &mallory].into_iter().zip(&addresses) {
            lan.plug(host.plug("eth0", addresses)).unwrap();
        }
        Self {
            server,
            alice,
            mallory,
            _lan: lan,
        }
    }

    /// Opens the firewall of the server.
    pub(crate) fn open(&self) -> Nftables {
        self.server.run(Nftables::open).unwrap().unwrap()
    }

    pub(crate) fn open_with(&self, abilities: Abilities) -> Nftables {
        self.server
            .run(|| Nftables::open_with(abilities))
            .unwrap()
            .unwrap()
    }

    /// A gate in front of tcp/22, tcp/80-90 and udp/53.
    pub(crate) fn gate(&self) -> Nftables {
        let mut gate = self.open();
        let _: Raised = gate.raise(&plan()).unwrap();
        gate
    }

    pub(crate) fn service(&self, port: u16) -> Greeter {
        Greeter::start(&self.server, port, "hello").unwrap()
    }

    pub(crate) fn to(&self, version: Version, port: u16) -> SocketAddr {
        SocketAddr::new(address_of(&self.server, version), port)
    }

    /// Tries to connect for as long as it may reasonably take.
    pub(crate) fn try_tcp(&self, from: &Host, version: Version, port: u16) -> Reached {
        connect(from, self.to(version, port), PATIENCE).unwrap()
    }

    pub(crate) fn gets_in(&self, from: &Host, version: Version, port: u16) -> bool {
        self.try_tcp(from, version, port).is_connected()
    }

    /// Whether one attempt to connect meets nothing but silence.
    pub(crate) fn is_dropped(&self, from: &Host, version: Version, port: u16) -> bool {
        matches!(
            connect(from, self.to(version, port), SOON).unwrap(),
            Reached::TimedOut
        )
    }

    /// What `nft list ruleset` says; none where the program is not installed.
    pub(crate) fn ruleset(&self) -> Option<String> {
        self.nft(&["list", "ruleset"]).map(|(text, _)| text)
    }

    /// What `nft` says and whether it succeeded; none where it is not installed.
    pub(crate) fn nft(&self, arguments: &[&str]) -> Option<(String, bool)> {
        self.server
            .run(|| {
                let output = program("nft").args(arguments).output().ok()?;
                let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.push_str(&String::from_utf8_lossy(&output.stderr));
                Some((text, output.status.success()))
            })
            .unwrap()
    }

    /// A UDP service that says back what it hears, until it is dropped.
    pub(crate) fn echo(&self, version: Version, port: u16) -> Echo {
        let socket = udp(&self.server, version, port);
        Echo { socket }
    }
}

pub(crate) fn forger(host: &Host) -> Forger {
    Forger::open(host).unwrap()
}

pub(crate) fn recorder(host: &Host) -> Recorder {
    Recorder::open(host).unwrap()
}

pub(crate) fn udp(host: &Host, version: Version, port: u16) -> UdpSocket {
    let at = SocketAddr::new(address_of(host, version), port);
    let socket = host.run(|| UdpSocket::bind(at)).unwrap().unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket
}

/// A UDP service.
pub(crate) struct Echo {
    socket: UdpSocket,
}

impl Echo {
    /// Whether something arrives; if so, it is answered.
    pub(crate) fn hears(&self) -> bool {
        let mut words = [0; 64];
        match self.socket.recv_from(&mut words) {
            Ok((length, from)) => {
                self.socket.send_to(&words[..length], from).unwrap();
                true
            }
            Err(_) => false,
        }
    }

    /// Whether something arrives soon; it is not answered.
    pub(crate) fn hears_and_is_silent(&self) -> bool {
        self.socket.recv_from(&mut [0; 64]).is_ok()
    }
}

pub(crate) fn plan() -> GatePlan {
    plan_of(&["tcp/22", "tcp/80-90", "udp/53"])
}

pub(crate) fn plan_of(guarded: &[&str]) -> GatePlan {
    let guarded = guarded.iter().map(|range| range.parse().unwrap()).collect();
    GatePlan {
        knock_port: Some(KNOCK),
        knock_socket: None,
        guarded,
        forwards: vec![],
    }
}

pub(crate) fn address_of(host: &Host, version: Version) -> IpAddr {
    match version {
        Version::Four => host.address_v4().unwrap(),
        Version::Six => host.address_v6().unwrap(),
    }
}

pub(crate) fn opening(host: &Host, version: Version, port: &str, passage: Passage) -> Opening {
    Opening {
        address: address_of(host, version),
        port: port.parse().unwrap(),
        passage,
    }
}

pub(crate) fn lasting(host: &Host, version: Version, port: &str) -> Opening {
    opening(host, version, port, Passage::Lasting)
}

pub(crate) fn once(host: &Host, version: Version, port: &str) -> Opening {
    opening(host, version, port, Passage::OneShot)
}

pub(crate) fn open(openings: &[Opening], lasts: Duration) -> Effect {
    Effect::Open {
        openings: openings.to_vec(),
        lasts,
    }
}

pub(crate) fn close(openings: &[Opening]) -> Effect {
    Effect::Close {
        openings: openings.to_vec(),
    }
}

/// Whether the other end still says back what it hears.
pub(crate) fn still_talks(stream: &mut TcpStream) -> bool {
    says_back(stream, PATIENCE)
}

/// Whether nothing comes back any more.
pub(crate) fn falls_silent(stream: &mut TcpStream) -> bool {
    !says_back(stream, SOON)
}

fn says_back(stream: &mut TcpStream, patience: Duration) -> bool {
    stream.set_read_timeout(Some(patience)).unwrap();
    let mut words = [0; 4];
    let exchanged = stream
        .write_all(b"ping")
        .and_then(|()| stream.read_exact(&mut words));
    exchanged.is_ok() && words == *b"ping"
}

/// A connection whose greeting has been read.
pub(crate) fn connected(mut reached: Reached) -> TcpStream {
    assert_eq!(reached.greeting(PATIENCE).as_deref(), Some("hello"));
    match reached {
        Reached::Connected { stream, .. } => stream,
        other => panic!("not connected: {other:?}"),
    }
}

pub(crate) fn old_kernel(refresh: Refresh) -> Abilities {
    Abilities {
        owned_tables_persist: false,
        refresh,
    }
}
