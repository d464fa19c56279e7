//! Sends packets with whatever addresses they name.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};

use crate::craft::Crafted;
use crate::error::LabError;
use crate::host::Host;
use crate::packet::Packet;

/// Raw sockets of both families inside one host.
#[derive(Debug)]
pub struct Forger {
    host: String,
    v4: Socket,
    v6: Socket,
}

impl Forger {
    /// Opens the sockets inside a host.
    pub fn open(host: &Host) -> Result<Self, LabError> {
        let (v4, v6) = host
            .run(|| Ok((raw(Domain::IPV4)?, raw(Domain::IPV6)?)))?
            .map_err(|cause: io::Error| LabError::kernel(host.name(), "open raw sockets", cause))?;
        Ok(Self {
            host: host.name().to_owned(),
            v4,
            v6,
        })
    }

    /// Sends one packet as it is, forged source and all.
    pub fn send(&self, packet: &Packet) -> Result<(), LabError> {
        self.send_bytes(&packet.to_bytes(), packet.destination)
    }

    /// Sends one packet with every field as it was chosen.
    pub fn send_crafted(&self, crafted: &Crafted) -> Result<(), LabError> {
        self.send_bytes(&crafted.to_bytes(), crafted.packet.destination)
    }

    /// Sends any bytes that begin with an IP header to a destination.
    pub fn send_bytes(&self, bytes: &[u8], to: SocketAddr) -> Result<(), LabError> {
        let socket = if to.is_ipv4() { &self.v4 } else { &self.v6 };
        match socket.send_to(bytes, &portless(to).into()) {
            Ok(_) => Ok(()),
            Err(cause) => Err(LabError::kernel(&self.host, "send a raw packet", cause)),
        }
    }
}

/// A raw socket for packets that bring their own IP header.
pub(crate) fn raw(domain: Domain) -> io::Result<Socket> {
    Socket::new(domain, Type::RAW, Some(Protocol::from(libc::IPPROTO_RAW)))
}

/// Raw sockets of IPv6 take a port for a protocol and refuse most.
pub(crate) fn portless(mut to: SocketAddr) -> SocketAddr {
    to.set_port(0);
    to
}
