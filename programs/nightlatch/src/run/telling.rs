//! The task that tells a server a text.

use std::io::{self, Read};

use nightlatch_ticket::Kind;

use super::knocking::{in_manner, opening, prepare, tell_forgotten, tell_outcome};
use crate::call::Want;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::knock::Breadth;
use crate::options::Tell;
use crate::packing::Wrapping;
use crate::report::Report;
use crate::voice::remark;

pub(super) fn tell(options: &Tell) -> Result<Exit, Failure> {
    let Tell {
        server,
        text,
        manner,
        way,
    } = options;
    let text = match text.as_str() {
        "-" => read(io::stdin().lock())?,
        text => text.to_owned(),
    };
    if text.is_empty() {
        return Err(TextError::Empty.into());
    }
    let call = prepare(server, None, way)?;
    let usual = opening(way);
    let called = call.knock(Want {
        kind: Kind::Message,
        // Who is told over both families is told twice.
        breadth: Breadth::Once,
        wrapping: Wrapping {
            text: Some(&text),
            ..usual.wrapping
        },
        ..in_manner(usual, manner)
    })?;
    let report = Report {
        server: &call.server.name,
        service: "",
        visits: &called.visits,
    };
    if way.verbose {
        remark(&report.diary());
    }
    tell_forgotten(&called);
    tell_outcome(report, manner)
}

/// Reads a text to its end, without the line's end that every program leaves there.
fn read(input: impl Read) -> Result<String, TextError> {
    let mut text = Vec::new();
    let read = input.take(READ_AT_MOST).read_to_end(&mut text);
    read.map_err(TextError::Unread)?;
    let mut text = String::from_utf8(text).map_err(|_| TextError::NotText)?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// Why there is no text to tell.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextError {
    /// There is none.
    #[error("there is nothing to tell\n  write a text after the server, or - for standard input")]
    Empty,
    /// It is something else.
    #[error("standard input is no text in UTF-8\n  a message carries text: encode what is not")]
    NotText,
    /// It could not be read.
    #[error("standard input cannot be read: {0}")]
    Unread(#[source] io::Error),
}

/// Far more than can be told: enough to say by how much it is too long.
const READ_AT_MOST: u64 = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_loses_its_last_line_end_and_no_other() {
        assert_eq!(read(&b"two\nlines\n"[..]).unwrap(), "two\nlines");
        assert_eq!(read(&b"none"[..]).unwrap(), "none");
        assert_eq!(read(&b"\n\n"[..]).unwrap(), "\n");
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let error = read(&[0xff, 0xfe][..]).unwrap_err().to_string();
        assert!(error.contains("UTF-8"), "{error}");
    }

    #[test]
    fn a_stream_without_an_end_is_not_read_to_it() {
        let text = read(io::repeat(b'a')).unwrap();
        assert_eq!(u64::try_from(text.len()), Ok(READ_AT_MOST));
    }
}
