//! Ports to touch as people write them: knockd's `7000,8000:udp` and our `tcp/7000 udp/8000`.

use std::fmt;
use std::str::FromStr;

use nightlatch_core::{MOST_STEPS, Port, Protocol};

/// Ports to touch, in their order: one to 32 of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touches(Vec<Port>);

impl Touches {
    /// These ports in this order, if they are neither none nor too many.
    pub fn new(ports: Vec<Port>) -> Result<Self, TouchesError> {
        match ports.len() {
            0 => Err(TouchesError::None),
            1..=MOST_STEPS => Ok(Self(ports)),
            many => Err(TouchesError::TooMany(many)),
        }
    }

    /// The ports, the first one first.
    pub fn ports(&self) -> &[Port] {
        &self.0
    }
}

impl FromStr for Touches {
    type Err = TouchesError;

    fn from_str(text: &str) -> Result<Self, TouchesError> {
        if text.trim().is_empty() {
            return Err(TouchesError::None);
        }
        // A list may be copied from a file of ours, where blanks stand between the steps.
        let words = text.split(',').flat_map(|part| match part.trim() {
            "" => vec![""],
            part => part.split_whitespace().collect(),
        });
        Self::new(words.map(port).collect::<Result<_, _>>()?)
    }
}

impl fmt::Display for Touches {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, port) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(out, "{comma}{port}")?;
        }
        Ok(())
    }
}

/// Why a text names no ports to touch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TouchesError {
    /// There is nothing in it.
    #[error("no port is named\n  write them in their order: 7000,8000:udp,9000")]
    None,
    /// More than a sequence can have.
    #[error("{0} ports are too many\n  a sequence has at most {MOST_STEPS}")]
    TooMany(usize),
    /// Two commas, or one too many at an end.
    #[error("a comma has no port beside it\n  write 7000,8000:udp,9000")]
    Gap,
    /// A word instead of a number.
    #[error("`{0}` is not a port\n  write 7000, 8000:udp or udp/8000")]
    NotAPort(String),
    /// A protocol that nothing can be touched with.
    #[error("`{protocol}` cannot be touched\n  write {number}:tcp or {number}:udp")]
    Protocol {
        /// What stands there.
        protocol: String,
        /// The port's number as it stands there.
        number: String,
    },
    /// The port that is no port.
    #[error("there is no port 0\n  ports go from 1 to 65535")]
    Zero,
    /// A number above all ports.
    #[error("there is no port {0}\n  ports go from 1 to 65535")]
    TooHigh(String),
}

fn port(word: &str) -> Result<Port, TouchesError> {
    if word.is_empty() {
        return Err(TouchesError::Gap);
    }
    let (protocol, number) = match (word.split_once('/'), word.split_once(':')) {
        (Some((protocol, number)), _) | (None, Some((number, protocol))) => (protocol, number),
        (None, None) => ("tcp", word),
    };
    // knockd reads its protocols in any case.
    let known = protocol.to_ascii_lowercase().parse::<Protocol>();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TouchesError::NotAPort(word.to_owned()));
    }
    let known = known.map_err(|_| TouchesError::Protocol {
        protocol: protocol.to_owned(),
        number: number.to_owned(),
    })?;
    let number = number
        .parse()
        .map_err(|_| TouchesError::TooHigh(number.to_owned()))?;
    Port::new(known, number).ok_or(TouchesError::Zero)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        text.parse::<Touches>()
            .map(|touches| touches.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn knockds_notation_and_ours_are_read() {
        let told = Ok("tcp/7000,udp/8000,tcp/9000".to_owned());
        for text in [
            "7000,8000:udp,9000",
            "7000:tcp, 8000:UDP ,9000:tcp",
            "tcp/7000 udp/8000 tcp/9000",
            "tcp/7000,udp/8000,9000",
        ] {
            assert_eq!(read(text), told, "{text}");
        }
    }

    #[test]
    fn one_port_is_a_sequence_and_so_are_thirty_two() {
        let many = |count: usize| vec!["7000"; count].join(",");
        assert!(read(&many(1)).is_ok());
        assert!(read(&many(32)).is_ok());
        let error = read(&many(33)).unwrap_err();
        assert_eq!(error, "33 ports are too many\n  a sequence has at most 32");
    }

    #[test]
    fn what_is_no_port_says_what_to_write() {
        for (text, says) in [
            ("", "no port is named"),
            ("  ", "no port is named"),
            ("7000,,9000", "a comma has no port beside it"),
            ("7000,", "a comma has no port beside it"),
            ("0", "there is no port 0"),
            ("65536", "there is no port 65536"),
            ("99999999999999999999999", "there is no port"),
            ("ssh", "`ssh` is not a port"),
            ("-1", "`-1` is not a port"),
            ("+22", "`+22` is not a port"),
            ("7000:", "write 7000:tcp or 7000:udp"),
            ("7000:icmp", "`icmp` cannot be touched"),
            ("sctp/7000", "write 7000:tcp or 7000:udp"),
            ("7000:udp:tcp", "`udp:tcp` cannot be touched"),
            ("tcp/", "`tcp/` is not a port"),
            ("icmp/echo", "`icmp/echo` is not a port"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
            assert!(error.contains("\n  "), "{text}: {error}");
        }
    }
}
