//! What is wrong in a file, shown the way a compiler would: place, line, carets, advice.

use std::{fmt, path::Path, sync::Arc};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::{
    remark::{Remark, Weight},
    source::Source,
};

/// One thing that is wrong, or odd, at one place in a file. Its `Display` is the whole message.
#[derive(Clone, Debug)]
pub struct Complaint {
    pub(crate) source: Arc<Source>,
    pub(crate) remark: Remark,
}

impl Complaint {
    /// What is wrong, in one line.
    pub fn title(&self) -> &str {
        &self.remark.title
    }

    /// What to do about it; may be empty.
    pub fn advice(&self) -> &[String] {
        &self.remark.advice
    }

    /// The file it is about.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Line and column, counted from one.
    pub fn place(&self) -> (usize, usize) {
        self.source.place(self.remark.span.start)
    }

    /// The message with colours, for a terminal.
    pub fn painted(&self) -> String {
        self.draw(&Renderer::styled())
    }

    fn draw(&self, renderer: &Renderer) -> String {
        let level = match self.remark.weight {
            Weight::Error => Level::ERROR,
            Weight::Warning => Level::WARNING,
        };
        let source = &self.source;
        let path = source.path.display().to_string();
        let also = self.remark.also.iter();
        let snippet = Snippet::source(source.text.as_str())
            .path(path)
            .line_start(source.first_line)
            .annotation(
                AnnotationKind::Primary
                    .span(source.fit(&self.remark.span))
                    .label(self.remark.label.as_str()),
            )
            .annotations(also.map(|(span, label)| {
                AnnotationKind::Context
                    .span(source.fit(span))
                    .label(label.as_str())
            }));
        let advice = self
            .remark
            .advice
            .iter()
            .map(|line| Level::HELP.message(line.as_str()));
        renderer.render(&[level
            .primary_title(self.remark.title.as_str())
            .element(snippet)
            .elements(advice)])
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.draw(&Renderer::plain()))
    }
}

/// Everything that is wrong in one configuration, in the order of the file; never empty.
#[derive(Debug)]
pub struct Complaints(pub(crate) Vec<Complaint>);

impl Complaints {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Complaint> {
        self.0.iter()
    }

    /// All messages with colours, for a terminal.
    pub fn painted(&self) -> String {
        self.draw(Complaint::painted)
    }

    fn draw(&self, one: impl Fn(&Complaint) -> String) -> String {
        let mut text: Vec<String> = self.0.iter().take(MOST_SHOWN).map(one).collect();
        if let Some(more) = self
            .0
            .len()
            .checked_sub(MOST_SHOWN)
            .filter(|more| *more > 0)
        {
            text.push(format!("and {more} more of them"));
        }
        text.join("\n\n")
    }
}

impl fmt::Display for Complaints {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.draw(Complaint::to_string))
    }
}

impl std::error::Error for Complaints {}

/// A screenful: who has more to mend begins with these.
const MOST_SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Desk;

    #[test]
    fn a_span_outside_the_text_is_drawn_all_the_same() {
        let mut desk = Desk::new(Source::new(Path::new("f"), "a\u{e4}"));
        desk.add(Remark::error(2..99, "odd"));
        let text = desk.close().unwrap_err().to_string();
        assert!(text.contains("f:1:2"), "{text}");
    }

    /// Whatever carets, over one another and beyond each other.
    fn draw_all_over(text: &str) {
        let ends = [
            0,
            1,
            2,
            text.len() / 3,
            text.len() / 2,
            text.len().saturating_sub(1),
            text.len(),
        ];
        for (start, end) in ends.iter().flat_map(|start| ends.map(|end| (*start, end))) {
            let mut desk = Desk::new(Source::new(Path::new("f"), text));
            let remark = Remark::error(start..end, "odd").label("here");
            desk.add(remark.also(end..start, "there").also(0..text.len(), "all"));
            assert!(desk.close().unwrap_err().to_string().contains("odd"));
        }
    }

    #[test]
    fn whatever_stands_in_a_line_is_drawn() {
        let letters = "a\t\0\r\u{1b}ä\u{301}\u{200b}界🚀";
        let lengths = [
            1, 9, 60, 100, 139, 140, 141, 150, 279, 280, 281, 300, 600, 3000,
        ];
        for line in letters
            .chars()
            .flat_map(|letter| lengths.map(|length| core::iter::repeat_n(letter, length)))
        {
            let line: String = line.collect();
            draw_all_over(&line);
            draw_all_over(&format!("b\n{line}\n"));
            draw_all_over(&format!("{line}{line}\r\nb"));
        }
    }

    #[test]
    fn only_a_screenful_is_shown() {
        let mut desk = Desk::new(Source::new(Path::new("f"), "a"));
        for _ in 0..25 {
            desk.add(Remark::error(0..1, "odd"));
        }
        let text = desk.close().unwrap_err().to_string();
        assert_eq!(text.matches("error: odd").count(), 20);
        assert!(text.ends_with("and 5 more of them"));
    }
}
