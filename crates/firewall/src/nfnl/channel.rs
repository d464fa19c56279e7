//! The one socket to the kernel, and questions asked through it.

use std::io;
use std::os::fd::AsFd;

use netlink_sys::{Socket, SocketAddr};
use rustix::io::Errno;
use rustix::net::sockopt;

use super::batch::Batch;
use super::message::{Head, Writer};
use super::read::{Attributes, Frame, Frames, text};
use super::{ACK, DUMP, NetlinkError};

/// A netlink socket that stays open, with its buffers.
///
/// The kernel carries out what is sent before `send` returns, so every answer is already there when it is read:
/// nothing here ever waits.
pub(crate) struct Channel {
    socket: Socket,
    /// The address of this socket, by which the kernel knows the owner of a table.
    port: u32,
    sequence: u32,
    room: usize,
    pub(super) outbox: Writer,
    /// What each message of the running transaction would do, in order.
    pub(super) doing: Vec<&'static str>,
    pub(super) inbox: Vec<u8>,
}

/// What a message is: its kind, its flags, and the words for the error if it fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope {
    pub(crate) kind: u16,
    pub(crate) flags: u16,
    pub(crate) doing: &'static str,
}

impl Channel {
    /// Opens a socket of this netlink protocol.
    pub(crate) fn open(protocol: isize) -> Result<Self, NetlinkError> {
        let mut socket = Socket::new(protocol).map_err(cannot_open)?;
        let address = socket.bind_auto().map_err(NetlinkError::Socket)?;
        // Only the kernel may write to us.
        socket
            .connect(&SocketAddr::new(0, 0))
            .map_err(NetlinkError::Socket)?;
        socket
            .set_non_blocking(true)
            .map_err(NetlinkError::Socket)?;
        // Short answers with the kernel's own words; older kernels know neither, and that is fine.
        let _ = socket.set_cap_ack(true);
        let _ = socket.set_ext_ack(true);
        let room = widen(&socket).map_err(|errno| NetlinkError::Socket(errno.into()))?;
        Ok(Self {
            socket,
            port: address.port_number(),
            sequence: 0,
            room: room.saturating_sub(MARGIN).min(LARGEST_BATCH),
            outbox: Writer::default(),
            doing: Vec::new(),
            inbox: Vec::with_capacity(INBOX),
        })
    }

    /// The netlink port of this socket.
    pub(crate) fn port(&self) -> u32 {
        self.port
    }

    /// How many bytes one transaction may have.
    pub(crate) fn room(&self) -> usize {
        self.room
    }

