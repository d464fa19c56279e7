//! What is written: tables, and above each line of theirs what it was and what changed.

use std::{fmt::Write, ops::Range};

use super::toml;
use crate::{
    knockd::reading::{Line, Lines},
    remark::Remark,
};

/// A table with its lines; without a title it is a comment.
#[derive(Default)]
pub(super) struct Block {
    /// What stands above the title.
    pub(super) above: Vec<Paragraph>,
    /// `[service.ssh]`
    pub(super) title: Option<String>,
    pub(super) paragraphs: Vec<Paragraph>,
}

/// Some lines of the original, what is to be said about them, and what became of them.
#[derive(Default)]
pub(super) struct Paragraph {
    quotes: Vec<Line>,
    notes: Vec<String>,
    risks: Vec<Risk>,
    lines: Vec<String>,
}

/// What may hurt: it stands in the text, and is said aloud.
pub(super) struct Risk {
    pub(super) span: Range<usize>,
    pub(super) title: String,
    pub(super) advice: String,
}

impl Risk {
    pub(super) fn new(
        span: Range<usize>,
        title: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            span,
            title: title.into(),
            advice: advice.into(),
        }
    }

    fn remark(&self) -> Remark {
        Remark::warning(self.span.clone(), self.title.as_str()).advise(self.advice.as_str())
    }
}

impl Paragraph {
    /// Above it stand these lines of the original.
    pub(super) fn about<'l>(quotes: impl IntoIterator<Item = &'l Line>) -> Self {
        Self {
            quotes: quotes.into_iter().cloned().collect(),
            ..Self::default()
        }
    }

    /// A sentence about what changed.
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Sentences about what changed.
    pub(super) fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// What may hurt.
    pub(super) fn risks(mut self, risks: impl IntoIterator<Item = Risk>) -> Self {
        self.risks.extend(risks);
        self
    }

    /// What became of it.
    pub(super) fn says(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }
}

/// The whole text, and every risk in it as a remark.
pub(super) fn write(preface: &str, blocks: &[Block], lines: &Lines) -> (String, Vec<Remark>) {
    let mut text = preface.to_owned();
    let mut remarks = Vec::new();
    for block in blocks {
        text.push('\n');
        for paragraph in &block.above {
            paragraph.write(lines, &mut text);
        }
        if let Some(title) = &block.title {
            text.push_str(title);
            text.push('\n');
        }
        for paragraph in &block.paragraphs {
            paragraph.write(lines, &mut text);
            remarks.extend(paragraph.risks.iter().map(Risk::remark));
        }
    }
    (text, remarks)
}

impl Paragraph {
    fn write(&self, lines: &Lines, text: &mut String) {
        for quote in &self.quotes {
            let original = toml::comment(lines.text(&quote.span));
            let _ = writeln!(text, "#> {}: {original}", quote.number);
        }
        for note in &self.notes {
            wrap("", note, text);
        }
        for risk in &self.risks {
            wrap(
                "WARNING: ",
                &format!("{}. {}.", risk.title, capital(&risk.advice)),
                text,
            );
        }
        for line in &self.lines {
            text.push_str(line);
            text.push('\n');
        }
    }
}

/// A sentence in comment lines that fit on a screen.
fn wrap(head: &str, sentence: &str, text: &mut String) {
    let mut line = format!("# {head}");
    let mut width = line.len();
    for (place, word) in toml::comment(sentence).split(' ').enumerate() {
        let room = word.chars().count().saturating_add(1);
        if width.saturating_add(room) > WIDTH {
            text.push_str(&line);
            text.push('\n');
            line = String::from("# ");
            width = line.len();
        } else if place > 0 {
            line.push(' ');
        }
        line.push_str(word);
        width = width.saturating_add(room);
    }
    text.push_str(&line);
    text.push('\n');
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

const WIDTH: usize = 110;
