//! Between which two ports: `20000-29999`.

use std::fmt;
use std::str::FromStr;

/// The ports from the first to the last, both among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PortSpan {
    first: u16,
    last: u16,
}

impl PortSpan {
    /// Where the ports of sequences lie when nobody says otherwise: above what scanners try first,
    /// below what Linux gives to connections of its own.
    pub(crate) const USUAL: Self = Self {
        first: 20_000,
        last: 29_999,
    };

    /// The first and the last port.
    pub(crate) const fn bounds(self) -> (u16, u16) {
        (self.first, self.last)
    }

    /// How many ports it holds.
    pub(crate) fn size(self) -> u32 {
        u32::from(self.last.saturating_sub(self.first)).saturating_add(1)
    }
}

impl FromStr for PortSpan {
    type Err = PortSpanError;

    fn from_str(text: &str) -> Result<Self, PortSpanError> {
        let (first, last) = text.split_once('-').ok_or(PortSpanError::NotASpan)?;
        let (first, last) = (number(first)?, number(last)?);
        if first > last {
            return Err(PortSpanError::Backwards { first, last });
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for PortSpan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.first, self.last)
    }
}

/// Why a text is no span of ports.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PortSpanError {
    #[error("not two ports\n  write the lowest and the highest: 20000-29999")]
    NotASpan,
    #[error("there is no port {0}\n  ports go from 1 to 65535")]
    NoSuchPort(String),
    #[error("the span runs backwards\n  write {last}-{first}")]
    Backwards { first: u16, last: u16 },
}

fn number(text: &str) -> Result<u16, PortSpanError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PortSpanError::NotASpan);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(PortSpanError::NoSuchPort(text.to_owned())),
        Ok(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_reads_as_it_is_written() {
        for text in ["20000-29999", "1-65535", "7-7"] {
            assert_eq!(text.parse::<PortSpan>().unwrap().to_string(), text);
        }
        assert_eq!(PortSpan::USUAL.size(), 10_000);
        assert_eq!("1-65535".parse::<PortSpan>().unwrap().size(), 65_535);
    }

    #[test]
    fn what_is_no_span_says_what_to_write() {
        for (text, says) in [
            ("", "write the lowest and the highest"),
            ("20000", "write the lowest and the highest"),
            ("a-b", "write the lowest and the highest"),
            ("1-2-3", "write the lowest and the highest"),
            ("0-10", "there is no port 0"),
            ("1-65536", "there is no port 65536"),
            ("30000-20000", "write 20000-30000"),
        ] {
            let error = text.parse::<PortSpan>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
