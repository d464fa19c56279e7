//! Ports and ranges of ports, with their protocol: `tcp/22`, `udp/8000-8010`.

use core::fmt;
use core::num::NonZeroU16;
use core::str::FromStr;

/// The transport protocols that have ports we can guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// RFC 9293.
    Tcp,
    /// RFC 768.
    Udp,
}

impl Protocol {
    /// The number that the IP header gives it.
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

impl FromStr for Protocol {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        match text {
            "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            _ => Err(PortError::UnknownProtocol),
        }
    }
}

/// One port that can be opened; port 0 cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// Which protocol.
    pub protocol: Protocol,
    number: NonZeroU16,
}

impl Port {
    /// The port with this number; none for 0, which is no port.
    pub const fn new(protocol: Protocol, number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Self { protocol, number }),
            None => None,
        }
    }

    /// Its number, never 0.
    pub const fn number(self) -> u16 {
        self.number.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.protocol, self.number)
    }
}

impl FromStr for Port {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        let (protocol, number) = text.split_once('/').ok_or(PortError::NoProtocol)?;
        Self::new(protocol.parse()?, port_number(number)?).ok_or(PortError::NotAPort)
    }
}

/// Ports of one protocol that stand side by side, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    protocol: Protocol,
    first: NonZeroU16,
    last: NonZeroU16,
}

impl PortRange {
    /// The range from `first` to `last`; none if it holds port 0 or runs backwards.
    pub const fn new(protocol: Protocol, first: u16, last: u16) -> Option<Self> {
        match (NonZeroU16::new(first), NonZeroU16::new(last)) {
            (Some(low), Some(high)) if first <= last => Some(Self {
                protocol,
                first: low,
                last: high,
            }),
            _ => None,
        }
    }

    /// Which protocol.
    pub const fn protocol(self) -> Protocol {
        self.protocol
    }

    /// The lowest port in it.
    pub const fn first(self) -> u16 {
        self.first.get()
    }

    /// The highest port in it, never below the first.
    pub const fn last(self) -> u16 {
        self.last.get()
    }

    /// Whether the port lies in it.
    pub fn contains(self, port: Port) -> bool {
        self.protocol == port.protocol && self.first <= port.number && port.number <= self.last
    }
}

impl From<Port> for PortRange {
    fn from(port: Port) -> Self {
        Self {
            protocol: port.protocol,
            first: port.number,
            last: port.number,
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}/{}", self.protocol, self.first)
        } else {
            write!(f, "{}/{}-{}", self.protocol, self.first, self.last)
        }
    }
}

impl FromStr for PortRange {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        let Some((rest, last)) = text.split_once('-') else {
            return text.parse().map(Port::into);
        };
        let first: Port = rest.parse()?;
        let last = port_number(last)?;
        Self::new(first.protocol, first.number(), last).ok_or(PortError::Backwards)
    }
}

/// A port has only digits: the standard parser would take `+22` as well.
fn port_number(text: &str) -> Result<u16, PortError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PortError::NotAPort);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(PortError::NotAPort),
        Ok(number) => Ok(number),
    }
}

/// Why a text is no port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// It has no slash, so nothing says which protocol is meant.
    #[error("the protocol is missing\n  write it in front of the port: tcp/22, udp/8000-8010")]
    NoProtocol,
    /// It names a protocol that has no ports, or none that we know.
    #[error("unknown protocol\n  choose tcp or udp")]
    UnknownProtocol,
    /// It is no number from 1 to 65535.
    #[error("not a port\n  ports are numbers from 1 to 65535")]
    NotAPort,
    /// It ends before it begins.
    #[error("the range ends before it begins\n  write the lower port first")]
    Backwards,
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_port_reads_as_it_is_written() {
        for text in ["tcp/22", "udp/65535", "tcp/1"] {
            assert_eq!(text.parse::<Port>().unwrap().to_string(), text);
        }
        for text in ["tcp/22", "udp/8000-8010"] {
            assert_eq!(text.parse::<PortRange>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_port_is_refused_with_its_reason() {
        assert_eq!("22".parse::<Port>(), Err(PortError::NoProtocol));
        assert_eq!("sctp/22".parse::<Port>(), Err(PortError::UnknownProtocol));
        for text in [
            "tcp/0",
            "tcp/65536",
            "tcp/",
            "tcp/+22",
            "tcp/ 22",
            "tcp/22/1",
        ] {
            assert_eq!(text.parse::<Port>(), Err(PortError::NotAPort), "{text}");
        }
    }

    #[test]
    fn a_range_holds_both_its_ends_and_its_own_protocol_only() {
        let range: PortRange = "udp/8000-8010".parse().unwrap();
        assert!(range.contains("udp/8000".parse().unwrap()));
        assert!(range.contains("udp/8010".parse().unwrap()));
        assert!(!range.contains("udp/8011".parse().unwrap()));
        assert!(!range.contains("tcp/8005".parse().unwrap()));
    }

    #[test]
    fn a_range_that_runs_backwards_is_refused() {
        assert_eq!("tcp/23-22".parse::<PortRange>(), Err(PortError::Backwards));
        assert_eq!("tcp/0-22".parse::<PortRange>(), Err(PortError::NotAPort));
        assert_eq!(PortRange::new(Protocol::Tcp, 0, 22), None);
    }
}
