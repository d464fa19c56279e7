//! A text that complaints point into, without its secrets.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use crate::signing_secret::SIGNING_PREFIX;

/// A text that complaints point into.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    pub(crate) first_line: usize,
}

impl Source {
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: without_secrets(text),
            first_line: 1,
        }
    }

    /// One line of a file that is too long to keep.
    pub(crate) fn line(path: &Path, text: &str, number: usize) -> Self {
        Self {
            path: path.to_owned(),
            text: without_secrets(text),
            first_line: number,
        }
    }

    pub(crate) fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line = before.matches('\n').count().saturating_add(self.first_line);
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |start| start.chars().count());
        (line, column.saturating_add(1))
    }

    /// Spans come from parsers and may end outside the text or inside a letter.
    pub(crate) fn fit(&self, span: &Range<usize>) -> Range<usize> {
        let start = self
            .text
            .floor_char_boundary(span.start.min(self.text.len()));
        let end = self
            .text
            .ceil_char_boundary(span.end.min(self.text.len()))
            .max(start);
        // A remark about a whole table must not print the table.
        let line_end = self.text.get(start..end).and_then(|part| part.find('\n'));
        start..line_end.map_or(end, |length| start.saturating_add(length))
    }
}

/// Stars in place of secrets that somebody pasted: messages end up in logs and in tickets.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, prefix, after)) = next_secret(rest) {
        let length = after
            .find(|letter: char| !is_of_secret(letter))
            .unwrap_or(after.len());
        shown.push_str(before);
        shown.push_str(prefix);
        // One star for each letter: the carets stay where they belong.
        shown.extend(std::iter::repeat_n('*', length));
        rest = after.get(length..).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

/// Letters of bech32, and of base64 besides.
const fn is_of_secret(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=')
}

fn next_secret(text: &str) -> Option<(&str, &str, &str)> {
    SECRET_PREFIXES
        .iter()
        .filter_map(|prefix| {
            text.split_once(prefix)
                .map(|(before, after)| (before, *prefix, after))
        })
        .min_by_key(|(before, _, _)| before.len())
}

/// What every text of a secret begins with.
pub(crate) const SECRET_PREFIXES: [&str; 5] = [
    "nightlatch-secret1",
    "nightlatch-psk1",
    "nightlatch-sealed1",
    "nightlatch-seq1",
    SIGNING_PREFIX,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_secret_is_never_shown() {
        let shown = without_secrets("a = \"nightlatch-secret1qqqq\" nightlatch-psk1zzz\n");
        assert_eq!(shown, "a = \"nightlatch-secret1****\" nightlatch-psk1***\n");
        let shown = without_secrets("time-based = \"nightlatch-seq1qq\" nightlatch-sealed1z");
        assert_eq!(
            shown,
            "time-based = \"nightlatch-seq1**\" nightlatch-sealed1*"
        );
    }
}
