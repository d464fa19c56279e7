//! One attempt to connect, with patience, and what came of it.

use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::clock::now;
use crate::error::LabError;
use crate::host::Host;

/// What came of an attempt to connect.
#[derive(Debug)]
pub enum Reached {
    /// The handshake was completed.
    Connected {
        /// From the SYN to the answer.
        rtt: Duration,
        /// The connection.
        stream: TcpStream,
    },
    /// Somebody answered with a reset.
    Refused,
    /// Nobody answered at all.
    TimedOut,
    /// A router or the kernel said that there is no way.
    Unreachable,
}

impl Reached {
    /// Whether there is a connection.
    pub fn is_connected(&self) -> bool {
        matches!(self, Self::Connected { .. })
    }

    /// The first words of the service behind a connection.
    pub fn greeting(&mut self, patience: Duration) -> Option<String> {
        let Self::Connected { stream, .. } = self else {
            return None;
        };
        stream.set_read_timeout(Some(patience)).ok()?;
        let mut words = [0; 256];
        let length = stream.read(&mut words).ok()?;
        Some(String::from_utf8_lossy(words.get(..length)?).into_owned())
    }
}

/// Tries once to connect from a host; below a second of patience the kernel sends a single SYN.
pub fn connect(from: &Host, to: SocketAddr, patience: Duration) -> Result<Reached, LabError> {
    from.run(|| {
        let start = now();
        match TcpStream::connect_timeout(&to, patience) {
            Ok(stream) => Ok(Reached::Connected {
                rtt: now().saturating_duration_since(start),
                stream,
            }),
            Err(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                    Ok(Reached::Refused)
                }
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Ok(Reached::TimedOut),
                io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                    Ok(Reached::Unreachable)
                }
                _ => Err(LabError::kernel(from.name(), "connect", error)),
            },
        }
    })?
}
