//! This host's own TCP connections: which run to guarded ports, and how to end them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nightlatch_core::{Port, PortRange, Protocol};

use crate::key::Flow;
use crate::nfnl::{Channel, Envelope, NetlinkError, Writer};

/// One TCP connection of this host.
#[derive(Clone, Debug)]
struct Connection {
    family: u8,
    /// How the kernel names the socket; it wants this back unchanged.
    name: [u8; NAME],
    flow: Flow,
}

/// The connections that others have to guarded ports.
pub(crate) fn running(
    channel: &mut Channel,
    guarded: &[PortRange],
) -> Result<BTreeSet<Flow>, NetlinkError> {
    let mut running = BTreeSet::new();
    each(channel, |connection| {
        if guarded
            .iter()
            .any(|range| range.contains(connection.flow.port))
        {
            running.insert(connection.flow);
        }
    })?;
    Ok(running)
}

/// Ends every connection that this address has to this port; says how many there were.
pub(crate) fn destroy(
    channel: &mut Channel,
    address: IpAddr,
    port: Port,
) -> Result<usize, NetlinkError> {
    let mut doomed = Vec::new();
    each(channel, |connection| {
        if connection.flow.address == address && connection.flow.port == port {
            doomed.push(connection);
        }
    })?;
    for connection in &doomed {
        let outcome = channel.tell(DESTROY, |writer| {
            write_question(writer, connection.family, ALL_STATES, &connection.name);
        });
        match outcome {
            // It ended by itself meanwhile.
            Err(error) if error.code() == Some(NO_SUCH_SOCKET) => {}
            outcome => outcome?,
        }
    }
    Ok(doomed.len())
}

fn each(channel: &mut Channel, mut found: impl FnMut(Connection)) -> Result<(), NetlinkError> {
    for family in [IPV4, IPV6] {
        let question =
            |writer: &mut Writer| write_question(writer, family, RUNNING_STATES, &[0; NAME]);
        channel.dump(LIST, question, |body| {
            if let Some(connection) = read(body) {
                found(connection);
            }
        })?;
    }
    Ok(())
}

fn write_question(writer: &mut Writer, family: u8, states: u32, name: &[u8; NAME]) {
    writer.raw(&[family, TCP, 0, 0]);
    writer.raw(&states.to_ne_bytes());
    writer.raw(name);
}

fn read(body: &[u8]) -> Option<Connection> {
    let ([family, _, _, _], rest) = body.split_first_chunk()?;
    let name: &[u8; NAME] = rest.first_chunk()?;
    let (local_port, rest) = rest.split_first_chunk()?;
    let (remote_port, rest) = rest.split_first_chunk()?;
    let (_, rest) = rest.split_first_chunk::<16>()?;
    let remote: &[u8; 16] = rest.first_chunk()?;
    let address = match *family {
        IPV4 => IpAddr::V4(Ipv4Addr::from(*remote.first_chunk::<4>()?)),
        // A socket that serves both versions names IPv4 clients in IPv6; the gate sees the packets, which are IPv4.
        IPV6 => IpAddr::V6(Ipv6Addr::from(*remote)).to_canonical(),
        _ => return None,
    };
    let port = Port::new(Protocol::Tcp, u16::from_be_bytes(*local_port))?;
    let flow = Flow {
        address,
        source_port: u16::from_be_bytes(*remote_port),
        port,
    };
    Some(Connection {
        family: *family,
        name: *name,
        flow,
    })
}

const LIST: Envelope = Envelope {
    kind: 20,
    flags: 0,
    doing: "list the running connections",
};
const DESTROY: Envelope = Envelope {
    kind: 21,
    flags: 0,
    doing: "end a running connection",
};

const IPV4: u8 = 2;
const IPV6: u8 = 10;
const TCP: u8 = 6;
/// Ports, addresses, interface and cookie.
const NAME: usize = 48;
const NO_SUCH_SOCKET: i32 = 2;

const ALL_STATES: u32 = u32::MAX;
/// Every state in which a client may still send: not LISTEN (10), not CLOSE (7), not TIME-WAIT (6), not our own
/// SYN-SENT (2).
const RUNNING_STATES: u32 =
    (1 << 1) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9) | (1 << 11) | (1 << 12);
