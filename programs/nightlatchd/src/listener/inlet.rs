//! One source of whatever kind: opened, heard, and asked what it lost.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

#[cfg(feature = "libpcap")]
use nightlatch_capture::Libpcap;
use nightlatch_capture::{
    Deafness, FilterError, Interfaces, KernelLog, KnockShape, LogFollower, LogStream, Nflog,
    PacketSocket, Source, TagCheck, Touches, UdpKnocks, Watch,
};
use nightlatch_config::SourceChoice;
use nightlatch_ticket::{MESSAGE_LENGTH, SEALED_LENGTH};

use super::ListenerError;
use super::places::Place;

/// Where packets are expected.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyholes<'a> {
    /// The UDP port that knocks go to, if anybody has a key.
    pub(crate) knock_port: Option<u16>,
    /// The interfaces of packet sockets; none means all.
    pub(crate) interfaces: &'a [String],
}

/// One source.
pub(super) enum Inlet {
    Packets(Box<PacketSocket>),
    Udp(UdpKnocks),
    Nflog(Nflog),
    KernelLog(KernelLog),
    Log(Box<LogFollower>),
    Journal(LogStream),
    #[cfg(feature = "libpcap")]
    Libpcap(Box<Libpcap>),
}

/// Whether the filter of packet sockets may still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Open,
    Final,
}

impl Inlet {
    /// Opens a source.
    pub(super) fn open(choice: &SourceChoice, at: &Keyholes<'_>) -> Result<Self, ListenerError> {
        Ok(match choice {
            SourceChoice::Packets => Self::Packets(Box::new(PacketSocket::open(&at.watch())?)),
            SourceChoice::Udp => {
                let port = at.knock_port.ok_or(ListenerError::Disorder)?;
                Self::Udp(UdpKnocks::open(&knock_at(port))?)
            }
            SourceChoice::Nflog(group) => Self::Nflog(Nflog::open(*group)?),
            SourceChoice::KernelLog => Self::KernelLog(KernelLog::open()?),
            SourceChoice::Log(path) => Self::Log(Box::new(LogFollower::open(path)?)),
            SourceChoice::Journal => Self::Journal(LogStream::new(read_out()?)?),
            #[cfg(feature = "libpcap")]
            SourceChoice::Pcap(interface) => {
                let knock = at.knock_port.map(knock_at);
                Self::Libpcap(Box::new(Libpcap::open(interface, knock.as_ref())?))
            }
            #[cfg(not(feature = "libpcap"))]
            SourceChoice::Pcap(_) => return Err(ListenerError::NoLibpcap),
        })
    }

    pub(super) fn source(&self) -> &dyn Source {
        match self {
            Self::Packets(source) => source.as_ref(),
            Self::Udp(source) => source,
            Self::Nflog(source) => source,
            Self::KernelLog(source) => source,
            Self::Log(source) => source.as_ref(),
            Self::Journal(source) => source,
            #[cfg(feature = "libpcap")]
            Self::Libpcap(source) => source.as_ref(),
        }
    }

    pub(super) fn source_mut(&mut self) -> &mut dyn Source {
        match self {
            Self::Packets(source) => source.as_mut(),
            Self::Udp(source) => source,
            Self::Nflog(source) => source,
            Self::KernelLog(source) => source,
            Self::Log(source) => source.as_mut(),
            Self::Journal(source) => source,
            #[cfg(feature = "libpcap")]
            Self::Libpcap(source) => source.as_mut(),
        }
    }

    /// Tells the kernel which tags are valid now, and which touches count; `None` where it does not ask.
    pub(super) fn watch_for(
        &mut self,
        tags: &[[u8; 8]],
        touches: &Touches,
    ) -> Result<Option<TagCheck>, FilterError> {
        match self {
            Self::Packets(packets) => packets.watch_for(Some(tags), touches).map(Some),
            Self::Udp(socket) => socket.watch_for(Some(tags)).map(Some),
            #[cfg(feature = "libpcap")]
            Self::Libpcap(source) => source.watch_for(Some(tags), touches).map(Some),
            _ => Ok(None),
        }
    }

