//! The kernel's own log, for hosts whose syslog daemon writes no file.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
};

use nightlatch_wire::Link;
use thiserror::Error;

use crate::{Arrival, CaptureError, Source};

/// Records of `/dev/kmsg` from now on; each is one frame.
///
/// The kernel logs packets of other network namespaces only where `nf_log_all_netns` is set.
#[derive(Debug)]
pub struct KernelLog {
    device: File,
    room: Box<[u8; ROOM]>,
    overwritten: u64,
}

impl KernelLog {
    /// Begins behind the last record; needs `CAP_SYSLOG` where `dmesg_restrict` is set.
    pub fn open() -> Result<Self, KernelLogError> {
        let mut device = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open("/dev/kmsg")
            .map_err(sort)?;
        device.seek(SeekFrom::End(0)).map_err(sort)?;
        Ok(Self {
            device,
            room: Box::new([0; ROOM]),
            overwritten: 0,
        })
    }

    /// How often records were overwritten before they were read.
    pub fn overwritten(&self) -> u64 {
        self.overwritten
    }
}

impl Source for KernelLog {
    fn fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }

    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        let mut handed_over: usize = 0;
        for _ in 0..RECORDS {
            match self.device.read(&mut self.room[..]) {
                Ok(0) => break,
                Ok(length) => {
                    handed_over = handed_over.saturating_add(1);
                    each(Arrival {
                        frame: self.room.get(..length).unwrap_or_default(),
                        link: Link::KernelLog,
                        interface: None,
                        recorded: None,
                    });
                }
                Err(error) => match error.raw_os_error() {
                    Some(libc::EAGAIN | libc::EINTR) => break,
                    Some(libc::EPIPE) => self.overwritten = self.overwritten.saturating_add(1),
                    _ => return Err(CaptureError::KernelLog(error)),
                },
            }
        }
        Ok(handed_over)
    }
}

/// Why the kernel's log cannot be read.
#[derive(Debug, Error)]
pub enum KernelLogError {
    /// The process may not.
    #[error(
        "/dev/kmsg is closed to us\n  it needs the capability CAP_SYSLOG, and in a container the device"
    )]
    NoPermission,
    /// Something else stands in the way.
    #[error("/dev/kmsg cannot be read")]
    Device(#[source] io::Error),
}

fn sort(error: io::Error) -> KernelLogError {
    match error.kind() {
        io::ErrorKind::PermissionDenied => KernelLogError::NoPermission,
        _ => KernelLogError::Device(error),
    }
}

/// The kernel cuts a record at this length; for a smaller room it gives none.
const ROOM: usize = 8192;
/// How many records one call hands over.
const RECORDS: usize = 256;
