//! The way back: a sealed answer, from the address that was knocked at.

use std::{
    io::{self, IoSlice},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    os::fd::{AsFd, BorrowedFd},
};

use nightlatch_wire::Family;
use socket2::{Domain, MsgHdr, Protocol, SockAddr, SockFilter, Socket, Type};
use thiserror::Error;

use crate::{filter, sys};

/// UDP sockets on the knock port that send and never receive.
///
/// They hold the port, so that no other program answers there and the kernel sends no "port
/// unreachable". Whatever arrives at them is dropped by a filter that nobody can take off.
#[derive(Debug)]
pub struct ReplySocket {
    four: Option<Socket>,
    /// `None` on a host without IPv6.
    six: Option<Socket>,
}

impl ReplySocket {
    /// Takes the port for every address of this host; a port below 1024 needs a privilege.
    pub fn open(port: u16) -> Result<Self, ReplyOpenError> {
        // Deaf before they have a port, so that nothing is ever queued.
        let [four, six] = take_port(port, deafen)?;
        Ok(Self { four, six })
    }

    /// Answers through sockets that somebody else receives from.
    pub(crate) fn through(four: Option<Socket>, six: Option<Socket>) -> Self {
        Self { four, six }
    }

    /// The descriptors that [`ReplySocket::send`] uses, for a sandbox that allows it no others.
    pub fn descriptors(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.four.iter().chain(&self.six).map(Socket::as_fd)
    }

    /// Sends `sealed` to `to`, from the address `from` and the port of this socket.
    ///
    /// Never blocks: what does not fit into the kernel's queue now is an error, and the knocker
    /// asks again. A link-local `to` needs its scope, the index of the interface.
    pub fn send(&self, from: IpAddr, to: SocketAddr, sealed: &[u8]) -> Result<(), SendError> {
        let (from, to) = (from.to_canonical(), canonical(to));
        let (socket, control) = match (from, to) {
            (IpAddr::V4(from), SocketAddr::V4(_)) => (&self.four, from_address_four(from)),
            (IpAddr::V6(from), SocketAddr::V6(to)) => {
                (&self.six, from_address_six(from, scope(from, to)?))
            }
            _ => return Err(SendError::TwoFamilies),
        };
        let socket = socket
            .as_ref()
            .ok_or_else(|| SendError::NoSocket(family_of(to)))?;
        let address = SockAddr::from(to);
        let pieces = [IoSlice::new(sealed)];
        let message = MsgHdr::new()
            .with_addr(&address)
            .with_buffers(&pieces)
            .with_control(&control);
        let sent = socket
            .sendmsg(&message, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
            .map_err(SendError::Kernel)?;
        debug_assert_eq!(sent, sealed.len(), "a datagram goes whole or not at all");
        Ok(())
    }
}

/// Why there is no way back.
#[derive(Debug, Error)]
pub enum ReplyOpenError {
    /// Another program has the port.
    #[error(
        "udp port {0} is in use already\n  ss -lunp shows by whom: a nightlatchd that runs has it \
         with good reason; of another program choose another knock port, or stop it"
    )]
    PortInUse(u16),
    /// The port is a privileged one.
    #[error(
        "udp port {0} needs the capability CAP_NET_BIND_SERVICE\n  start as root, or choose a knock \
         port above 1023"
    )]
    NoPermission(u16),
    /// The host speaks neither IPv4 nor IPv6.
    #[error("this host speaks neither IPv4 nor IPv6")]
    NoIp,
    /// Something else stands in the way.
    #[error("no socket to answer from")]
    Socket(#[source] io::Error),
}

/// Why an answer was not sent.
#[derive(Debug, Error)]
pub enum SendError {
    /// The answer would have to change between IPv4 and IPv6.
    #[error("an answer from one IP version to the other")]
    TwoFamilies,
    /// The host did not speak this IP version when the socket was opened.
    #[error("no {0:?} on this host")]
    NoSocket(Family),
    /// A link-local address means something only on its link.
    #[error("a link-local address without its interface")]
    NoScope,
    /// The kernel did not take it: no route, a full queue, an address that is not ours, a firewall.
    #[error("the kernel does not send the answer")]
    Kernel(#[source] io::Error),
}

/// Sockets at this port of every address, prepared before they have it; `None` for an IP version that
/// the host does not speak.
pub(crate) fn take_port(
    port: u16,
    prepare: impl Fn(&Socket) -> io::Result<()>,
) -> Result<[Option<Socket>; 2], ReplyOpenError> {
    let four = open_one(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)), &prepare)?;
    let six = open_one(SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)), &prepare)?;
    if four.is_none() && six.is_none() {
        return Err(ReplyOpenError::NoIp);
    }
    Ok([four, six])
}

