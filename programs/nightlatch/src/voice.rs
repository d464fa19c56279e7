//! The one door through which the tool speaks: answers on stdout, remarks on stderr.

use std::io::{self, Write};

/// Prints an answer: what the person asked for, and what a script would read.
pub(crate) fn say(text: &str) -> Result<(), SpeakError> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever stopped reading, as `head` does, has heard enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}

/// Whether somebody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// He does.
    There,
    /// He stopped, as `head` does.
    Gone,
}

/// Prints one line of many, and says whether the next one is worth its while.
pub(crate) fn tell_on(text: &str) -> Result<Audience, SpeakError> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(Audience::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Audience::Gone),
        Err(error) => Err(error.into()),
    }
}

/// Prints a remark. Nobody can be told when stderr is closed, so that is let go.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// What the answer could not be written for.
#[derive(Debug, thiserror::Error)]
#[error("the answer could not be written to standard output: {0}")]
pub(crate) struct SpeakError(#[from] io::Error);

/// Makes text from elsewhere harmless for a terminal: what could move its cursor is shown escaped.
pub(crate) fn tame(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut tamed, letter| {
            if letter.is_control() {
                tamed.extend(letter.escape_default());
            } else {
                tamed.push(letter);
            }
            tamed
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_shown_not_obeyed() {
        assert_eq!(tame("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(tame("grüße"), "grüße");
    }
}
