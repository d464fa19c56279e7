//! A raw observer: every frame on a host's interfaces, with the kernel's own time.

use std::io::{self, IoSliceMut};
use std::mem;
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::sys::socket::sockopt::{RcvBufForce, ReceiveTimestampns, RxqOvfl};
use nix::sys::socket::{ControlMessageOwned, LinkAddr, MsgFlags, RecvMsg, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{Domain, Protocol, Socket, Type};

use crate::clock::{now, pause};
use crate::error::LabError;
use crate::host::Host;
use crate::packet::Packet;

/// Records from the moment it is opened, in the background; dropped, it stops.
#[derive(Debug)]
pub struct Recorder {
    tape: Arc<Tape>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// What the background thread and the one who looks share.
#[derive(Debug)]
struct Tape {
    host: String,
    socket: Socket,
    stop: AtomicBool,
    reel: Mutex<Reel>,
}

#[derive(Debug, Default)]
struct Reel {
    frames: Vec<Recorded>,
    missed: u32,
    broken: Option<Errno>,
}

/// One frame as it passed an interface.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// When the kernel saw it, since 1970.
    pub at: Duration,
    /// The number of the interface.
    pub interface: usize,
    /// Which way it went.
    pub direction: Direction,
    /// The frame from its Ethernet header on.
    pub frame: Vec<u8>,
}

/// Which way a frame went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// It arrived.
    In,
    /// It left.
    Out,
}

impl Recorder {
    /// Begins to record everything that any interface of a host sends or receives.
    pub fn open(host: &Host) -> Result<Self, LabError> {
        let socket = host
            .run(open)?
            .map_err(|cause| LabError::kernel(host.name(), "record frames", cause))?;
        let tape = Arc::new(Tape {
            host: host.name().to_owned(),
            socket,
            stop: AtomicBool::new(false),
            reel: Mutex::default(),
        });
        let running = Arc::clone(&tape);
        let thread = host.begin(move || running.wind())?;
        Ok(Self {
            tape,
            thread: Some(thread),
        })
    }

    /// What was recorded since the last time, in the order in which it passed, up to this moment.
    pub fn take(&mut self) -> Result<Vec<Recorded>, LabError> {
        let mut reel = self
            .tape
            .reel
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        reel.drain(&self.tape.socket);
        match reel.broken.take() {
            Some(cause) => Err(LabError::kernel(&self.tape.host, "read frames", cause)),
            None => Ok(mem::take(&mut reel.frames)),
        }
    }

    /// Waits for the first frame that is wanted; what came before it is dropped.
    pub fn await_frame(
        &mut self,
        patience: Duration,
        wanted: impl Fn(&Recorded) -> bool,
    ) -> Result<Option<Recorded>, LabError> {
        let start = now();
        loop {
            if let Some(found) = self.take()?.into_iter().find(&wanted) {
                return Ok(Some(found));
            }
            if now().saturating_duration_since(start) >= patience {
                return Ok(None);
            }
            pause(BETWEEN_LOOKS);
        }
    }

    /// How many frames came too fast to be recorded.
    pub fn missed(&self) -> u32 {
        self.tape
            .reel
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .missed
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.tape.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Tape {
    /// Empties the socket again and again, since the kernel gives it little room.
    fn wind(&self) {
        let wait = Timespec::try_from(BETWEEN_STOPS).ok();
        while !self.stop.load(Ordering::Acquire) {
            let mut sockets = [PollFd::new(&self.socket, PollFlags::IN)];
            if poll(&mut sockets, wait.as_ref()).is_ok_and(|ready| ready > 0) {
                self.reel
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .drain(&self.socket);
            }
        }
    }
}

impl Reel {
    /// Takes what the socket holds; whoever has the reel does it, so the order stays.
    fn drain(&mut self, socket: &Socket) {
        let mut buffer = vec![0; LARGEST];
        loop {
            match receive(socket, &mut buffer) {
                Ok((recorded, missed)) => {
                    self.missed = missed.unwrap_or(self.missed);
                    self.frames.push(recorded);
                }
                Err(Errno::EAGAIN) => return,
                Err(Errno::EINTR | Errno::ENETDOWN) => {}
                Err(cause) => {
                    self.broken = Some(cause);
                    return;
                }
            }
        }
    }
}

impl Recorded {
    /// The IP packet inside, when it is UDP, TCP or ICMP.
    pub fn packet(&self) -> Option<Packet> {
        match self.frame.get(12..14)? {
            [0x08, 0x00] | [0x86, 0xdd] => Packet::read(self.frame.get(14..)?),
            _ => None,
        }
    }

    /// The IP packet inside, when it arrived and is no housekeeping between neighbours.
    pub fn arrival(&self) -> Option<Packet> {
        let packet = self.packet()?;
        (self.direction == Direction::In && !packet.is_housekeeping()).then_some(packet)
    }
}

fn open() -> io::Result<Socket> {
    let every = Protocol::from(libc::ETH_P_ALL.to_be() >> 16);
    let socket = Socket::new(Domain::PACKET, Type::RAW, Some(every))?;
    socket.set_nonblocking(true)?;
    setsockopt(&socket, ReceiveTimestampns, &true)?;
    setsockopt(&socket, RxqOvfl, &1)?;
    // Root gets all of it, an ordinary user what the system lets everybody have.
    if setsockopt(&socket, RcvBufForce, &MEMORY).is_err() {
        socket.set_recv_buffer_size(MEMORY)?;
    }
    Ok(socket)
}

fn receive(socket: &Socket, buffer: &mut [u8]) -> Result<(Recorded, Option<u32>), Errno> {
    let mut slices = [IoSliceMut::new(buffer)];
    let mut room = cmsg_space!(TimeSpec, u32);
    let flags = MsgFlags::MSG_DONTWAIT;
    let message: RecvMsg<'_, '_, LinkAddr> =
        recvmsg(socket.as_raw_fd(), &mut slices, Some(&mut room), flags)?;
    let (mut at, mut missed) = (Duration::ZERO, None);
    for note in message.cmsgs()? {
        match note {
            ControlMessageOwned::ScmTimestampns(time) => at = Duration::from(time),
            ControlMessageOwned::RxqOvfl(count) => missed = Some(count),
            _ => {}
        }
    }
    let from = message.address.ok_or(Errno::EPROTO)?;
    let direction = if from.pkttype() == libc::PACKET_OUTGOING {
        Direction::Out
    } else {
        Direction::In
    };
    let frame = message.iovs().next().unwrap_or_default().to_vec();
    Ok((
        Recorded {
            at,
            interface: from.ifindex(),
            direction,
            frame,
        },
        missed,
    ))
}

/// A link may hand over several segments joined to one.
const LARGEST: usize = 1 << 16;

/// Room for some ten thousand small frames between two looks.
const MEMORY: usize = 32 << 20;

const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// How long a recorder that is dropped may take to end.
const BETWEEN_STOPS: Duration = Duration::from_millis(20);