    /// Makes a filter final that shows what else the host receives, were it taken off.
    pub(super) fn lock_filter(&mut self) -> Result<Filter, FilterError> {
        match self {
            Self::Packets(packets) => packets.lock_filter().map(|()| Filter::Final),
            #[cfg(feature = "libpcap")]
            Self::Libpcap(source) => source.lock_filter().map(|is_there| {
                if is_there {
                    Filter::Final
                } else {
                    Filter::Open
                }
            }),
            _ => Ok(Filter::Open),
        }
    }

    /// Whether it would show all that the host receives, were its filter taken off.
    pub(super) const fn shows_all(&self) -> bool {
        match self {
            Self::Packets(_) => true,
            #[cfg(feature = "libpcap")]
            Self::Libpcap(_) => true,
            _ => false,
        }
    }

    /// Whether it asks the kernel about a link that went down.
    pub(super) const fn asks_after_links(&self) -> bool {
        match self {
            #[cfg(feature = "libpcap")]
            Self::Libpcap(_) => true,
            _ => false,
        }
    }

    /// Why nothing more is heard of it, while that is so.
    pub(super) const fn deafness(&self) -> Option<Deafness> {
        match self {
            Self::Log(source) => source.deafness(),
            _ => None,
        }
    }

    /// What was lost since it was opened, by the name of the loss.
    pub(super) fn losses(&mut self) -> Vec<(Place, u64)> {
        match self {
            Self::Packets(source) => source
                .drops()
                .map_or_else(|_| Vec::new(), |drops| vec![(Place::KernelLost, drops)]),
            Self::Udp(source) => vec![(Place::UdpLost, source.lost())],
            Self::Nflog(source) => vec![(Place::NflogLost, source.overflows())],
            Self::KernelLog(source) => vec![(Place::KmsgLost, source.overwritten())],
            Self::Log(source) => {
                let losses = source.losses();
                vec![
                    (Place::LogLineTooLong, losses.too_long),
                    (Place::LogVanished, losses.vanished),
                    (Place::LogNoFile, losses.not_a_file),
                    (Place::LogUnreadable, losses.unreadable),
                ]
            }
            Self::Journal(source) => vec![(Place::LogLineTooLong, source.too_long())],
            #[cfg(feature = "libpcap")]
            Self::Libpcap(source) => source
                .drops()
                .map_or_else(|_| Vec::new(), |drops| vec![(Place::LibpcapLost, drops)]),
        }
    }
}

impl Keyholes<'_> {
    fn watch(&self) -> Watch {
        let interfaces = match self.interfaces {
            [] => Interfaces::All,
            names => Interfaces::Named(names.to_vec()),
        };
        Watch {
            interfaces,
            knock: self.knock_port.map(knock_at),
            touches: Touches::default(),
        }
    }
}

/// Opens a source for a moment, to see whether it can be.
pub(crate) fn try_source(choice: &SourceChoice, at: &Keyholes<'_>) -> Result<(), ListenerError> {
    Inlet::open(choice, at).map(drop)
}

/// Whether this build can open what libpcap gives.
pub(crate) const HAS_LIBPCAP: bool = cfg!(feature = "libpcap");

/// What a knock looks like.
fn knock_at(port: u16) -> KnockShape {
    KnockShape {
        port,
        lengths: vec![KNOCK, MESSAGE],
    }
}

/// The pipe out of which the journal comes: in the place of the listener's standard output, which it
/// has no use for.
fn read_out() -> io::Result<OwnedFd> {
    io::stdout().as_fd().try_clone_to_owned()
}

/// What a knock's datagram carries, in the width of a UDP length.
const KNOCK: u16 = 100;
const _: () = assert!(KNOCK as usize == SEALED_LENGTH);
/// The same for a message.
const MESSAGE: u16 = 1124;
const _: () = assert!(MESSAGE as usize == MESSAGE_LENGTH);
