//! This host's own TCP connections: which run to guarded ports, and how to end them.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nightlatch_core::{Cut, Port, PortRange, Protocol};

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

/// Ends every connection that was cut; says how many there were.
pub(crate) fn destroy(channel: &mut Channel, cuts: &BTreeSet<Cut>) -> Result<usize, NetlinkError> {
    let mut doomed = Vec::new();
    each(channel, |connection| {
        let Flow { address, port, .. } = connection.flow;
        if cuts.contains(&Cut { address, port }) {
            doomed.push(connection);
        }
    })?;
    for connection in &doomed {
        let question = Question {
            family: connection.family,
            protocol: Protocol::Tcp,
            states: ALL_STATES,
            name: connection.name,
        };
        let outcome = channel.tell(DESTROY, |writer| question.write(writer));
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
        let question = Question {
            family,
            protocol: Protocol::Tcp,
            states: RUNNING_STATES,
            name: ANY,
        };
        channel.dump(
            LIST,
            |writer| question.write(writer),
            |body| {
                if let Some(connection) = read(body) {
                    found(connection);
                }
            },
        )?;
    }
    Ok(())
}

/// Which sockets are meant.
pub(crate) struct Question {
    pub(crate) family: u8,
    pub(crate) protocol: Protocol,
    /// One bit for each state of TCP; UDP borrows two of them.
    pub(crate) states: u32,
    pub(crate) name: [u8; NAME],
}

impl Question {
    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.raw(&[self.family, self.protocol.number(), 0, 0]);
        writer.raw(&self.states.to_ne_bytes());
        writer.raw(&self.name);
    }
}

fn read(body: &[u8]) -> Option<Connection> {
    let ([family, _, _, _], rest) = body.split_first_chunk()?;
    let name: &[u8; NAME] = rest.first_chunk()?;
    let (local_port, rest) = rest.split_first_chunk()?;
    let (remote_port, rest) = rest.split_first_chunk()?;
    let (_, rest) = rest.split_first_chunk::<16>()?;
    let remote: &[u8; 16] = rest.first_chunk()?;
    let address = read_address(*family, remote)?;
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

/// A socket that serves both versions names IPv4 addresses in IPv6; the gate sees the packets, which are IPv4.
pub(crate) fn read_address(family: u8, bytes: &[u8; 16]) -> Option<IpAddr> {
    match family {
        IPV4 => Some(IpAddr::V4(Ipv4Addr::from(*bytes.first_chunk::<4>()?))),
        IPV6 => Some(IpAddr::V6(Ipv6Addr::from(*bytes)).to_canonical()),
        _ => None,
    }
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

pub(crate) const IPV4: u8 = 2;
pub(crate) const IPV6: u8 = 10;
/// Ports, addresses, interface and cookie.
pub(crate) const NAME: usize = 48;
/// Every socket in the states that are asked for.
pub(crate) const ANY: [u8; NAME] = [0; NAME];
const NO_SUCH_SOCKET: i32 = 2;

const ALL_STATES: u32 = u32::MAX;
/// Every state in which a client may still send: not LISTEN (10), not CLOSE (7), not TIME-WAIT (6), not our own
/// SYN-SENT (2).
const RUNNING_STATES: u32 =
    (1 << 1) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 8) | (1 << 9) | (1 << 11) | (1 << 12);
