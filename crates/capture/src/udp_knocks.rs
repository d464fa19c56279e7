//! Knocks from a plain UDP socket, for hosts where nobody may capture packets.

use std::{
    io,
    num::NonZeroU32,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nightlatch_wire::Link;
use rustix::event::epoll;
use socket2::Socket;

use crate::{
    Arrival, CaptureError, FilterError, KnockShape, ReplyOpenError, ReplySocket, Source, TagCheck,
    filter::{self, TagStarts},
    packet_socket::attach,
    reply::take_port,
    sys,
    udp_headers::{FRONT, Told, read_told, write_headers},
};

/// Two UDP sockets at the knock port, one for each IP version, with a filter in the kernel.
///
/// Needs no privilege at a port above 1023, so it works in a container. It hears knocks alone, no
/// touches; the host's firewall must let the port in, and a gate in front must not drop it.
#[derive(Debug)]
pub struct UdpKnocks {
    four: Option<Socket>,
    six: Option<Socket>,
    readiness: OwnedFd,
    shape: KnockShape,
    /// Headers, then the payload behind them.
    room: Box<[u8; ROOM]>,
    overflow: [Overflow; 2],
}

impl UdpKnocks {
    /// Takes the port for every address of this host.
    pub fn open(shape: &KnockShape) -> Result<Self, ReplyOpenError> {
        let [four, six] = take_port(shape.port, |socket| {
            attach(socket, filter::knocks_alone(shape, None))
        })?;
        let readiness = prepare(four.as_ref(), six.as_ref()).map_err(ReplyOpenError::Socket)?;
        Ok(Self {
            four,
            six,
            readiness,
            shape: shape.clone(),
            room: Box::new([0; ROOM]),
            overflow: [Overflow::default(); 2],
        })
    }

    /// The way back through the same sockets: another could not have their port. Call it while
    /// descriptors may still be made.
    pub fn replies(&self) -> Result<ReplySocket, ReplyOpenError> {
        let again = |socket: &Option<Socket>| socket.as_ref().map(Socket::try_clone).transpose();
        Ok(ReplySocket::through(
            again(&self.four).map_err(ReplyOpenError::Socket)?,
            again(&self.six).map_err(ReplyOpenError::Socket)?,
        ))
    }

    /// Tells the kernel which tags are valid now; no tags or too many switch its check off.
    ///
    /// Needs no privilege. There is no moment without a filter.
    pub fn watch_for(&mut self, tags: Option<&[[u8; 8]]>) -> Result<TagCheck, FilterError> {
        let starts = tags.and_then(TagStarts::new);
        if starts.is_some() && self.attach(starts.as_ref()).is_ok() {
            return Ok(TagCheck::Kernel);
        }
        // Beside the short one there is more room for the long one.
        self.attach(None)?;
        if starts.is_some() && self.attach(starts.as_ref()).is_ok() {
            return Ok(TagCheck::Kernel);
        }
        self.attach(None)?;
        Ok(TagCheck::Listener)
    }

    /// How many datagrams there was no room for since `open`, at most.
    ///
    /// The kernel counts with them what the filter stopped. So what it dropped counts only where it found no
    /// room: ask once in a while, so that little noise of before is among it.
    pub fn lost(&mut self) -> u64 {
        let sockets = [&self.four, &self.six];
        for (socket, overflow) in sockets.into_iter().zip(&mut self.overflow) {
            overflow.look(socket.as_ref());
        }
        let [four, six] = self.overflow;
        four.lost.saturating_add(six.lost)
    }

    fn attach(&self, tags: Option<&TagStarts>) -> Result<(), FilterError> {
        for socket in self.four.iter().chain(&self.six) {
            attach(socket, filter::knocks_alone(&self.shape, tags)).map_err(FilterError::Attach)?;
        }
        Ok(())
    }
}

impl Source for UdpKnocks {
    fn fd(&self) -> BorrowedFd<'_> {
        self.readiness.as_fd()
    }

    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        // Before anything is fetched: afterwards there is room again.
        let _ = self.lost();
        let mut handed_over: usize = 0;
        for socket in self.four.iter().chain(&self.six) {
            let more = hand_over(socket, self.shape.port, &mut self.room, each)?;
            handed_over = handed_over.saturating_add(more);
        }
        Ok(handed_over)
    }
}

