//! Frames from a recorded pcap file.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd},
    path::{Path, PathBuf},
    time::Duration,
};

use nightlatch_wire::Link;
use pcap_file::{
    DataLink, PcapError, TsResolution,
    pcap::{PcapReader, RawPcapPacket},
};
use thiserror::Error;

use crate::{Arrival, CaptureError, Source};

/// A pcap file, read from the first frame to the last.
#[derive(Debug)]
pub struct Recording {
    reader: PcapReader<File>,
    /// The same open file, to wait on; a regular file is always readable.
    file: File,
    link: Link,
    resolution: TsResolution,
    progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    More,
    Ended,
}

impl Recording {
    /// Opens a file as tcpdump writes it; its link must be one that `nightlatch-wire` reads.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let file =
            File::open(path).map_err(|cause| RecordingError::Open(path.to_owned(), cause))?;
        Self::of(file)
    }

    /// The same of a file that is open already, which may be a pipe.
    pub fn of(file: File) -> Result<Self, RecordingError> {
        let reader =
            PcapReader::new(file.try_clone().map_err(RecordingError::Read)?).map_err(|error| {
                match error {
                    PcapError::InvalidField(_) => RecordingError::NotPcap,
                    other => RecordingError::from(other).before_its_header(),
                }
            })?;
        let header = reader.header();
        Ok(Self {
            reader,
            file,
            link: link_of(header.datalink)?,
            resolution: header.ts_resolution,
            progress: Progress::More,
        })
    }

    /// Hands over the next frame and says whether there was one.
    ///
    /// A file that is cut, or lies about a length, gives one error and then has ended.
    pub fn next(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<bool, RecordingError> {
        if self.has_ended() {
            return Ok(false);
        }
        let read = match self.reader.next_raw_packet() {
            None => Ok(false),
            Some(Ok(packet)) => {
                each(Arrival {
                    frame: &packet.data,
                    link: self.link,
                    interface: None,
                    recorded: Some(recorded_at(&packet, self.resolution)),
                });
                Ok(true)
            }
            Some(Err(error)) => Err(RecordingError::from(error)),
        };
        if !matches!(read, Ok(true)) {
            self.progress = Progress::Ended;
        }
        read
    }

    /// Whether the last frame has been handed over.
    pub fn has_ended(&self) -> bool {
        self.progress == Progress::Ended
    }
}

impl Source for Recording {
    fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Hands over up to a batch; zero frames mean that the recording has ended.
    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        let mut handed_over: usize = 0;
        while handed_over < BATCH && self.next(each)? {
            handed_over = handed_over.saturating_add(1);
        }
        Ok(handed_over)
    }
}

/// Why a recording cannot be read, or not further.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The file cannot be opened.
    #[error(
        "the recording {} cannot be opened\n  see whether it is there and who may read it; `-` is \
         standard input",
        .0.display()
    )]
    Open(PathBuf, #[source] io::Error),
    /// Not even its header is whole.
    #[error(
        "the recording is empty, or ends within its header\n  whoever records it may hold it back: \
         tcpdump writes at once with -U"
    )]
    Empty,
    /// The file is something else.
    #[error(
        "this is no pcap file\n  a pcapng file, as Wireshark writes it, becomes one with: editcap -F \
         pcap FROM TO"
    )]
    NotPcap,
    /// Frames of this link are not read; the number is the file's link type.
    #[error("frames of link type {0} are not read\n  Ethernet, raw IP and Linux cooked links are")]
    UnknownLink(u32),
    /// The file ends in the middle of a frame, or states a length that no frame has.
    #[error("the recording ends in the middle of a frame")]
    CutOff,
    /// The file cannot be read further.
    #[error("the recording cannot be read")]
    Read(#[source] io::Error),
    /// The file contradicts itself.
    #[error("the recording contradicts itself: {0}")]
    Contradiction(&'static str),
}

impl RecordingError {
    fn before_its_header(self) -> Self {
        match self {
            Self::CutOff => Self::Empty,
            other => other,
        }
    }
}

impl From<PcapError> for RecordingError {
    fn from(error: PcapError) -> Self {
        match error {
            PcapError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                Self::CutOff
            }
            PcapError::IncompleteBuffer => Self::CutOff,
            PcapError::IoError(error) => Self::Read(error),
            PcapError::InvalidField(field) => Self::Contradiction(field),
            // What only pcapng files can be.
            PcapError::Utf8Error(_)
            | PcapError::FromUtf8Error(_)
            | PcapError::InvalidInterfaceId(_) => Self::NotPcap,
        }
    }
}

fn link_of(recorded: DataLink) -> Result<Link, RecordingError> {
    match recorded {
        DataLink::ETHERNET => Ok(Link::Ethernet),
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => Ok(Link::Ip),
        DataLink::LINUX_SLL => Ok(Link::Cooked),
        DataLink::LINUX_SLL2 => Ok(Link::Cooked2),
        other => Err(RecordingError::UnknownLink(other.into())),
    }
}

/// A fraction of more than a second is the file's lie, and only moves the frame in time.
fn recorded_at(packet: &RawPcapPacket<'_>, resolution: TsResolution) -> Duration {
    let fraction = match resolution {
        TsResolution::MicroSecond => Duration::from_micros(packet.ts_frac.into()),
        TsResolution::NanoSecond => Duration::from_nanos(packet.ts_frac.into()),
    };
    Duration::from_secs(packet.ts_sec.into()).saturating_add(fraction)
}

/// As many as the kernel hands over at once, so that a recording flows like a capture.
const BATCH: usize = 64;
