//! Packets from the kernel, as the host's own IP layer gets them.

use std::{
    io,
    num::NonZeroU32,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nightlatch_wire::{Family, Link};
use rustix::{event::epoll, io::Errno};
use socket2::{Domain, SockFilter, Socket, Type};
use thiserror::Error;

use crate::{
    Arrival, CaptureError, Interfaces, KnockShape, Source, TagCheck, Touches, Watch,
    batch::Batch,
    filter::{self, Instruction, TagStarts, Wanted},
    interfaces::Present,
    sys,
};

/// Two packet sockets, one for each IP version, with a filter in the kernel.
///
/// They get what the host's IP layer gets: once per packet however many bridges, bonds and VLANs it
/// came through, never what this host sends, and before the firewall's own chains of `ip` and
/// `inet`. A socket for all protocols would see each copy of a packet on its way up, and our own
/// acknowledgements. Packets of one IP version come in their order; between the two there is none.
#[derive(Debug)]
pub struct PacketSocket {
    four: Socket,
    six: Socket,
    /// Readable when either socket is, or when there is news about interfaces.
    readiness: OwnedFd,
    /// `None` when every interface counts.
    present: Option<Present>,
    knock: Option<KnockShape>,
    batch: Batch,
    drops: u64,
}

impl PacketSocket {
    /// Opens the sockets; this alone needs a privilege, `CAP_NET_RAW`.
    ///
    /// The receive buffer is made as large as the process may: beyond the system's limit with
    /// `CAP_NET_ADMIN`, up to it without.
    pub fn open(watch: &Watch) -> Result<Self, OpenError> {
        let present = match &watch.interfaces {
            Interfaces::All => None,
            Interfaces::Named(names) => {
                Some(Present::follow(names).map_err(OpenError::Interfaces)?)
            }
        };
        // Short, so that there is room for a long one beside it.
        let brief = Wanted {
            knock: watch.knock.as_ref(),
            tags: None,
            touches: &watch.touches,
            most_ranges: BRIEFLY,
        };
        let four = open_one(Family::V4, brief)?;
        let six = open_one(Family::V6, brief)?;
        let readiness = readiness_of(&four, &six, present.as_ref())
            .map_err(|errno| OpenError::Readiness(errno.into()))?;
        let mut opened = Self {
            four,
            six,
            readiness,
            present,
            knock: watch.knock.clone(),
            batch: Batch::new(),
            drops: 0,
        };
        let _: TagCheck = opened.watch_for(None, &watch.touches)?;
        Ok(opened)
    }

    /// Tells the kernel which tags are valid now, and what to let through beside knocks; no tags or
    /// too many switch its check of tags off.
    ///
    /// Needs no privilege. There is no moment without a filter. Packets that were let through by
    /// the filter before may still be waiting.
    pub fn watch_for(
        &mut self,
        tags: Option<&[[u8; 8]]>,
        touches: &Touches,
    ) -> Result<TagCheck, FilterError> {
        let starts = tags.and_then(TagStarts::new);
        let precise = Wanted {
            knock: self.knock.as_ref(),
            tags: starts.as_ref(),
            touches,
            most_ranges: MOST_RANGES,
        };
        attach_what_fits(precise, |wanted| self.attach(wanted))
    }

    /// Makes the filter final, for a listener that never sets tags again.
    ///
    /// Without it, whoever takes over the listener can take the filter off and listen to what the
    /// host receives. With it, nobody can set tags any more.
    pub fn lock_filter(&mut self) -> Result<(), FilterError> {
        for socket in [&self.four, &self.six] {
            sys::lock_filter(socket.as_fd()).map_err(FilterError::Lock)?;
        }
        Ok(())
    }

    /// How many packets the kernel dropped since `open`, because nobody fetched them in time.
    pub fn drops(&mut self) -> Result<u64, CaptureError> {
        for socket in [&self.four, &self.six] {
            let more = sys::take_drops(socket.as_fd()).map_err(CaptureError::Drops)?;
            self.drops = self.drops.saturating_add(u64::from(more));
        }
        Ok(self.drops)
    }

    fn attach(&self, wanted: Wanted<'_>) -> Result<(), FilterError> {
        for (socket, family) in [(&self.four, Family::V4), (&self.six, Family::V6)] {
            attach(socket, filter::program(family, wanted)).map_err(FilterError::Attach)?;
        }
        Ok(())
    }
}

impl Source for PacketSocket {
    fn fd(&self) -> BorrowedFd<'_> {
        self.readiness.as_fd()
    }

    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        // First the interfaces: a packet can be here before the news about where it came from.
        if let Some(present) = &mut self.present {
            present.catch_up().map_err(CaptureError::Interfaces)?;
        }
        let present = self.present.as_ref();
        let mut handed_over: usize = 0;
        for socket in [&self.four, &self.six] {
            let counted = self
                .batch
                .fetch(socket)?
                .filter(|&(_, from)| present.is_none_or(|present| present.contains(from)));
            for (frame, interface) in counted {
                handed_over = handed_over.saturating_add(1);
                each(Arrival {
                    frame,
                    link: Link::Ip,
                    interface: NonZeroU32::new(interface),
                    recorded: None,
                });
            }
        }
        Ok(handed_over)
    }
}

