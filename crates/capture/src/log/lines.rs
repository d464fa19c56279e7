//! Cuts a stream of bytes into lines, with a longest line.

/// What has come of a line that is not complete yet.
#[derive(Debug)]
pub(crate) struct Lines {
    begun: Vec<u8>,
    state: State,
    too_long: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Bytes belong to the line that has begun.
    Taking,
    /// Bytes belong to a line that does not count, up to its end.
    Passing,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self {
            begun: Vec::new(),
            state: State::Taking,
            too_long: 0,
        }
    }

    /// Forgets what has begun: the next byte begins a line.
    pub(crate) fn begin(&mut self) {
        self.begun.clear();
        self.state = State::Taking;
    }

    /// Forgets what has begun: the next byte stands inside of a line that does not count.
    pub(crate) fn begin_inside(&mut self) {
        self.begun.clear();
        self.state = State::Passing;
    }

    /// How many lines were longer than [`LONGEST_LINE`], and left out.
    pub(crate) fn too_long(&self) -> u64 {
        self.too_long
    }

    /// Hands over every line that is complete now, without its end; says how many that were.
    pub(crate) fn take(&mut self, bytes: &[u8], each: &mut dyn FnMut(&[u8])) -> usize {
        let mut handed_over: usize = 0;
        for piece in bytes.split_inclusive(|&byte| byte == END) {
            match piece.strip_suffix(&[END]) {
                None => self.keep(piece),
                Some(rest) => {
                    handed_over = handed_over.saturating_add(self.complete(rest, each));
                }
            }
        }
        handed_over
    }

    fn keep(&mut self, piece: &[u8]) {
        if self.state == State::Passing {
            return;
        }
        if self.begun.len().saturating_add(piece.len()) > LONGEST_LINE {
            self.too_long = self.too_long.saturating_add(1);
            self.begin_inside();
            return;
        }
        self.begun.extend_from_slice(piece);
    }

    fn complete(&mut self, rest: &[u8], each: &mut dyn FnMut(&[u8])) -> usize {
        if self.begun.is_empty() && self.state == State::Taking && rest.len() <= LONGEST_LINE {
            // Nearly every line comes whole, and need not be copied.
            each(rest);
            return 1;
        }
        self.keep(rest);
        let counts = self.state == State::Taking;
        if counts {
            each(&self.begun);
        }
        self.begin();
        usize::from(counts)
    }
}

/// Far longer than any line about a packet.
pub(crate) const LONGEST_LINE: usize = 64 << 10;

const END: u8 = b'\n';

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn taken(lines: &mut Lines, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let count = lines.take(bytes, &mut |line| all.push(line.to_vec()));
        assert_eq!(count, all.len());
        all
    }

    #[test]
    fn a_line_in_pieces_is_handed_over_whole() {
        let mut lines = Lines::new();
        assert_eq!(taken(&mut lines, b"one\ntw"), [b"one"]);
        assert_eq!(taken(&mut lines, b""), [b""; 0]);
        assert_eq!(taken(&mut lines, b"o"), [b""; 0]);
        assert_eq!(taken(&mut lines, b"\n\nthree"), [&b"two"[..], b""]);
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out_and_counted_once() {
        for whole in [true, false] {
            let mut lines = Lines::new();
            let long = [vec![b'x'; LONGEST_LINE + 1], b"\nnext\n".to_vec()].concat();
            let pieces = if whole { long.len() } else { 1000 };
            let mut seen = Vec::new();
            for piece in long.chunks(pieces) {
                seen.extend(taken(&mut lines, piece));
            }
            assert_eq!(seen, [b"next"]);
            assert_eq!(lines.too_long(), 1);
        }
        let mut lines = Lines::new();
        let longest = [vec![b'x'; LONGEST_LINE], b"\n".to_vec()].concat();
        assert_eq!(taken(&mut lines, &longest).len(), 1);
    }

    #[test]
    fn who_begins_inside_of_a_line_hears_the_next_one_first() {
        let mut lines = Lines::new();
        lines.begin_inside();
        assert_eq!(taken(&mut lines, b"old"), [b""; 0]);
        assert_eq!(taken(&mut lines, b"er\nnew\n"), [b"new"]);
        assert_eq!(lines.too_long(), 0);
    }

    #[test]
    fn a_stream_without_an_end_takes_no_more_room_than_a_line() {
        let mut lines = Lines::new();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..20 {
            lines.take(&piece, &mut |_| panic!("no line"));
        }
        assert!(lines.begun.capacity() <= 2 * LONGEST_LINE);
        assert_eq!(lines.too_long(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn however_the_stream_is_cut_the_lines_are_the_same(
            bytes in vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200),
            size in 1..50_usize,
        ) {
            let at_once = taken(&mut Lines::new(), &bytes);
            let mut lines = Lines::new();
            let mut in_pieces = Vec::new();
            for piece in bytes.chunks(size) {
                in_pieces.extend(taken(&mut lines, piece));
            }
            prop_assert_eq!(at_once, in_pieces);
        }
    }
}
