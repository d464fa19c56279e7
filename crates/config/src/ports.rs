//! `tcp/22` and `udp/8000-8010` as people write them.

use nightlatch_core::{Port, PortRange, Protocol};

use crate::spelling::nearest;

/// Reads one port or a range of them.
pub(crate) fn read_ports(text: &str) -> Result<PortRange, PortTextError> {
    let (protocol, numbers) = text.split_once('/').ok_or_else(|| missing_protocol(text))?;
    let kind: Protocol = protocol.parse().map_err(|_| {
        let near = nearest(protocol, ["tcp", "udp"]).unwrap_or("tcp");
        PortTextError::Protocol {
            written: protocol.to_owned(),
            example: format!("{near}/{numbers}"),
        }
    })?;
    let (first, last) = match numbers.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(numbers)?, number(numbers)?),
    };
    PortRange::new(kind, first, last).ok_or_else(|| PortTextError::Backwards {
        protocol: protocol.to_owned(),
        first,
        last,
    })
}

/// Reads `20000-28191` or a port that stands alone: what has its protocol elsewhere.
pub(crate) fn read_span(text: &str) -> Result<(u16, u16), PortTextError> {
    let one = |part: &str| match number(part) {
        Err(PortTextError::NotANumber(_)) => Err(PortTextError::NotASpan(text.to_owned())),
        other => other,
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (one(first)?, one(last)?),
        None => (one(text)?, one(text)?),
    };
    if last < first {
        return Err(PortTextError::SpanBackwards { first, last });
    }
    Ok((first, last))
}

/// The ports of a range, one by one; `None` if there are more than `most`.
pub(crate) fn each_port(range: PortRange, most: usize) -> Option<Vec<Port>> {
    let ports: Vec<Port> = (range.first()..=range.last())
        .take(most.saturating_add(1))
        .filter_map(|number| Port::new(range.protocol(), number))
        .collect();
    (ports.len() <= most).then_some(ports)
}

/// Why something is not a port.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PortTextError {
    #[error("`{written}` names no protocol\n  write {example}")]
    NoProtocol { written: String, example: String },
    #[error("`{written}` is no protocol that has ports\n  write {example}")]
    Protocol { written: String, example: String },
    #[error("`{0}` is not a port number\n  write tcp/22, udp/51820 or tcp/8000-8010")]
    NotANumber(String),
    #[error("there is no port 0\n  ports go from 1 to 65535")]
    Zero,
    #[error("there is no port {0}\n  ports go from 1 to 65535")]
    TooHigh(String),
    #[error("the range runs backwards\n  write {protocol}/{last}-{first}")]
    Backwards {
        protocol: String,
        first: u16,
        last: u16,
    },
    #[error("{0:?} is no range of ports\n  write two numbers and a dash: 20000-28191")]
    NotASpan(String),
    #[error("the range runs backwards\n  write {last}-{first}")]
    SpanBackwards { first: u16, last: u16 },
}

fn number(text: &str) -> Result<u16, PortTextError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PortTextError::NotANumber(text.to_owned()));
    }
    match text.parse() {
        Ok(0) => Err(PortTextError::Zero),
        Ok(number) => Ok(number),
        Err(_) => Err(PortTextError::TooHigh(text.to_owned())),
    }
}

/// `22` and `22/tcp` are what people write first.
fn missing_protocol(text: &str) -> PortTextError {
    let numeric = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    if text.is_empty() || !numeric {
        return PortTextError::NotANumber(text.to_owned());
    }
    PortTextError::NoProtocol {
        written: text.to_owned(),
        example: format!("tcp/{text} or udp/{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_ranges_are_read() {
        assert_eq!(read_ports("tcp/22").unwrap().to_string(), "tcp/22");
        assert_eq!(
            read_ports("udp/8000-8010").unwrap().to_string(),
            "udp/8000-8010"
        );
        assert_eq!(read_ports("udp/7-7").unwrap().to_string(), "udp/7");
    }

    #[test]
    fn what_is_not_a_port_says_what_to_write() {
        for (text, says) in [
            ("22", "write tcp/22 or udp/22"),
            ("tpc/22", "write tcp/22"),
            ("tcp/0", "there is no port 0"),
            ("tcp/65536", "there is no port 65536"),
            ("tcp/99999999999999999999", "there is no port"),
            ("tcp/ssh", "`ssh` is not a port number"),
            ("tcp/", "`` is not a port number"),
            ("tcp/+22", "`+22` is not a port number"),
            ("tcp/90-80", "write tcp/80-90"),
            ("tcp/1-", "`` is not a port number"),
            ("", "`` is not a port number"),
        ] {
            let error = read_ports(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_span_is_two_ports_or_one() {
        assert_eq!(read_span("20000-28191"), Ok((20_000, 28_191)));
        assert_eq!(read_span("22222"), Ok((22_222, 22_222)));
        for (text, says) in [
            ("tcp/1-2", "is no range of ports"),
            ("1-", "is no range of ports"),
            ("0-9", "there is no port 0"),
            ("1-65536", "there is no port 65536"),
            ("9-8", "write 8-9"),
        ] {
            let error = read_span(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_long_range_is_not_counted_to_its_end() {
        let range = read_ports("tcp/1-65535").unwrap();
        assert!(each_port(range, 16).is_none());
        let range = read_ports("tcp/65520-65535").unwrap();
        assert_eq!(each_port(range, 16).map(|ports| ports.len()), Some(16));
    }
}