/// Why the packet sockets could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The process lacks the capability.
    #[error(
        "packet sockets need the capability CAP_NET_RAW\n  start as root, or give it in the systemd \
         unit: AmbientCapabilities=CAP_NET_RAW"
    )]
    NoPermission,
    /// The kernel was built without packet sockets.
    #[error(
        "this kernel has no packet sockets\n  load the module af_packet, or use a kernel with \
         CONFIG_PACKET"
    )]
    NoPacketSockets,
    /// Something else stands in the way.
    #[error("no packet socket for us")]
    Socket(#[source] io::Error),
    /// The kernel refused the filter.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The kernel does not tell which interfaces there are.
    #[error("the kernel does not tell which interfaces there are")]
    Interfaces(#[source] io::Error),
    /// The descriptor to wait on could not be made.
    #[error("no epoll descriptor for the packet sockets")]
    Readiness(#[source] io::Error),
}

/// Why the filter of an open socket could not be changed.
#[derive(Debug, Error)]
pub enum FilterError {
    /// The kernel refused the program, or the filter is locked.
    #[error("the kernel refuses the packet filter")]
    Attach(#[source] io::Error),
    /// The filter could not be made final.
    #[error("the packet filter cannot be locked")]
    Lock(#[source] io::Error),
}

/// In an order that leaves no moment in which an unfiltered packet could come in: a socket without
/// a protocol receives nothing, and gets one only when its filter is in place.
fn open_one(family: Family, wanted: Wanted<'_>) -> Result<Socket, OpenError> {
    let socket = Socket::new_raw(Domain::PACKET, Type::DGRAM.nonblocking().cloexec(), None)
        .map_err(|error| match error.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => OpenError::NoPermission,
            Some(libc::EAFNOSUPPORT) => OpenError::NoPacketSockets,
            _ => OpenError::Socket(error),
        })?;
    enlarge_buffer(&socket);
    attach(&socket, filter::program(family, wanted)).map_err(FilterError::Attach)?;
    let protocol = match family {
        Family::V4 => ETHER_TYPE_FOUR,
        Family::V6 => ETHER_TYPE_SIX,
    };
    sys::bind_to_protocol(socket.as_fd(), protocol).map_err(OpenError::Socket)?;
    Ok(socket)
}

/// A smaller buffer loses knocks only in a flood, and the drop counter tells: no reason to stop.
fn enlarge_buffer(socket: &Socket) {
    if rustix::net::sockopt::set_socket_recv_buffer_size_force(socket, RECEIVE_BUFFER).is_err() {
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    }
}

/// Attaches as much of a program as the kernel has room for, and says who checks tags then.
pub(crate) fn attach_what_fits(
    precise: Wanted<'_>,
    attach: impl Fn(Wanted<'_>) -> Result<(), FilterError>,
) -> Result<TagCheck, FilterError> {
    if attach(precise).is_ok() {
        return Ok(precise.who_checks());
    }
    // Old and new program must fit into `net.core.optmem_max` together. The short one fits in
    // any case, and beside it more of a long one.
    let brief = Wanted {
        tags: None,
        most_ranges: BRIEFLY,
        ..precise
    };
    attach(brief)?;
    for less in precise.with_less_and_less() {
        if attach(less).is_ok() {
            return Ok(less.who_checks());
        }
        // One socket may have taken it.
        attach(brief)?;
    }
    Ok(brief.who_checks())
}

pub(crate) fn attach(socket: &Socket, program: Vec<Instruction>) -> io::Result<()> {
    let program: Vec<SockFilter> = program.into_iter().map(SockFilter::from).collect();
    socket.attach_filter(&program)
}

fn readiness_of(four: &Socket, six: &Socket, present: Option<&Present>) -> Result<OwnedFd, Errno> {
    let readiness = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let descriptors = [
        Some(four.as_fd()),
        Some(six.as_fd()),
        present.map(AsFd::as_fd),
    ];
    for descriptor in descriptors.into_iter().flatten() {
        let nothing_to_tell = epoll::EventData::new_u64(0);
        epoll::add(
            &readiness,
            descriptor,
            nothing_to_tell,
            epoll::EventFlags::IN,
        )?;
    }
    Ok(readiness)
}

/// How many ranges of ports the kernel is asked to tell apart, in each list of touches.
pub(crate) const MOST_RANGES: usize = 128;
/// What fits beside every other program.
pub(crate) const BRIEFLY: usize = 1;

/// Ten thousand knocks, or a tenth of a second of a flood; memory of the kernel, used only then.
const RECEIVE_BUFFER: usize = 8 << 20;

const ETHER_TYPE_FOUR: u16 = 0x0800;
const ETHER_TYPE_SIX: u16 = 0x86dd;
