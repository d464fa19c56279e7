//! What a command says: cut into lines that a log can take, and no more of it than a log should.

/// The output of one run, as it comes.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// The line that is not whole yet.
    rest: Vec<u8>,
    /// How much was passed on.
    passed: usize,
}

impl Output {
    /// The lines that are whole now.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            match self.passed {
                MOST_A_RUN => {
                    self.rest = Vec::new();
                    lines.push(TOO_MUCH.to_owned());
                }
                more if more > MOST_A_RUN => return lines,
                _ => lines.extend(self.add(*byte)),
            }
            self.passed = self.passed.saturating_add(1);
        }
        lines
    }

    fn add(&mut self, byte: u8) -> Option<String> {
        if byte == b'\n' {
            return self.line();
        }
        let full = (self.rest.len() == MOST_A_LINE).then(|| self.line());
        self.rest.push(byte);
        full.flatten()
    }

    /// The line that stands there without an end; an empty one is none.
    pub(super) fn line(&mut self) -> Option<String> {
        let bytes = core::mem::take(&mut self.rest);
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches('\r');
        // Who wrote this may have had it from somebody else: it is one line, and moves no cursor.
        let line = text.replace(
            |letter: char| letter.is_control() && letter != '\t',
            "\u{fffd}",
        );
        (!line.is_empty()).then_some(line)
    }
}

/// With its prefix and whatever JSON makes of it, a pipe takes it in one piece. A longer one comes in several.
const MOST_A_LINE: usize = 1024;
/// What a run may say in all.
const MOST_A_RUN: usize = 64 << 10;
const TOO_MUCH: &str = "(it says more than 64 KiB: the rest is left out)";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<String> {
        let mut output = Output::default();
        let mut lines: Vec<_> = pieces.iter().flat_map(|piece| output.hear(piece)).collect();
        lines.extend(output.line());
        lines
    }

    #[test]
    fn lines_are_lines_however_they_come() {
        assert_eq!(
            all(&[b"on", b"e\ntwo\r\n\nth", b"ree"]),
            ["one", "two", "three"]
        );
    }

    #[test]
    fn a_long_line_comes_in_pieces_and_nothing_of_it_is_lost() {
        let long = [b'x'; 3 * MOST_A_LINE];
        let lines = all(&[&long, b"\n"]);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines.concat().len(), long.len());
    }

    #[test]
    fn control_characters_and_broken_letters_cannot_reach_the_log() {
        assert_eq!(
            all(&[b"a\x1b[2Jb\0\tc\xff"]),
            ["a\u{fffd}[2Jb\u{fffd}\tc\u{fffd}"]
        );
    }

    #[test]
    fn a_run_that_says_too_much_is_cut_off_and_told_so_once() {
        let line = [&[b'x'; 63][..], b"\n"].concat();
        let lines = all(&vec![line.as_slice(); 3000]);
        assert_eq!(lines.len(), 1024 + 1);
        assert_eq!(lines.last().unwrap(), TOO_MUCH);
    }

    proptest! {
        #[test]
        fn whatever_is_said_stays_within_its_bounds(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..2000), 0..4), times in 0_usize..40
        ) {
            let mut output = Output::default();
            let pieces = core::iter::repeat_n(&pieces, times).flatten();
            let mut lines: Vec<String> = pieces.flat_map(|piece| output.hear(piece)).collect();
            lines.extend(output.line());
            let whole: usize = lines.iter().map(String::len).sum();
            prop_assert!(whole <= 4 * MOST_A_RUN);
            for line in lines {
                prop_assert!(line.len() <= 3 * MOST_A_LINE);
                prop_assert!(!line.contains(|letter: char| letter.is_control() && letter != '\t'));
            }
        }
    }
}
