//! The stage: three hosts, two cables, a guarded service and the daemon.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use nightlatch_lab::{Greeter, Host, Recorder, World};
use nightlatch_ticket::{Memory, PairKeys};

use super::daemon::Daemon;
use super::keys::{self, KNOCK_PORT, SERVICE};

/// Everybody and everything that plays.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) server: Host,
    pub(super) friend: Host,
    pub(super) stranger: Host,
    /// Sees every frame at the friend's.
    pub(super) friends_wire: Recorder,
    /// Sees every frame at the stranger's.
    pub(super) strangers_wire: Recorder,
    pub(super) daemon: Daemon,
    pub(super) keys: Keys,
    pub(super) memory: Memory,
    /// The last knock as it went over the wire.
    pub(super) recorded: Option<Vec<u8>>,
    folder: PathBuf,
    _greeter: Greeter,
}

/// The friend's half of the secret; it has no `Debug`.
pub(super) struct Keys(pub(super) PairKeys);

impl std::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keys")
    }
}

impl Stage {
    /// Builds it all in a folder that is gone after the run.
    pub(super) fn set(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.join("demo");
        fs::create_dir(&folder).context("the folder of the demonstration")?;
        let keys = Keys(keys::write(&folder)?);
        let world = World::new();
        let server = world.host("server")?;
        let friend = world.host("friend")?;
        let stranger = world.host("stranger")?;
        world.join(
            server.plug("friends", &SERVER_TO_FRIEND),
            friend.plug("eth0", &FRIEND),
        )?;
        world.join(
            server.plug("street", &SERVER_TO_STRANGER),
            stranger.plug("eth0", &STRANGER),
        )?;
        let greeter = Greeter::start(&server, SERVICE.1, GREETING)?;
        let friends_wire = Recorder::open(&friend)?;
        let strangers_wire = Recorder::open(&stranger)?;
        let daemon = Daemon::start(&server, &folder)?;
        Ok(Self {
            server,
            friend,
            stranger,
            friends_wire,
            strangers_wire,
            daemon,
            keys,
            memory: Memory::default(),
            recorded: None,
            folder,
            _greeter: greeter,
        })
    }

    /// Starts the daemon again, with the state that it left.
    pub(super) fn restart(&mut self) -> anyhow::Result<()> {
        self.daemon = Daemon::start(&self.server, &self.folder)?;
        Ok(())
    }
}

/// Who looks at the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Seen {
    ByFriend,
    ByFriendV6,
    ByStranger,
    ByStrangerV6,
}

impl Seen {
    /// The server's address as it is seen from there.
    pub(super) fn address(self) -> IpAddr {
        match self {
            Self::ByFriend => IpAddr::from([10, 77, 1, 1]),
            Self::ByStranger => IpAddr::from([10, 77, 2, 1]),
            Self::ByFriendV6 => IpAddr::from([0xfd77, 0, 0, 1, 0, 0, 0, 1]),
            Self::ByStrangerV6 => IpAddr::from([0xfd77, 0, 0, 2, 0, 0, 0, 1]),
        }
    }

    /// Where the guarded service is.
    pub(super) fn door(self) -> SocketAddr {
        SocketAddr::new(self.address(), SERVICE.1)
    }

    /// Where knocks go.
    pub(super) fn keyhole(self) -> SocketAddr {
        SocketAddr::new(self.address(), KNOCK_PORT)
    }
}

/// What the service says to whoever gets in.
pub(super) const GREETING: &str = "welcome in\n";

const SERVER_TO_FRIEND: [&str; 2] = ["10.77.1.1/24", "fd77:0:0:1::1/64"];
const FRIEND: [&str; 2] = ["10.77.1.2/24", "fd77:0:0:1::2/64"];
const SERVER_TO_STRANGER: [&str; 2] = ["10.77.2.1/24", "fd77:0:0:2::1/64"];
const STRANGER: [&str; 2] = ["10.77.2.2/24", "fd77:0:0:2::2/64"];
