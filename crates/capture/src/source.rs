//! Where frames come from.

use std::{io, num::NonZeroU32, os::fd::BorrowedFd, time::Duration};

use nightlatch_wire::Link;
use thiserror::Error;

use crate::RecordingError;

/// Something that frames come out of.
///
/// A source that has no frames of its own makes them, so that only `nightlatch-wire` ever reads a
/// stranger's bytes: NFLOG hands over IP packets already ([`Link::Ip`]), a UDP socket puts the IP
/// and UDP headers that the kernel took away in front of the payload, and a firewall log hands over
/// its line as the frame of a [`Link`] of its own.
pub trait Source {
    /// Is readable when [`Source::arrivals`] has something to hand over.
    fn fd(&self) -> BorrowedFd<'_>;

    /// Hands over what has arrived, up to a batch, and says how many frames that were.
    ///
    /// It never blocks. More may be waiting afterwards; then the descriptor is still readable.
    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError>;

    /// Hands over the frames alone, for who does not care where and when they arrived.
    fn frames(&mut self, each: &mut dyn FnMut(&[u8], Link)) -> Result<usize, CaptureError> {
        self.arrivals(&mut |arrival| each(arrival.frame, arrival.link))
    }
}

/// One frame, and what the source knows about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival<'a> {
    /// The bytes; every one of them is the stranger's word.
    pub frame: &'a [u8],
    /// How the frame begins.
    pub link: Link,
    /// The index of the interface; an answer to a link-local address needs it as the scope.
    pub interface: Option<NonZeroU32>,
    /// When it was recorded, since 1970; a live source leaves the clock to its caller.
    pub recorded: Option<Duration>,
}

/// Why a source has nothing to hand over although it should.
#[derive(Debug, Error)]
pub enum CaptureError {
    /// The packet socket could not be read.
    #[error("the packet socket does not hand over what it received")]
    Receive(#[source] io::Error),
    /// The kernel's news about interfaces could not be read.
    #[error("the kernel's news about interfaces cannot be read")]
    Interfaces(#[source] io::Error),
    /// The kernel's count of dropped packets could not be read.
    #[error("the kernel does not say how many packets it dropped")]
    Drops(#[source] io::Error),
    /// The kernel's news about a log file could not be read.
    #[error("the kernel's news about the log file cannot be read")]
    LogNews(#[source] io::Error),
    /// The kernel's own log could not be read.
    #[error("the kernel's log cannot be read")]
    KernelLog(#[source] io::Error),
    /// The program that reads the log out has ended.
    #[error("the program that reads the log out has ended")]
    LogEnded,
    /// What a program reads out of a log could not be read.
    #[error("what is read out of the log cannot be read")]
    LogStream(#[source] io::Error),
    /// The kernel's log of packets could not be read.
    #[error("the NFLOG group cannot be read")]
    PacketLog(#[source] io::Error),
    /// libpcap could not be read.
    #[cfg(feature = "libpcap")]
    #[error("libpcap does not hand over what it received")]
    Libpcap(#[source] pcap::Error),
    /// The recording ends badly.
    #[error(transparent)]
    Recording(#[from] RecordingError),
}
