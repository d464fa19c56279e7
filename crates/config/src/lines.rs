//! A long file line by line through one buffer that is wiped.

use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
};

use zeroize::Zeroizing;

use crate::remark::Remark;

/// A file line by line through one buffer, which is wiped: a line may hold a secret.
pub(crate) struct Lines {
    file: File,
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    shown: Range<usize>,
}

impl Lines {
    pub(crate) fn new(file: File) -> Self {
        Self {
            file,
            buffer: Zeroizing::new(vec![0; BUFFER]),
            start: 0,
            end: 0,
            shown: 0..0,
        }
    }

    /// The next line without its line break; `None` at the end. A line that is not text comes out as a remark.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Result<&str, Remark>>> {
        let mut searched = self.start;
        loop {
            let fresh = self.buffer.get(searched..self.end).unwrap_or_default();
            if let Some(length) = fresh.iter().position(|byte| *byte == b'\n') {
                let end = searched.saturating_add(length);
                let start = std::mem::replace(&mut self.start, end.saturating_add(1));
                return Ok(Some(self.show(start..end)));
            }
            let begun = self.end.saturating_sub(self.start);
            if begun == self.buffer.len() {
                return self.skip_long_line().map(Some);
            }
            self.make_room();
            searched = self.end;
            if self.fill()? == 0 {
                let start = std::mem::replace(&mut self.start, self.end);
                return Ok((start < self.end).then(|| self.show(start..self.end)));
            }
        }
    }

    /// Moves the line that has begun to the front, once the buffer is full.
    fn make_room(&mut self) {
        if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let room = self.buffer.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.file.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(more) => {
                    self.end = self.end.saturating_add(more);
                    return Ok(more);
                }
            }
        }
    }

    /// The line that came last, as far as it is text.
    pub(crate) fn line(&self) -> Option<&str> {
        let bytes = self.buffer.get(self.shown.clone())?;
        match std::str::from_utf8(bytes) {
            Ok(line) => Some(line),
            Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok(),
        }
    }

    fn show(&mut self, line: Range<usize>) -> Result<&str, Remark> {
        self.shown = line.clone();
        let bytes = self.buffer.get(line).unwrap_or_default();
        std::str::from_utf8(bytes).map_err(|error| {
            let at = error.valid_up_to();
            Remark::error(at..at, "this is not text").advise("save the file as UTF-8")
        })
    }

    /// Nothing honest is as long as the buffer: its beginning is kept for the complaint, the rest goes by.
    fn skip_long_line(&mut self) -> io::Result<Result<&'static str, Remark>> {
        self.shown = 0..BEGINNING;
        loop {
            self.start = BEGINNING;
            self.end = BEGINNING;
            let more = self.fill()?;
            let fresh = self.buffer.get(BEGINNING..self.end).unwrap_or_default();
            let length = fresh.iter().position(|byte| *byte == b'\n');
            if let Some(length) = length {
                self.start = BEGINNING.saturating_add(length).saturating_add(1);
            }
            if more == 0 || length.is_some() {
                let remark = Remark::error(0..1, "this line is too long")
                    .advise("one client to a line; check that it is the right file");
                return Ok(Err(remark));
            }
        }
    }
}

/// As much of an endless line as fits on a screen.
const BEGINNING: usize = 80;

/// Few reads for a million lines, and a bound for one.
const BUFFER: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines_of(text: &[u8]) -> Vec<Result<String, String>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        let mut lines = Lines::new(file);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push(line.map(str::to_owned).map_err(|remark| remark.title));
        }
        found
    }

    #[test]
    fn lines_come_whole_also_across_the_end_of_the_buffer() {
        let line = |number: usize| format!("{number} {}", "x".repeat(number % 300));
        let text: String = (0..2000).map(|number| line(number) + "\n").collect();
        assert!(text.len() > 3 * BUFFER);
        let expected: Vec<_> = (0..2000).map(|number| Ok(line(number))).collect();
        assert_eq!(lines_of(text.as_bytes()), expected);
    }

    #[test]
    fn the_last_line_needs_no_line_break() {
        assert_eq!(
            lines_of(b"a\n\nb"),
            [Ok("a".into()), Ok(String::new()), Ok("b".into())]
        );
        assert!(lines_of(b"").is_empty());
    }

    #[test]
    fn an_endless_line_is_one_complaint_and_the_next_line_is_read() {
        let mut text = vec![b'x'; 5 * BUFFER];
        text.extend_from_slice(b"\nalice\n");
        assert_eq!(
            lines_of(&text),
            [Err("this line is too long".into()), Ok("alice".into())]
        );
        assert_eq!(lines_of(&vec![b'x'; 5 * BUFFER]).len(), 1);
        let exact = vec![b'x'; BUFFER];
        assert_eq!(lines_of(&exact).len(), 1);
    }

    #[test]
    fn bytes_that_are_not_text_are_a_complaint() {
        assert_eq!(
            lines_of(b"\xff\nbob\n"),
            [Err("this is not text".into()), Ok("bob".into())]
        );
    }
}
