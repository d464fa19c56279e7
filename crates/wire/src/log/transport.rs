//! What a line says behind "PROTO=".

use super::words::{Words, is_hexadecimal, number};
use crate::{Datagram, Family, Flags, Message, Segment, Transport, Unreadable, Unseen};

/// What a packet carries, as far as a line tells.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried<'a> {
    pub(super) transport: Transport<'a>,
    pub(super) unseen: Unseen,
    /// TCP's options, in hexadecimal digits.
    pub(super) options: Option<&'a [u8]>,
}

/// Reads up to the last field that is always there; what follows is about us and not the packet.
pub(super) fn read<'a>(words: &mut Words<'a>, family: Family) -> Result<Carried<'a>, Unreadable> {
    let protocol = words.value("PROTO=").ok_or(Unreadable::NotLogged)?;
    let carries = match (protocol, family) {
        (b"TCP", _) => segment,
        (b"UDP", _) => datagram,
        (b"ICMP", Family::V4) => message_four,
        (b"ICMPv6", Family::V6) => message_six,
        (other, _) => return Err(other_transport(other)),
    };
    if words.takes("INCOMPLETE") {
        return Err(Unreadable::Truncated);
    }
    carries(words).ok_or(Unreadable::NotLogged)
}

fn other_transport(protocol: &[u8]) -> Unreadable {
    let number = match protocol {
        b"ICMP" => Some(1),
        b"ESP" => Some(50),
        b"AH" => Some(51),
        b"ICMPv6" => Some(58),
        b"UDPLITE" => Some(136),
        digits => number(digits),
    };
    number.map_or(Unreadable::NotLogged, Unreadable::OtherTransport)
}

fn segment<'a>(words: &mut Words<'a>) -> Option<Carried<'a>> {
    let (source_port, destination_port) = ports(words)?;
    let numbers = match words.value("SEQ=") {
        Some(sequence) => Some((number(sequence)?, number(words.value("ACK=")?)?)),
        None => None,
    };
    let window = number(words.value("WINDOW=")?)?;
    let is_reserved = is_hexadecimal(words.value("RES=")?);
    let flags = flags(words);
    number::<u16>(words.value("URGP=")?)?;
    let (sequence, acknowledgement) = numbers.unwrap_or_default();
    let unseen = Unseen::PAYLOAD.with(Unseen::OPTIONS);
    is_reserved.then_some(Carried {
        transport: Transport::Tcp(Segment {
            source_port,
            destination_port,
            sequence,
            acknowledgement,
            flags,
            window,
            options: &[],
            payload: &[],
        }),
        unseen: match numbers {
            Some(_) => unseen,
            None => unseen.with(Unseen::NUMBERS),
        },
        options: options(words),
    })
}

/// In the order in which the kernel writes them.
fn flags(words: &mut Words<'_>) -> Flags {
    let named = [
        ("CWR", Flags::CWR),
        ("ECE", Flags::ECE),
        ("URG", Flags::URG),
        ("ACK", Flags::ACK),
        ("PSH", Flags::PSH),
        ("RST", Flags::RST),
        ("SYN", Flags::SYN),
        ("FIN", Flags::FIN),
    ];
    named
        .into_iter()
        .filter(|&(name, _)| words.takes(name))
        .fold(Flags::default(), |all, (_, flag)| all.with(flag))
}

fn options<'a>(words: &mut Words<'a>) -> Option<&'a [u8]> {
    if !words.takes("OPT") {
        return None;
    }
    words.value("(")?.strip_suffix(b")")
}

fn datagram<'a>(words: &mut Words<'a>) -> Option<Carried<'a>> {
    let (source_port, destination_port) = ports(words)?;
    number::<u16>(words.value("LEN=")?)?;
    Some(without_payload(Transport::Udp(Datagram {
        source_port,
        destination_port,
        payload: &[],
    })))
}

fn message_four<'a>(words: &mut Words<'a>) -> Option<Carried<'a>> {
    message(words, Family::V4)
}

fn message_six<'a>(words: &mut Words<'a>) -> Option<Carried<'a>> {
    message(words, Family::V6)
}

/// An error also shows the packet that it is about, in square brackets: the sender's word, unread.
fn message<'a>(words: &mut Words<'a>, family: Family) -> Option<Carried<'a>> {
    Some(without_payload(Transport::Icmp(Message {
        family,
        kind: number(words.value("TYPE=")?)?,
        code: number(words.value("CODE=")?)?,
        body: &[],
    })))
}

fn without_payload(transport: Transport<'_>) -> Carried<'_> {
    Carried {
        transport,
        unseen: Unseen::PAYLOAD,
        options: None,
    }
}

fn ports(words: &mut Words<'_>) -> Option<(u16, u16)> {
    Some((number(words.value("SPT=")?)?, number(words.value("DPT=")?)?))
}
