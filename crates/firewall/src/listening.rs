//! Which ports of this host somebody listens at.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use nightlatch_core::{Port, PortRange, Protocol};
use thiserror::Error;

use crate::nfnl::{Channel, Envelope, NetlinkError, Writer};
use crate::sockets::{ANY, IPV4, IPV6, Question, read_address};

/// This network namespace's sockets, as the kernel lists them.
///
/// Needs no privilege, neither to open nor later.
pub struct SocketTable {
    channel: Channel,
}

impl fmt::Debug for SocketTable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SocketTable")
            .finish_non_exhaustive()
    }
}

impl SocketTable {
    /// Opens the way to the kernel of the namespace that the thread is in.
    pub fn open() -> Result<Self, ListeningError> {
        let channel = Channel::open(SOCKET_DIAGNOSIS).map_err(ListeningError::Open)?;
        Ok(Self { channel })
    }

    /// Lists the ports of all listening TCP sockets and of all UDP sockets that take what anybody
    /// sends, in rising order; what only this host can reach is left out.
    ///
    /// However many sockets there are, it holds no more than all ports.
    pub fn listening(&mut self) -> Result<Vec<PortRange>, ListeningError> {
        let mut ports = BTreeSet::new();
        for (protocol, states) in [(Protocol::Tcp, LISTEN), (Protocol::Udp, UNCONNECTED)] {
            for family in [IPV4, IPV6] {
                let question = Question {
                    family,
                    protocol,
                    states,
                    name: ANY,
                };
                self.add(&mut ports, &question)
                    .map_err(ListeningError::List)?;
            }
        }
        Ok(joined(&ports))
    }

    fn add(&mut self, ports: &mut BTreeSet<Port>, question: &Question) -> Result<(), NetlinkError> {
        let ask = |writer: &mut Writer| question.write(writer);
        self.channel.dump(LIST, ask, |body| {
            ports.extend(reachable_port(body, question.protocol));
        })
    }
}

/// Why it is not known at which ports somebody listens.
#[derive(Debug, Error)]
pub enum ListeningError {
    /// There is no way to the kernel.
    #[error("the kernel cannot be asked about sockets")]
    Open(#[source] NetlinkError),
    /// The kernel does not list them.
    #[error(
        "the kernel does not list this host's sockets\n  load the modules tcp_diag and udp_diag, or \
         use a kernel with CONFIG_INET_DIAG and CONFIG_INET_UDP_DIAG"
    )]
    List(#[source] NetlinkError),
}

/// None for a socket without a port, and for one that only this host reaches.
fn reachable_port(body: &[u8], protocol: Protocol) -> Option<Port> {
    let ([family, _, _, _], rest) = body.split_first_chunk()?;
    let (port, rest) = rest.split_first_chunk()?;
    let (_remote_port, rest) = rest.split_first_chunk::<2>()?;
    let address = read_address(*family, rest.first_chunk()?)?;
    let is_reachable = match address {
        IpAddr::V4(address) => !address.is_loopback(),
        IpAddr::V6(address) => !address.is_loopback(),
    };
    let port = Port::new(protocol, u16::from_be_bytes(*port))?;
    is_reachable.then_some(port)
}

/// Neighbours become one range.
fn joined(ports: &BTreeSet<Port>) -> Vec<PortRange> {
    let mut ranges: Vec<PortRange> = Vec::new();
    for &port in ports {
        let longer = ranges.last().and_then(|last| {
            let is_next = last.protocol() == port.protocol
                && last.last().checked_add(1) == Some(port.number());
            is_next.then(|| PortRange::new(port.protocol, last.first(), port.number()))?
        });
        match (longer, ranges.last_mut()) {
            (Some(longer), Some(last)) => *last = longer,
            _ => ranges.push(port.into()),
        }
    }
    ranges
}

const LIST: Envelope = Envelope {
    kind: 20,
    flags: 0,
    doing: "list the sockets",
};

const SOCKET_DIAGNOSIS: isize = 4;
const LISTEN: u32 = 1 << 10;
/// UDP calls a socket closed that has no other end.
const UNCONNECTED: u32 = 1 << 7;

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(written: &[&str]) -> BTreeSet<Port> {
        written.iter().map(|port| port.parse().unwrap()).collect()
    }

    #[test]
    fn neighbours_of_one_protocol_are_one_range() {
        let ports = ports(&[
            "tcp/80",
            "tcp/81",
            "tcp/83",
            "udp/84",
            "tcp/84",
            "tcp/65535",
        ]);
        let ranges: Vec<_> = joined(&ports).iter().map(ToString::to_string).collect();
        assert_eq!(ranges, ["tcp/80-81", "tcp/83-84", "tcp/65535", "udp/84"]);
    }

    #[test]
    fn all_ports_are_one_range() {
        let all: BTreeSet<Port> = (1..=65_535)
            .filter_map(|number| Port::new(Protocol::Udp, number))
            .collect();
        assert_eq!(joined(&all).len(), 1);
    }

    #[test]
    fn an_answer_cut_anywhere_names_no_port() {
        let mut body = vec![2, 10, 0, 0, 0, 80, 0, 0, 192, 0, 2, 1];
        body.resize(24, 0);
        assert_eq!(
            reachable_port(&body, Protocol::Tcp),
            Port::new(Protocol::Tcp, 80)
        );
        for length in 0..24 {
            assert_eq!(reachable_port(&body[..length], Protocol::Tcp), None);
        }
    }

    #[test]
    fn only_this_host_reaches_its_loopback_addresses() {
        let mut body = vec![2, 10, 0, 0, 0, 80, 0, 0, 127, 9, 9, 9];
        body.resize(24, 0);
        assert_eq!(reachable_port(&body, Protocol::Tcp), None);
        let mut mapped = vec![10, 10, 0, 0, 0, 80, 0, 0];
        mapped.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1]);
        assert_eq!(reachable_port(&mapped, Protocol::Tcp), None);
        mapped[20] = 10;
        assert!(reachable_port(&mapped, Protocol::Tcp).is_some());
    }
}
