//! What a line says: a section begins, a key gets a value, a word stands alone.

use std::ops::Range;

use super::lines::{Line, Lines, trimmed};

/// What a line says; all places are in the shown text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Statement {
    /// `# words`
    Comment,
    /// `[name]`
    Section(Range<usize>),
    /// `key = value`
    Pair {
        /// Before the first `=`.
        key: Range<usize>,
        /// Behind it.
        value: Range<usize>,
    },
    /// Anything else.
    Word,
}

impl Statement {
    /// What this line says.
    pub(crate) fn of(line: &Line, lines: &Lines) -> Self {
        let text = lines.text(&line.span);
        let Range { start, end } = line.span.clone();
        if text.starts_with('#') {
            return Self::Comment;
        }
        if text.len() >= 2 && text.starts_with('[') && text.ends_with(']') {
            return Self::Section(start.saturating_add(1)..end.saturating_sub(1));
        }
        let Some(equals) = text.find('=') else {
            return Self::Word;
        };
        let equals = start.saturating_add(equals);
        Self::Pair {
            key: trimmed(&lines.shown, start..equals),
            value: trimmed(&lines.shown, equals.saturating_add(1)..end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let lines = Lines::of(text.as_bytes());
        match Statement::of(lines.lines.first().unwrap(), &lines) {
            Statement::Comment => "comment".into(),
            Statement::Section(name) => format!("section <{}>", lines.text(&name)),
            Statement::Pair { key, value } => {
                format!("<{}> is <{}>", lines.text(&key), lines.text(&value))
            }
            Statement::Word => "word".into(),
        }
    }

    #[test]
    fn lines_are_told_apart_as_knockd_does() {
        for (text, says) in [
            ("  # [a]", "comment"),
            ("[openSSH]", "section <openSSH>"),
            ("[ a ]", "section < a >"),
            ("[a]=b]", "section <a]=b>"),
            ("[]", "section <>"),
            ("[a] # x", "word"),
            ("[", "word"),
            ("; x", "word"),
            ("UseSyslog", "word"),
            ("a = b = c # d", "<a> is <b = c # d>"),
            ("a=", "<a> is <>"),
            ("=b", "<> is <b>"),
        ] {
            assert_eq!(said(text), says, "{text}");
        }
    }
}