/// What one socket had no room for.
#[derive(Clone, Copy, Debug, Default)]
struct Overflow {
    dropped: u32,
    lost: u64,
}

impl Overflow {
    fn look(&mut self, socket: Option<&Socket>) {
        let Some(memory) = socket.and_then(|socket| sys::memory(socket.as_fd()).ok()) else {
            return;
        };
        let more = memory.drops.wrapping_sub(self.dropped);
        self.dropped = memory.drops;
        if memory.used.saturating_add(ONE_MORE) > memory.limit {
            self.lost = self.lost.saturating_add(more.into());
        }
    }
}

/// Hands over up to a batch of what waits at one socket.
fn hand_over(
    socket: &Socket,
    port: u16,
    room: &mut [u8; ROOM],
    each: &mut dyn FnMut(Arrival<'_>),
) -> Result<usize, CaptureError> {
    let mut handed_over: usize = 0;
    for _ in 0..sys::BATCH {
        let Some(letter) = receive(socket, room)? else {
            break;
        };
        if let Some(arrival) = arrival(&letter, port, room) {
            handed_over = handed_over.saturating_add(1);
            each(arrival);
        }
    }
    Ok(handed_over)
}

/// One datagram that was fetched; `None` for what is told about one that was not for this host.
struct Letter {
    told: Option<Told>,
    payload: usize,
}

fn receive(socket: &Socket, room: &mut [u8; ROOM]) -> Result<Option<Letter>, CaptureError> {
    let (mut sender, mut control) = ([0; sys::SENDER], [0; sys::CONTROL]);
    let payload = room.get_mut(FRONT..).unwrap_or_default();
    match sys::receive_with_control(socket.as_fd(), payload, &mut sender, &mut control) {
        Ok(written) => Ok(Some(Letter {
            told: read_told(
                sender.get(..written.sender).unwrap_or_default(),
                control.get(..written.control).unwrap_or_default(),
            ),
            payload: written.payload,
        })),
        Err(error) => match error.raw_os_error() {
            // An answer of ours that met nobody comes back as an error of the socket.
            Some(libc::EAGAIN | libc::EINTR | libc::ECONNREFUSED | libc::EHOSTUNREACH) => Ok(None),
            _ => Err(CaptureError::Receive(error)),
        },
    }
}

fn arrival<'a>(letter: &Letter, port: u16, room: &'a mut [u8; ROOM]) -> Option<Arrival<'a>> {
    let told = letter.told?;
    let front: &mut [u8; FRONT] = room.first_chunk_mut()?;
    let start = write_headers(&told, port, letter.payload, front)?;
    Some(Arrival {
        frame: room.get(start..FRONT.checked_add(letter.payload)?)?,
        link: Link::Ip,
        interface: NonZeroU32::new(told.interface),
        recorded: None,
    })
}

/// What the kernel has to tell about each datagram, and one descriptor for both sockets.
fn prepare(four: Option<&Socket>, six: Option<&Socket>) -> io::Result<OwnedFd> {
    let four = four.map(|socket| {
        (
            socket,
            libc::IPPROTO_IP,
            [libc::IP_PKTINFO, libc::IP_RECVTTL],
        )
    });
    let options_six = [libc::IPV6_RECVPKTINFO, libc::IPV6_RECVHOPLIMIT];
    let six = six.map(|socket| (socket, libc::IPPROTO_IPV6, options_six));
    let readiness = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    for (socket, level, options) in four.into_iter().chain(six) {
        for option in options {
            sys::switch_on(socket.as_fd(), level, option)?;
        }
        let nothing_to_tell = epoll::EventData::new_u64(0);
        epoll::add(&readiness, socket, nothing_to_tell, epoll::EventFlags::IN)?;
    }
    Ok(readiness)
}

/// What the kernel reckons for the longest of knocks, and some more.
const ONE_MORE: u32 = 4096;

/// A longer datagram is cut, and then has the length of no knock.
const ROOM: usize = FRONT + 2048;
