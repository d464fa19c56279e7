//! The one door through which commands speak: answers on standard output, remarks on standard error.

use std::io::{self, Write};

use crate::exit::Exit;

/// Prints an answer: what was asked for, and what a script would read.
pub(crate) fn say(text: &str) -> Exit {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Exit::Ok,
        // Whoever stopped reading, as `head` does, has heard enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Ok,
        Err(error) => {
            complain(&format!(
                "the answer could not be written to standard output: {error}"
            ));
            Exit::System
        }
    }
}

/// Prints a remark. Nobody can be told when standard error is closed, so that is let go.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
