//! The first word of a step: which packet, and where to.

use alloc::borrow::ToOwned;

use nightlatch_wire::Family;

use super::StepError;
use crate::sequence::{FlagsWanted, Probe};

/// An echo request over IPv4 (RFC 792), and of either family where none is named.
pub(super) const ECHO: u8 = 8;

/// An echo request over IPv6 (RFC 4443 §4.1).
const ECHO_SIX: u8 = 128;

/// Reads `tcp/7000`, `udp/8000`, `icmp/echo`, `icmp4/8/0`.
pub(super) fn read(word: &str) -> Result<Probe, StepError> {
    let Some((protocol, rest)) = word.split_once('/') else {
        return Err(match word {
            "" => StepError::Empty,
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                StepError::NoProtocol(word.to_owned())
            }
            _ => port_first(word).unwrap_or_else(|| StepError::UnknownProtocol(word.to_owned())),
        });
    };
    match protocol {
        "tcp" => Ok(Probe::Tcp {
            port: port(rest)?,
            flags: FlagsWanted::ATTEMPT,
        }),
        "udp" => Ok(Probe::Udp { port: port(rest)? }),
        "icmp" => icmp(None, rest),
        "icmp4" => icmp(Some(Family::V4), rest),
        "icmp6" => icmp(Some(Family::V6), rest),
        _ => Err(StepError::UnknownProtocol(word.to_owned())),
    }
}

/// `7000:udp`, as lists and knockd have it.
fn port_first(word: &str) -> Option<StepError> {
    let (port, after) = word.split_once(':')?;
    let protocol = ["tcp", "udp"]
        .into_iter()
        .find(|protocol| after.eq_ignore_ascii_case(protocol))?;
    self::port(port).ok()?;
    Some(StepError::PortFirst {
        port: port.to_owned(),
        protocol,
    })
}

fn port(text: &str) -> Result<u16, StepError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if is_number && port > 0 => Ok(port),
        _ => Err(StepError::NotAPort(text.to_owned())),
    }
}

fn icmp(family: Option<Family>, text: &str) -> Result<Probe, StepError> {
    let (kind, code) = match text.split_once('/') {
        Some((kind, code)) => (kind, Some(code)),
        None => (text, None),
    };
    let kind = match (kind, family) {
        ("echo", Some(Family::V6)) => ECHO_SIX,
        ("echo", _) => ECHO,
        _ => byte(kind)?,
    };
    if family.is_none() && kind != ECHO {
        return Err(StepError::NoFamily(kind));
    }
    Ok(Probe::Icmp {
        family,
        kind,
        code: code.map(byte).transpose()?,
    })
}

fn byte(text: &str) -> Result<u8, StepError> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if is_number => Ok(number),
        _ => Err(StepError::NotAKind(text.to_owned())),
    }
}
