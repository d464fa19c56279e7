//! Lines of a log that another program reads out to us.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use nightlatch_wire::Link;
use rustix::io::{Errno, ioctl_fionbio, read};

use super::lines::Lines;
use crate::{Arrival, CaptureError, Source};

/// What another program writes into a pipe, as a syslog daemon would write it; each line is one frame.
///
/// The program is trusted to tell who wrote a line, as the file of a syslog daemon is.
#[derive(Debug)]
pub struct LogStream {
    pipe: OwnedFd,
    lines: Lines,
    room: Box<[u8]>,
}

impl LogStream {
    /// Reads from this end of a pipe, from the first line on.
    pub fn new(pipe: OwnedFd) -> io::Result<Self> {
        ioctl_fionbio(&pipe, true)?;
        Ok(Self {
            pipe,
            lines: Lines::new(),
            room: vec![0; ROOM].into(),
        })
    }

    /// How many lines were too long, and left out.
    pub fn too_long(&self) -> u64 {
        self.lines.too_long()
    }
}

impl Source for LogStream {
    fn fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }

    fn arrivals(&mut self, each: &mut dyn FnMut(Arrival<'_>)) -> Result<usize, CaptureError> {
        let mut each_line = |line: &[u8]| {
            each(Arrival {
                frame: line,
                link: Link::FirewallLog,
                interface: None,
                recorded: None,
            });
        };
        let mut handed_over: usize = 0;
        for _ in 0..READS {
            match read(&self.pipe, &mut *self.room) {
                Ok(0) if handed_over == 0 => return Err(CaptureError::LogEnded),
                Ok(0) | Err(Errno::AGAIN | Errno::INTR) => break,
                Ok(length) => {
                    let bytes = self.room.get(..length).unwrap_or_default();
                    let lines = self.lines.take(bytes, &mut each_line);
                    handed_over = handed_over.saturating_add(lines);
                }
                Err(errno) => return Err(CaptureError::LogStream(errno.into())),
            }
        }
        Ok(handed_over)
    }
}

/// As much as a pipe holds.
const ROOM: usize = 64 << 10;
/// How often one call reads, as for a file.
const READS: usize = 4;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn pipe() -> (LogStream, io::PipeWriter) {
        let (reader, writer) = io::pipe().unwrap();
        (LogStream::new(reader.into()).unwrap(), writer)
    }

    fn lines(stream: &mut LogStream) -> Vec<String> {
        let mut lines = Vec::new();
        stream
            .frames(&mut |frame, link| {
                assert_eq!(link, Link::FirewallLog);
                lines.push(String::from_utf8_lossy(frame).into_owned());
            })
            .unwrap();
        lines
    }

    #[test]
    fn lines_are_handed_over_whole_and_nobody_waits_for_more() {
        let (mut stream, mut writer) = pipe();
        assert!(lines(&mut stream).is_empty());
        writer.write_all(b"one\ntw").unwrap();
        assert_eq!(lines(&mut stream), ["one"]);
        writer.write_all(b"o\n\xff\n").unwrap();
        assert_eq!(lines(&mut stream), ["two", "\u{fffd}"]);
    }

    #[test]
    fn the_end_of_the_program_is_the_end_of_the_source() {
        let (mut stream, mut writer) = pipe();
        writer.write_all(b"last\nhalf").unwrap();
        drop(writer);
        assert_eq!(lines(&mut stream), ["last"]);
        let ended = stream.frames(&mut |_, _| {});
        assert!(matches!(ended, Err(CaptureError::LogEnded)), "{ended:?}");
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_room_than_a_line() {
        let (mut stream, mut writer) = pipe();
        for _ in 0..40 {
            writer.write_all(&vec![b'x'; 32 << 10]).unwrap();
            assert!(lines(&mut stream).is_empty());
        }
        writer.write_all(b"\nnext\n").unwrap();
        assert_eq!(lines(&mut stream), ["next"]);
        assert_eq!(stream.too_long(), 1);
    }
}