fn open_one(
    address: SocketAddr,
    prepare: impl Fn(&Socket) -> io::Result<()>,
) -> Result<Option<Socket>, ReplyOpenError> {
    let kind = Type::DGRAM.nonblocking().cloexec();
    let socket = match Socket::new(Domain::for_address(address), kind, Some(Protocol::UDP)) {
        Ok(socket) => socket,
        Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => return Ok(None),
        Err(error) => return Err(ReplyOpenError::Socket(error)),
    };
    prepare(&socket).map_err(ReplyOpenError::Socket)?;
    if address.is_ipv6() {
        socket.set_only_v6(true).map_err(ReplyOpenError::Socket)?;
    }
    match socket.bind(&SockAddr::from(address)) {
        Ok(()) => Ok(Some(socket)),
        Err(error) => match error.raw_os_error() {
            Some(libc::EADDRNOTAVAIL) => Ok(None),
            Some(libc::EADDRINUSE) => Err(ReplyOpenError::PortInUse(address.port())),
            Some(libc::EACCES | libc::EPERM) => Err(ReplyOpenError::NoPermission(address.port())),
            _ => Err(ReplyOpenError::Socket(error)),
        },
    }
}

fn deafen(socket: &Socket) -> io::Result<()> {
    let nothing: Vec<SockFilter> = filter::nothing()
        .into_iter()
        .map(SockFilter::from)
        .collect();
    socket.attach_filter(&nothing)?;
    sys::lock_filter(socket.as_fd())?;
    // The kernel raises it to its own least.
    socket.set_recv_buffer_size(1)
}

/// A claim may carry an IPv4 address in the form that IPv6 has for it.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) => SocketAddr::from((ip, address.port())),
        IpAddr::V6(_) => address,
    }
}

fn family_of(address: SocketAddr) -> Family {
    if address.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    }
}

/// The interface to send through: only link-local addresses say one, else the routes decide.
fn scope(from: Ipv6Addr, to: SocketAddrV6) -> Result<u32, SendError> {
    if !from.is_unicast_link_local() && !to.ip().is_unicast_link_local() {
        return Ok(0);
    }
    match to.scope_id() {
        0 => Err(SendError::NoScope),
        interface => Ok(interface),
    }
}

/// `struct in_pktinfo`: interface, source address, and an address that only a receiver gets.
fn from_address_four(from: Ipv4Addr) -> Vec<u8> {
    let body = [&[0; 4][..], &from.octets(), &[0; 4]].concat();
    control(libc::IPPROTO_IP, libc::IP_PKTINFO, &body)
}

/// `struct in6_pktinfo`: source address, interface.
fn from_address_six(from: Ipv6Addr, interface: u32) -> Vec<u8> {
    let body = [&from.octets()[..], &interface.to_ne_bytes()].concat();
    control(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &body)
}

/// `struct cmsghdr` and what it announces, padded to the machine's word (cmsg(3)).
fn control(level: i32, kind: i32, body: &[u8]) -> Vec<u8> {
    let header = const { size_of::<usize>() + 8 };
    let length = header.saturating_add(body.len());
    let mut bytes = [
        &length.to_ne_bytes()[..],
        &level.to_ne_bytes(),
        &kind.to_ne_bytes(),
        body,
    ]
    .concat();
    bytes.resize(length.next_multiple_of(size_of::<usize>()), 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn six(address: &str, scope: u32) -> SocketAddrV6 {
        SocketAddrV6::new(address.parse().unwrap(), 1, 0, scope)
    }

    #[test]
    fn control_bytes_have_the_kernel_s_form() {
        let bytes = from_address_four(Ipv4Addr::LOCALHOST);
        assert_eq!(bytes.len(), 32);
        assert_eq!(bytes[..8], 28_usize.to_ne_bytes());
        assert_eq!(bytes[20..24], [127, 0, 0, 1]);

        let bytes = from_address_six(Ipv6Addr::LOCALHOST, 7);
        assert_eq!(bytes.len(), 40);
        assert_eq!(bytes[..8], 36_usize.to_ne_bytes());
        assert_eq!(bytes[32..36], 7_u32.to_ne_bytes());
    }

    #[test]
    fn only_link_local_addresses_choose_the_interface() {
        let global = "2001:db8::1".parse().unwrap();
        let local = "fe80::1".parse().unwrap();
        assert!(matches!(scope(global, six("2001:db8::2", 5)), Ok(0)));
        assert!(matches!(scope(local, six("fe80::2", 5)), Ok(5)));
        assert!(matches!(
            scope(local, six("fe80::2", 0)),
            Err(SendError::NoScope)
        ));
    }

    #[test]
    fn an_address_in_the_mapped_form_is_an_ipv4_address() {
        let mapped = "[::ffff:192.0.2.1]:7".parse().unwrap();
        assert_eq!(canonical(mapped), "192.0.2.1:7".parse().unwrap());
        let plain = "[2001:db8::1]:7".parse().unwrap();
        assert_eq!(canonical(plain), plain);
    }
}
