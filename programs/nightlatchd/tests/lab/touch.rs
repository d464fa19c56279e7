//! Touches of closed ports: from real sockets, and from packets written by hand.

use std::io;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use nightlatch_lab::{Flags, Forger, Host, Packet};

use crate::stage::{Family, address, door};

/// A port and how to touch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    Tcp(u16),
    Udp(u16),
}

/// Touches ports as a program without privileges does: one SYN each, or one datagram each.
pub(crate) fn touch(host: &Host, touches: &[Touch], family: Family) {
    let done = host.run(|| {
        touches
            .iter()
            .try_for_each(|one| touch_one(*one, host, family))
    });
    done.unwrap().unwrap();
}

fn touch_one(one: Touch, host: &Host, family: Family) -> io::Result<()> {
    match one {
        Touch::Tcp(port) => {
            // The answer, if there is any, is of no interest; below a second one SYN leaves.
            let _ = TcpStream::connect_timeout(&door(port, family), SHORTLY);
            Ok(())
        }
        Touch::Udp(port) => UdpSocket::bind((address(host.name(), family), 0))?
            .send_to(&[0], door(port, family))
            .map(|_| ()),
    }
}

/// SYNs as a scanner writes them, from any source.
pub(crate) fn syns(forger: &Forger, from: SocketAddr, ports: impl Iterator<Item = u16>) {
    let family = if from.is_ipv4() {
        Family::V4
    } else {
        Family::V6
    };
    for port in ports {
        syn(forger, from, door(port, family), u32::from(port));
    }
}

/// One SYN with this sequence number; two that are alike are one that was sent again.
pub(crate) fn syn(forger: &Forger, from: SocketAddr, to: SocketAddr, sequence: u32) {
    let packet = Packet::tcp(from, to, Flags::SYN, sequence);
    // A full queue on the link is what a scanner meets too: it tries again.
    while forger.send(&packet).is_err() {
        std::hint::spin_loop();
    }
}

const SHORTLY: Duration = Duration::from_millis(1);
