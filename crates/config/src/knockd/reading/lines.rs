//! What knockd takes for a line: at most 4,095 bytes, cut at a zero byte, without the blanks around it.

use std::ops::Range;

/// A knockd configuration as text that complaints can point into, and its lines.
pub(crate) struct Lines {
    /// The file; a byte that is not text is shown as `�`.
    pub(crate) shown: String,
    /// What stands in it, in order; empty lines are left out.
    pub(crate) lines: Vec<Line>,
}

/// One line, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Where it stands in the shown text.
    pub(crate) span: Range<usize>,
    /// The number that an editor gives it.
    pub(crate) number: usize,
    /// What it is to knockd.
    pub(crate) part: Part,
}

/// Which part of the editor's line knockd takes for a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it, or its beginning.
    First,
    /// What followed after 4,095 bytes.
    Rest,
}

impl Part {
    const fn of(place: usize) -> Self {
        match place {
            0 => Self::First,
            _ => Self::Rest,
        }
    }
}

impl Lines {
    /// Splits a file the way knockd does.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut lines = Self {
            shown: String::with_capacity(bytes.len()),
            lines: Vec::new(),
        };
        for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
            for (place, chunk) in line.chunks(LONGEST_LINE).enumerate() {
                lines.push(chunk, number, Part::of(place));
            }
        }
        lines
    }

    /// The text at a place.
    pub(crate) fn text(&self, span: &Range<usize>) -> &str {
        self.shown.get(span.clone()).unwrap_or_default()
    }

    fn push(&mut self, chunk: &[u8], number: usize, part: Part) {
        let start = self.shown.len();
        let seen = chunk.split(|byte| *byte == 0).next().unwrap_or_default();
        self.shown.push_str(&String::from_utf8_lossy(seen));
        let span = trimmed(&self.shown, start..self.shown.len());
        let unseen = chunk.get(seen.len()..).unwrap_or_default();
        self.shown.push_str(&String::from_utf8_lossy(unseen));
        if !span.is_empty() {
            self.lines.push(Line { span, number, part });
        }
    }
}

/// A part of a text without the blanks around it.
pub(crate) fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let part = text.get(span.clone()).unwrap_or_default();
    let left = part.trim_start_matches(is_blank);
    let start = span
        .start
        .saturating_add(part.len().saturating_sub(left.len()));
    start..start.saturating_add(left.trim_end_matches(is_blank).len())
}

/// What C's `isspace` says outside of any locale.
pub(crate) const fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

/// `fgets` with a buffer of 4,096 bytes, one of them for the zero at the end.
const LONGEST_LINE: usize = 4095;

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<(usize, String)> {
        let lines = Lines::of(bytes);
        let text = |line: &Line| (line.number, lines.text(&line.span).to_owned());
        lines.lines.iter().map(text).collect()
    }

    #[test]
    fn windows_line_ends_and_blanks_of_all_kinds_are_trimmed() {
        assert_eq!(
            lines(b"\t [a] \r\n\r\n\x0b\x0cb = 1\x0c\n"),
            [(1, "[a]".into()), (3, "b = 1".into())]
        );
    }

    #[test]
    fn a_zero_byte_ends_a_line_early() {
        assert_eq!(lines(b"a\0b\nc"), [(1, "a".into()), (2, "c".into())]);
    }

    #[test]
    fn a_line_is_cut_after_4095_bytes_and_the_rest_is_a_line() {
        let fits = [vec![b'x'; 4095], b"\n".to_vec()].concat();
        assert_eq!(lines(&fits).len(), 1);
        let longer = [vec![b'x'; 4095], b"y\n".to_vec()].concat();
        let lines = Lines::of(&longer);
        assert_eq!(lines.lines.len(), 2);
        let rest = lines.lines.last().unwrap();
        assert_eq!((rest.number, rest.part), (1, Part::Rest));
        assert_eq!(lines.text(&rest.span), "y");
    }

    #[test]
    fn bytes_that_are_not_text_are_shown_all_the_same() {
        assert_eq!(lines(b"caf\xe9\n"), [(1, "caf\u{fffd}".into())]);
    }
}
