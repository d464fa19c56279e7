//! One group of the kernel's packet log, as a source.

use std::{
    io,
    num::NonZeroU32,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nightlatch_wire::Link;
use rustix::{
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, netlink,
        netlink::SocketAddrNetlink, recvfrom, send, socket_with, sockopt,
    },
};
use thiserror::Error;

use super::packets::{outcome, read, subscription};
use crate::{Arrival, CaptureError, Source, netlink::is_kernel};

/// Packets of one NFLOG group: those that a line of the host's own ruleset sends there.
///
/// Only packets on their way in are handed over. What the ruleset sees as another host's address, or
/// sends here twice, is the administrator's choice.
#[derive(Debug)]
pub struct Nflog {
    socket: OwnedFd,
    letter: Box<[u8]>,
    overflows: u64,
}

impl Nflog {
    /// Takes the group; this alone needs a privilege, `CAP_NET_ADMIN`.
    pub fn open(group: u16) -> Result<Self, NflogError> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let protocol = Some(netlink::NETFILTER);
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)
            .map_err(|errno| sort(errno, group))?;
        // A smaller buffer loses packets only in a flood, and the overflows tell.
        if sockopt::set_socket_recv_buffer_size_force(&socket, RECEIVE_BUFFER).is_err() {
            let _ = sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER);
        }
        let mut opened = Self {
            socket,
            letter: vec![0; LETTER].into(),
            overflows: 0,
        };
        opened
            .subscribe(group)
            .map_err(|errno| sort(errno, group))?;
        Ok(opened)
    }

    /// How often the kernel had no room for packets, because nobody fetched them in time.
    pub fn overflows(&self) -> u64 {
        self.overflows
    }

    /// The kernel answers before `send` returns; packets may stand before its answer.
    fn subscribe(&mut self, group: u16) -> Result<(), Errno> {
        bind(&self.socket, &SocketAddrNetlink::new(0, 0))?;
        send(&self.socket, &subscription(group), SendFlags::DONTWAIT)?;
        loop {
            let Some(letter) = receive(&self.socket, &mut self.letter)? else {
                continue;
            };
            match outcome(letter) {
                Some(0) => return Ok(()),
                Some(code) => return Err(Errno::from_raw_os_error(code)),
                None => {}
            }
        }
    }
}

/// One letter; `None` if it is not from the kernel.
fn receive<'a>(socket: &OwnedFd, room: &'a mut [u8]) -> Result<Option<&'a [u8]>, Errno> {
    let (length, _, sender) = recvfrom(socket, &mut *room, RecvFlags::DONTWAIT)?;
    Ok(room.get(..length).filter(|_| is_kernel(sender.as_ref())))
}

impl Source for Nflog {
    fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        let mut handed_over: usize = 0;
        for _ in 0..LETTERS {
            match receive(&self.socket, &mut self.letter) {
                Ok(letter) => read(letter.unwrap_or_default(), |logged| {
                    handed_over = handed_over.saturating_add(1);
                    each(Arrival {
                        frame: logged.packet,
                        link: Link::Ip,
                        interface: NonZeroU32::new(logged.interface),
                        recorded: None,
                    });
                }),
                Err(Errno::NOBUFS) => self.overflows = self.overflows.saturating_add(1),
                Err(Errno::AGAIN | Errno::INTR) => break,
                Err(errno) => return Err(CaptureError::PacketLog(errno.into())),
            }
        }
        Ok(handed_over)
    }
}

/// Why there are no packets from a group.
#[derive(Debug, Error)]
pub enum NflogError {
    /// The process lacks the capability, or another has the group: the kernel says the same.
    #[error(
        "NFLOG group {0} is not for us\n  it needs the capability CAP_NET_ADMIN, and one program has a \
         group at a time: /proc/net/netfilter/nfnetlink_log shows which"
    )]
    NotForUs(u16),
    /// The kernel has no packet log.
    #[error(
        "this kernel has no NFLOG\n  load the module nfnetlink_log, or use a kernel with \
         CONFIG_NETFILTER_NETLINK_LOG"
    )]
    NoNflog,
    /// Something else stands in the way.
    #[error("NFLOG group {0} cannot be heard")]
    Socket(u16, #[source] io::Error),
}

fn sort(errno: Errno, group: u16) -> NflogError {
    match errno {
        Errno::PERM | Errno::BUSY | Errno::EXIST => NflogError::NotForUs(group),
        Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT | Errno::INVAL | Errno::OPNOTSUPP => {
            NflogError::NoNflog
        }
        _ => NflogError::Socket(group, errno.into()),
    }
}

/// As many as the packet sockets hand over at once; with a threshold of one, a letter is a packet.
const LETTERS: usize = 64;
/// A packet of 2048 bytes with all that the kernel says about it, and much more.
const LETTER: usize = 32 << 10;
const RECEIVE_BUFFER: usize = 8 << 20;
