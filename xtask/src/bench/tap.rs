//! The observer at the client's end of the cable: what it wants to see, with the kernel's own time.

use std::io::{self, IoSliceMut};
use std::os::fd::AsRawFd;
use std::time::Duration;

use anyhow::{Context, Result};
use nightlatch_lab::{Host, Packet};
use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns};
use nix::sys::socket::{ControlMessageOwned, LinkAddr, MsgFlags, RecvMsg, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

/// Frames that come from this port of this protocol, whichever way they go.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    Tcp(u16),
    Udp(u16),
}

/// Which way frames go that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    /// Both.
    Both,
    /// Only those that come in: what the host sends is not slowed down by a look at it.
    Arrivals,
}

/// One frame that was wanted.
#[derive(Debug)]
pub(super) struct Seen {
    /// When the kernel had it, since 1970.
    pub(super) at: Duration,
    pub(super) packet: Packet,
}

/// A packet socket that hands over wanted frames and nothing else.
#[derive(Debug)]
pub(super) struct Tap {
    socket: Socket,
}

impl Tap {
    pub(super) fn open(host: &Host, ways: Ways, wanted: &[From]) -> Result<Self> {
        let socket = host.run(|| open(ways, wanted))?;
        Ok(Self {
            socket: socket.context("no packet socket for the observer")?,
        })
    }

    /// The next wanted frame, if one is there.
    pub(super) fn next(&self) -> Result<Option<Seen>> {
        let mut buffer = [0; LARGEST];
        while let Some((at, length)) = self.next_frame(&mut buffer)? {
            let packet = buffer.get(ETHERNET..length).and_then(Packet::read);
            if let Some(packet) = packet {
                return Ok(Some(Seen { at, packet }));
            }
        }
        Ok(None)
    }

    fn next_frame(&self, buffer: &mut [u8; LARGEST]) -> Result<Option<(Duration, usize)>> {
        match receive(&self.socket, buffer) {
            Ok(received) => Ok(Some(received)),
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ENETDOWN) => Ok(None),
            Err(errno) => Err(errno).context("the observer cannot read frames"),
        }
    }

    /// Throws away what came so far.
    pub(super) fn clear(&self) -> Result<()> {
        while self.next()?.is_some() {}
        Ok(())
    }
}

fn open(ways: Ways, wanted: &[From]) -> io::Result<Socket> {
    let kind = match ways {
        Ways::Both => libc::ETH_P_ALL,
        Ways::Arrivals => libc::ETH_P_IP,
    };
    let every = Protocol::from(kind.to_be() >> 16);
    let socket = Socket::new(Domain::PACKET, Type::RAW, Some(every))?;
    socket.set_nonblocking(true)?;
    socket.attach_filter(&filter(wanted))?;
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    let _ = setsockopt(&socket, RcvBufForce, &MEMORY);
    Ok(socket)
}

/// Classic BPF over Ethernet and an IPv4 header without options, which is all that we send here.
fn filter(wanted: &[From]) -> Vec<SockFilter> {
    let mut program = vec![load_half(12), unless_equal(0x0800, 1), go_on(1), drop_it()];
    for from in wanted {
        let (protocol, port) = match *from {
            From::Tcp(port) => (6, port),
            From::Udp(port) => (17, port),
        };
        program.extend([
            load_byte(23),
            unless_equal(protocol, 3),
            load_half(34),
            unless_equal(u32::from(port), 1),
            keep_it(),
        ]);
    }
    program.push(drop_it());
    program
}

fn load_byte(at: u32) -> SockFilter {
    SockFilter::new(0x30, 0, 0, at)
}

fn load_half(at: u32) -> SockFilter {
    SockFilter::new(0x28, 0, 0, at)
}

fn unless_equal(value: u32, skip: u8) -> SockFilter {
    SockFilter::new(0x15, 0, skip, value)
}

fn go_on(skip: u32) -> SockFilter {
    SockFilter::new(0x05, 0, 0, skip)
}

fn keep_it() -> SockFilter {
    SockFilter::new(0x06, 0, 0, u32::MAX)
}

fn drop_it() -> SockFilter {
    SockFilter::new(0x06, 0, 0, 0)
}

fn receive(socket: &Socket, buffer: &mut [u8]) -> Result<(Duration, usize), Errno> {
    let mut slices = [IoSliceMut::new(buffer)];
    let mut room = cmsg_space!(TimeSpec);
    let message: RecvMsg<'_, '_, LinkAddr> = recvmsg(
        socket.as_raw_fd(),
        &mut slices,
        Some(&mut room),
        MsgFlags::MSG_DONTWAIT,
    )?;
    let at = message.cmsgs()?.find_map(|note| match note {
        ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
        _ => None,
    });
    Ok((at.ok_or(Errno::EPROTO)?, message.bytes))
}

const ETHERNET: usize = 14;
const LARGEST: usize = 2048;
const MEMORY: usize = 32 << 20;
