//! A remark on its way to a complaint: where, what, why, what to do.

use std::{fmt, ops::Range};

use crate::source::without_secrets;

/// What somebody has to say about a place in a text.
#[derive(Clone, Debug)]
pub(crate) struct Remark {
    pub(crate) weight: Weight,
    pub(crate) span: Range<usize>,
    pub(crate) title: String,
    pub(crate) label: String,
    pub(crate) also: Vec<(Range<usize>, String)>,
    pub(crate) advice: Vec<String>,
}

impl Remark {
    pub(crate) fn error(span: Range<usize>, title: impl Into<String>) -> Self {
        Self {
            weight: Weight::Error,
            span,
            // Errors quote what they complain about.
            title: without_secrets(&title.into()),
            label: String::new(),
            also: Vec::new(),
            advice: Vec::new(),
        }
    }

    pub(crate) fn warning(span: Range<usize>, title: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            ..Self::error(span, title)
        }
    }

    /// From an error in the house form: first line what is wrong, further lines what to do.
    pub(crate) fn of(span: Range<usize>, error: &impl fmt::Display) -> Self {
        let text = error.to_string();
        let mut lines = text.lines();
        let mut remark = Self::error(span, lines.next().unwrap_or_default());
        remark
            .advice
            .extend(lines.map(|line| line.trim().to_owned()));
        remark
    }

    /// What stands under the carets.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Another place that belongs to it.
    pub(crate) fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    /// What to do.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.push(advice.into());
        self
    }

    /// "Did you mean …?", if there is something near.
    pub(crate) fn suggest(self, near: Option<&str>) -> Self {
        match near {
            Some(near) => self.advise(format!("did you mean `{}`?", near.escape_debug())),
            None => self,
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// There will be no configuration.
    Error,
    /// It works, and hardly as it was meant.
    Warning,
}
