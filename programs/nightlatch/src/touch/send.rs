//! One touch: exactly one SYN, or one datagram, from a port of its own.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use nightlatch_core::{Port, Protocol};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, ipproto, socket_with};

use crate::route::open;

/// What touches the ports of one address, always from the same address of ours.
///
/// A server counts touches by where they come from; an address that is given up between two of
/// them, as IPv6 does for privacy, would begin anew.
#[derive(Clone, Copy, Debug)]
pub struct Hand {
    place: SocketAddr,
    local: SocketAddr,
}

impl Hand {
    /// Finds our own address towards a place. No packet is sent.
    pub fn towards(place: SocketAddr) -> Result<Self, TouchError> {
        let no_way = |cause| TouchError::NoWay {
            address: place.ip(),
            cause,
        };
        // The kernel wants a port to find the way; which one makes no difference to it.
        let place = at(place, place.port().max(1));
        let (socket, _) = open(place).map_err(no_way)?;
        let local = at(socket.local_addr().map_err(no_way)?, 0);
        Ok(Self { place, local })
    }

    /// Our own address.
    pub fn local(&self) -> IpAddr {
        self.local.ip().to_canonical()
    }

    /// Sends one packet to a port and asks for nothing.
    pub fn touch(&self, port: Port) -> Result<(), TouchError> {
        let place = at(self.place, port.number());
        let sent = match port.protocol {
            Protocol::Tcp => self.attempt(place),
            Protocol::Udp => self.datagram(place),
        };
        match sent {
            Ok(()) => Ok(()),
            Err(error) if is_answered(&error) => Ok(()),
            Err(cause) if is_without_way(&cause) => Err(TouchError::NoWay {
                address: self.place.ip(),
                cause,
            }),
            Err(cause) => Err(TouchError::NotSent {
                port,
                address: self.place.ip(),
                cause,
            }),
        }
    }

    /// Begins a connection and forgets it at once: the kernel sends its first segment while it is
    /// asked, and what is closed before an answer came is never sent again.
    fn attempt(&self, place: SocketAddr) -> io::Result<()> {
        let family = match place {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
        bind(&socket, &self.local)?;
        match connect(&socket, &place) {
            Err(Errno::INPROGRESS) => Ok(()),
            done => Ok(done?),
        }
    }

    fn datagram(&self, place: SocketAddr) -> io::Result<()> {
        let socket = UdpSocket::bind(self.local)?;
        socket.connect(place)?;
        // knockd's own client sends one zero byte: nobody has to tell ours from it.
        socket.send(&[0]).map(drop)
    }
}

/// Why a port was not touched.
#[derive(Debug, thiserror::Error)]
pub enum TouchError {
    /// There is no way there from here.
    #[error(
        "there is no way from this computer to {address}: {cause}\n  check this computer's network"
    )]
    NoWay {
        /// The address.
        address: IpAddr,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The system did not send.
    #[error(
        "the system does not touch {port} of {address}: {cause}\n  is there a firewall on this computer that forbids it?"
    )]
    NotSent {
        /// The port.
        port: Port,
        /// The address.
        address: IpAddr,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

/// What comes back was sent out before; on the loopback that is at once.
fn is_answered(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionRefused | ConnectionReset)
}

fn is_without_way(error: &io::Error) -> bool {
    use io::ErrorKind::{AddrNotAvailable, HostUnreachable, NetworkUnreachable};
    matches!(
        error.kind(),
        AddrNotAvailable | HostUnreachable | NetworkUnreachable
    )
}

fn at(mut place: SocketAddr, port: u16) -> SocketAddr {
    place.set_port(port);
    place
}