    /// Begins a transaction: all of it happens, or nothing.
    pub(crate) fn batch(&mut self) -> Batch<'_> {
        Batch::begin(self)
    }

    /// Asks about everything that matches, and hands over each answer's body.
    ///
    /// An answer that changed while it was read is asked for once more: `each` may see things twice.
    pub(crate) fn dump(
        &mut self,
        envelope: Envelope,
        question: impl Fn(&mut Writer),
        mut each: impl FnMut(&[u8]),
    ) -> Result<(), NetlinkError> {
        let envelope = Envelope {
            flags: envelope.flags | DUMP,
            ..envelope
        };
        for _ in 0..DUMPS_TRIED {
            let sequence = self.ask(envelope, &question)?;
            if self.read_dump(sequence, envelope.doing, &mut each)? == Whole::Yes {
                break;
            }
        }
        Ok(())
    }

    /// Sends one message outside of a transaction and reads its acknowledgement.
    pub(crate) fn tell(
        &mut self,
        envelope: Envelope,
        body: impl Fn(&mut Writer),
    ) -> Result<(), NetlinkError> {
        let sequence = self.ask(
            Envelope {
                flags: envelope.flags | ACK,
                ..envelope
            },
            body,
        )?;
        loop {
            self.receive()?;
            let answer = Frames::of(&self.inbox)
                .find(|frame| frame.sequence == sequence && frame.kind == ERROR);
            if let Some(frame) = answer {
                return verdict_of(&frame, envelope.doing);
            }
        }
    }

    /// Asks about one thing, and reads its answer's body.
    pub(crate) fn look<T>(
        &mut self,
        envelope: Envelope,
        question: impl Fn(&mut Writer),
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, NetlinkError> {
        let sequence = self.ask(envelope, question)?;
        loop {
            self.receive()?;
            let mut frames = Frames::of(&self.inbox);
            match frames.find(|frame| frame.sequence == sequence) {
                Some(frame) if frame.kind == ERROR => {
                    verdict_of(&frame, envelope.doing)?;
                    return Err(NetlinkError::AnswerLost);
                }
                Some(frame) => return Ok(read(frame.body)),
                None => {}
            }
        }
    }

    fn ask(&mut self, envelope: Envelope, body: impl Fn(&mut Writer)) -> Result<u32, NetlinkError> {
        self.outbox.clear();
        let sequence = self.next_sequence();
        let head = Head {
            kind: envelope.kind,
            flags: envelope.flags,
            sequence,
        };
        self.outbox.message(head, body);
        self.send()?;
        Ok(sequence)
    }

    fn read_dump(
        &mut self,
        sequence: u32,
        doing: &'static str,
        each: &mut impl FnMut(&[u8]),
    ) -> Result<Whole, NetlinkError> {
        let mut whole = Whole::Yes;
        loop {
            self.receive()?;
            for frame in Frames::of(&self.inbox).filter(|frame| frame.sequence == sequence) {
                whole = whole.and(&frame);
                match frame.kind {
                    DONE => return Ok(whole),
                    ERROR => return verdict_of(&frame, doing).map(|()| whole),
                    _ => each(frame.body),
                }
            }
        }
    }

    pub(super) fn send(&self) -> Result<(), NetlinkError> {
        if self.outbox.is_too_long() {
            return Err(NetlinkError::TooLong);
        }
        self.socket
            .send(self.outbox.as_bytes(), 0)
            .map_err(NetlinkError::Socket)?;
        Ok(())
    }

    /// Reads one datagram. That none is there is an error: answers are there, or never come.
    pub(super) fn receive(&mut self) -> Result<(), NetlinkError> {
        self.inbox.clear();
        self.socket
            .recv(&mut self.inbox, 0)
            .map(drop)
            .map_err(|error| match Errno::from_io_error(&error) {
                Some(Errno::AGAIN | Errno::NOBUFS) => NetlinkError::AnswerLost,
                _ => NetlinkError::Socket(error),
            })
    }

    pub(super) fn next_sequence(&mut self) -> u32 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }
}

/// Whether an answer in pieces shows one moment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    Yes,
    No,
}

impl Whole {
    fn and(self, frame: &Frame<'_>) -> Self {
        if frame.flags & DUMP_INTERRUPTED == 0 {
            self
        } else {
            Self::No
        }
    }
}

/// Reads an acknowledgement: zero is yes, anything else the negated error number.
pub(super) fn verdict_of(frame: &Frame<'_>, doing: &'static str) -> Result<(), NetlinkError> {
    let Some((code, rest)) = frame.body.split_first_chunk() else {
        return Err(NetlinkError::AnswerLost);
    };
    let code = i32::from_ne_bytes(*code).saturating_neg();
    if code == 0 {
        return Ok(());
    }
    // Behind the code lies the head of our message; the kernel's own words come behind that.
    let said = Attributes::of(rest.get(MESSAGE_HEAD..).unwrap_or_default())
        .find(TEXT_OF_ERROR)
        .and_then(text)
        .map(ToOwned::to_owned);
    Err(NetlinkError::Refused {
        doing,
        cause: io::Error::from_raw_os_error(code),
        said,
    })
}

/// A whole gate with its grants goes in one piece. Inside a user namespace the limit stays what it is.
fn widen(socket: &Socket) -> rustix::io::Result<usize> {
    if sockopt::set_socket_send_buffer_size_force(socket.as_fd(), LARGEST_BATCH).is_err() {
        sockopt::set_socket_send_buffer_size(socket.as_fd(), LARGEST_BATCH)?;
    }
    sockopt::socket_send_buffer_size(socket.as_fd())
}

fn cannot_open(error: io::Error) -> NetlinkError {
    match Errno::from_io_error(&error) {
        Some(Errno::PROTONOSUPPORT | Errno::AFNOSUPPORT) => NetlinkError::NoNfTables,
        _ => NetlinkError::Socket(error),
    }
}

pub(super) const ERROR: u16 = 2;
const DONE: u16 = 3;
const DUMP_INTERRUPTED: u16 = 0x10;
const TEXT_OF_ERROR: u16 = 1;
const MESSAGE_HEAD: usize = 16;

/// Room for 100,000 grants in one transaction.
const LARGEST_BATCH: usize = 16 << 20;
/// What the kernel keeps of the send buffer for itself, and a little more.
const MARGIN: usize = 4096;
/// The kernel fills at most this much when it answers a dump.
const INBOX: usize = 64 << 10;
const DUMPS_TRIED: usize = 4;
