//! What others do to the ruleset.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};
use socket2::{SockFilter, SockRef};

use super::Nftables;
use super::elements::LIST_SET;
use super::present::Present;
use super::verbs::{NEW_SET, OF_TABLE, asking};
use crate::gate::{Disturbance, Hold, WatchError};
use crate::layout::TABLE;
use crate::nfnl::{Attributes, FAMILY_INET, Frames, NF_TABLES, NetlinkError, text};
use crate::sets::Sets;

/// A socket that hears every change of the ruleset but our own.
pub(super) struct Watch {
    socket: OwnedFd,
    inbox: Vec<u8>,
    /// What nobody has looked into yet.
    heard: Heard,
    /// Whether a set was made, since anybody asked, that addresses were put into before.
    sets_made: bool,
}

/// What was heard since the last time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Heard {
    Nothing,
    /// More happened than the socket could hold.
    TooMuch,
    /// Our table was named.
    OurTable,
}

impl Heard {
    fn of(buffer: &[u8]) -> Self {
        if Frames::of(buffer).any(|frame| names_our_table(frame.kind, frame.body)) {
            Self::OurTable
        } else {
            Self::Nothing
        }
    }
}

impl Watch {
    /// Opens it; `ours` is the netlink port whose changes are not reported.
    pub(super) fn open(ours: u32) -> Result<Self, NetlinkError> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let kind = SocketType::RAW;
        let socket =
            socket_with(AddressFamily::NETLINK, kind, flags, Some(NETFILTER)).map_err(failed)?;
        // Filtered by the kernel: our own changes are as many as grants, and would wake us each
        // time.
        SockRef::from(&socket)
            .attach_filter(&all_but(ours))
            .map_err(NetlinkError::Socket)?;
        bind(&socket, &SocketAddrNetlink::new(0, RULESET_GROUP)).map_err(bound)?;
        Ok(Self {
            socket,
            inbox: vec![0; INBOX],
            heard: Heard::Nothing,
            sets_made: false,
        })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The gate stands as we want it: what was heard until now is settled.
    pub(super) fn settle(&mut self) {
        self.heard = Heard::Nothing;
    }

    /// Reads until nothing is left. What was heard stays, also after an error, until it is settled.
    fn listen(&mut self, sets: &Sets) -> Result<(), NetlinkError> {
        loop {
            match recv(&self.socket, self.inbox.as_mut_slice(), RecvFlags::DONTWAIT) {
                Ok((length, _)) => {
                    let heard = self.inbox.get(..length).unwrap_or_default();
                    self.sets_made |= makes_one_of(sets, heard);
                    self.heard = self.heard.max(Heard::of(heard));
                }
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(Errno::NOBUFS) => {
                    self.heard = self.heard.max(Heard::TooMuch);
                    self.sets_made |= !sets.is_empty();
                }
                Err(errno) => return Err(failed(errno)),
            }
        }
    }
}

/// Says what became of the gate.
pub(super) fn disturbed(gate: &mut Nftables) -> Result<Disturbance, WatchError> {
    gate.watch.listen(&gate.sets)?;
    let disturbance = gate_disturbed(gate)?;
    // Where the gate has to be raised again, sets come after it: this is asked once more.
    if disturbance == Disturbance::Nothing && core::mem::take(&mut gate.watch.sets_made) {
        return Ok(Disturbance::SetsMade);
    }
    Ok(disturbance)
}

fn gate_disturbed(gate: &mut Nftables) -> Result<Disturbance, WatchError> {
    if gate.watch.heard == Heard::Nothing {
        return Ok(Disturbance::Nothing);
    }
    // If we cannot look now, we look the next time. As long as it is gone we say so each time.
    let Some((owner, _)) = Present::table(&mut gate.channel)? else {
        return Ok(Disturbance::Gone);
    };
    gate.watch.settle();
    Ok(match (gate.hold, owner) {
        // Nobody else can have changed what is still ours.
        (Hold::Ours, Some(owner)) if owner == gate.channel.port() => Disturbance::Nothing,
        _ => Disturbance::Changed,
    })
}

/// Whether one of the messages says that a set came into being which we use.
fn makes_one_of(sets: &Sets, buffer: &[u8]) -> bool {
    Frames::of(buffer).any(|frame| {
        let attributes = Attributes::of_netfilter(frame.body);
        let name = |kind| attributes.find(kind).and_then(text).unwrap_or_default();
        let family = frame.body.first().copied().unwrap_or_default();
        frame.kind == asking(NEW_SET).kind && sets.uses(family, name(OF_TABLE), name(LIST_SET))
    })
}

fn names_our_table(kind: u16, body: &[u8]) -> bool {
    kind >> 8 == NF_TABLES
        && body.first() == Some(&FAMILY_INET)
        && Attributes::of_netfilter(body).find(OF_TABLE).and_then(text) == Some(TABLE)
}

/// A filter in classic BPF: the fourth word of a netlink message names the port of who caused it.
fn all_but(ours: u32) -> [SockFilter; 4] {
    // The kernel loads the word in network order, the message has it in the machine's.
    let ours = u32::from_be_bytes(ours.to_ne_bytes());
    [
        SockFilter::new(LOAD_WORD, 0, 0, PORT_AT),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, ours),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ]
}

fn bound(errno: Errno) -> NetlinkError {
    if errno == Errno::PERM {
        NetlinkError::NoPermission
    } else {
        failed(errno)
    }
}

fn failed(errno: Errno) -> NetlinkError {
    NetlinkError::Socket(errno.into())
}

const LOAD_WORD: u16 = 0x20;
const JUMP_IF_EQUAL: u16 = 0x15;
const RETURN: u16 = 0x06;
const PORT_AT: u32 = 12;

/// The bit of group 7, where `nf_tables` tells of changes.
const RULESET_GROUP: u32 = 1 << 6;
const INBOX: usize = 64 << 10;
