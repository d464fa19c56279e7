//! Where it is played: a server and a client on one cable, in namespaces of the run's own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4};

use anyhow::Result;
use nightlatch_lab::{Greeter, Host, World};

/// Two hosts and the cable between them; each part of the bench has its own.
pub(super) struct Stage {
    pub(super) server: Host,
    pub(super) client: Host,
    _service: Greeter,
}

impl Stage {
    pub(super) fn new() -> Result<Self> {
        let world = World::new();
        let (server, client) = (world.host("server")?, world.host("client")?);
        world.join(
            server.plug(LINK, &["10.77.0.1/24", "fd77::1/64"]),
            client.plug(LINK, &["10.77.0.2/24", "fd77::2/64"]),
        )?;
        // On a loopback a whole network is local: the client has eight million addresses, and the
        // server needs to find a single neighbour for all of them.
        client.add_address("lo", "10.128.0.1/9")?;
        server.add_route("10.128.0.0/9", IpAddr::V4(CLIENT))?;
        let service = Greeter::start(&server, DOOR, "in")?;
        Ok(Self {
            server,
            client,
            _service: service,
        })
    }
}

/// An address of the client that nobody has used before.
pub(super) fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(FIRST.to_bits().saturating_add(number))
}

/// Where the guarded service is.
pub(super) fn door() -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(SERVER, DOOR))
}

/// Where single-packet knocks go.
pub(super) fn keyhole() -> SocketAddr {
    SocketAddr::V4(SocketAddrV4::new(SERVER, KNOCK_PORT))
}

pub(super) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
pub(super) const SERVER_SIX: Ipv6Addr = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 1);
pub(super) const CLIENT_SIX: Ipv6Addr = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 2);
pub(super) const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// The interface of either host.
pub(super) const LINK: &str = "eth0";
/// The guarded port.
pub(super) const DOOR: u16 = 22;
/// Ours and fwknop's default are the same.
pub(super) const KNOCK_PORT: u16 = 62201;
const FIRST: Ipv4Addr = Ipv4Addr::new(10, 128, 1, 0);
