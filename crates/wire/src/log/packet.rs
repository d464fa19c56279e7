//! The part that begins with "IN=", up to the transport.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    Logged, transport,
    words::{Words, is_hexadecimal, number},
};
use crate::{Family, MOST_EXTENSIONS, Observation, Unreadable};

/// What a line says about a packet in front of its transport.
#[derive(Clone, Copy, Debug)]
struct Envelope {
    length: u32,
    hops: u8,
    identification: Option<u16>,
    unfragmentable: Option<bool>,
}

/// Reads what the kernel writes; [`Unreadable::NotLogged`] if it is something else.
pub(super) fn read(part: &[u8]) -> Result<Logged<'_>, Unreadable> {
    let mut words = Words::new(part);
    let came = interfaces(&mut words).ok_or(Unreadable::NotLogged)?;
    let (source, destination) = addresses(&mut words).ok_or(Unreadable::NotLogged)?;
    let (envelope, family) = match (source, destination) {
        (IpAddr::V4(_), IpAddr::V4(_)) => (four(&mut words)?, Family::V4),
        (IpAddr::V6(_), IpAddr::V6(_)) => (six(&mut words)?, Family::V6),
        _ => return Err(Unreadable::NotLogged),
    };
    let carried = transport::read(&mut words, family)?;
    if came == Came::NotHere {
        return Err(Unreadable::NotForThisHost);
    }
    let observation = Observation {
        source,
        destination,
        hops: envelope.hops,
        identification: envelope.identification,
        unfragmentable: envelope.unfragmentable,
        length: envelope.length,
        transport: carried.transport,
        unseen: carried.unseen,
    };
    Ok(Logged {
        observation,
        options: carried.options,
    })
}

/// Where the packet was logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    /// On its way in, as far as the line knows to this host.
    Here,
    /// On its way out, or through this host to another.
    NotHere,
}

/// Both interfaces, and what the link says: names and numbers that nobody asks for.
fn interfaces(words: &mut Words<'_>) -> Option<Came> {
    let [inward, outward] = ["IN=", "OUT="].map(|name| {
        words
            .value(name)
            .filter(|interface| interface.len() <= LONGEST_NAME)
    });
    let (inward, outward) = (inward?, outward?);
    for name in OF_THE_LINK {
        let _ = words.value(name);
    }
    Some(if outward.is_empty() && !inward.is_empty() {
        Came::Here
    } else {
        Came::NotHere
    })
}

fn addresses(words: &mut Words<'_>) -> Option<(IpAddr, IpAddr)> {
    Some((
        address(words.value("SRC=")?)?,
        address(words.value("DST=")?)?,
    ))
}

fn address(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?;
    if text.contains(':') {
        text.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    } else {
        text.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
    }
}

fn four(words: &mut Words<'_>) -> Result<Envelope, Unreadable> {
    let envelope = four_numbers(words).ok_or(Unreadable::NotLogged)?;
    let _ = words.takes("CE");
    let unfragmentable = words.takes("DF");
    let is_fragment = words.takes("MF") | words.value("FRAG:").is_some();
    if is_fragment {
        return Err(Unreadable::Fragment);
    }
    pass_options(words)?;
    Ok(Envelope {
        unfragmentable: Some(unfragmentable),
        ..envelope
    })
}

fn four_numbers(words: &mut Words<'_>) -> Option<Envelope> {
    let length = number::<u16>(words.value("LEN=")?)?;
    let is_service = is_hexadecimal(words.value("TOS=")?) && is_hexadecimal(words.value("PREC=")?);
    let hops = number(words.value("TTL=")?)?;
    let identification = number(words.value("ID=")?)?;
    is_service.then_some(Envelope {
        length: length.into(),
        hops,
        identification: Some(identification),
        unfragmentable: None,
    })
}

fn six(words: &mut Words<'_>) -> Result<Envelope, Unreadable> {
    let envelope = six_numbers(words).ok_or(Unreadable::NotLogged)?;
    pass_options(words)?;
    if words.value("FRAG:").is_some() {
        return Err(Unreadable::Fragment);
    }
    Ok(envelope)
}

fn six_numbers(words: &mut Words<'_>) -> Option<Envelope> {
    let length = number(words.value("LEN=")?)?;
    number::<u32>(words.value("TC=")?)?;
    let hops = number(words.value("HOPLIMIT=")?)?;
    number::<u32>(words.value("FLOWLBL=")?)?;
    Some(Envelope {
        length,
        hops,
        identification: None,
        unfragmentable: None,
    })
}

/// Passes what stands between brackets: IPv4's options in digits, or a few words about each of IPv6's
/// extension headers.
fn pass_options(words: &mut Words<'_>) -> Result<(), Unreadable> {
    for _ in 0..=MOST_EXTENSIONS {
        if !words.takes("OPT") {
            return Ok(());
        }
        pass_bracket(words)?;
    }
    Err(Unreadable::TooManyHeaders)
}

fn pass_bracket(words: &mut Words<'_>) -> Result<(), Unreadable> {
    let first = words.value("(").ok_or(Unreadable::NotLogged)?;
    if let Some(digits) = first.strip_suffix(b")") {
        return is_hexadecimal(digits)
            .then_some(())
            .ok_or(Unreadable::NotLogged);
    }
    if !first.is_empty() {
        return Err(Unreadable::NotLogged);
    }
    for _ in 0..MOST_WORDS_IN_BRACKETS {
        match words.next() {
            Some(b")") => return Ok(()),
            Some(word) if word.starts_with(b"FRAG:") => return Err(Unreadable::Fragment),
            Some(_) => {}
            None => break,
        }
    }
    Err(Unreadable::NotLogged)
}

/// Bridge ports, hardware addresses, VLANs, tunnels, in the order in which they may stand there.
const OF_THE_LINK: [&str; 9] = [
    "PHYSIN=",
    "PHYSOUT=",
    "MACSRC=",
    "MACDST=",
    "VPROTO=",
    "VID=",
    "MACPROTO=",
    "MAC=",
    "TUNNEL=",
];
/// An interface's name has at most fifteen bytes.
const LONGEST_NAME: usize = 15;
/// The longest is about authentication: its name, and its index.
const MOST_WORDS_IN_BRACKETS: usize = 4;
