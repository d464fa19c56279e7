//! Events on their way between processes: one size, one way to be written.

use core::net::{IpAddr, Ipv6Addr};

use nightlatch_core::Prefix;
use thiserror::Error;

use crate::event::{Event, Who};
use crate::kind::Kind;
use crate::label::{LABEL_LENGTH, Label};
use crate::time::UnixMillis;

/// Bytes that are no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EventError {
    /// There are too few or too many of them.
    #[error("an event has {EVENT_LENGTH} bytes, and not {0}")]
    Length(usize),
    /// Another release wrote them.
    #[error("the form {0} of events is not known\n  read them with the release that wrote them")]
    Version(u8),
    /// Another release knows of more that can happen.
    #[error("the kind {0} of events is not known\n  read them with the release that wrote them")]
    Kind(u8),
    /// Something stands there that no release writes.
    #[error("an event has something in it that does not belong there")]
    Malformed,
}

impl Event {
    /// `version 1 ‖ kind 1 ‖ who 1 ‖ leading bits 1 ‖ seconds 4 ‖ milliseconds 8 ‖ count 8 ‖ source 16
    /// ‖ name 64 ‖ service 64 ‖ detail 64`, big-endian.
    pub fn to_bytes(&self) -> [u8; EVENT_LENGTH] {
        let (who, name) = written_who(self.who.as_ref());
        let (bits, source) = written_source(self.source);
        let parts: [&[u8]; 8] = [
            &[VERSION, self.kind.number(), who, bits],
            &self.seconds.to_be_bytes(),
            &self.at.0.to_be_bytes(),
            &self.count.to_be_bytes(),
            &source,
            &name.to_padded(),
            &self.service.to_padded(),
            &self.detail.to_padded(),
        ];
        let mut bytes = [0; EVENT_LENGTH];
        for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        bytes
    }

    /// An event, if every byte of it is as [`Event::to_bytes`] would write it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EventError> {
        let bytes: &[u8; EVENT_LENGTH] = bytes
            .try_into()
            .map_err(|_| EventError::Length(bytes.len()))?;
        let [version, kind, ..] = bytes;
        if *version != VERSION {
            return Err(EventError::Version(*version));
        }
        let kind = Kind::numbered(*kind).ok_or(EventError::Kind(*kind))?;
        let event = read(kind, bytes).ok_or(EventError::Malformed)?;
        // Whatever else stands there, in padding or in an address that no prefix begins with.
        if event.to_bytes() == *bytes {
            Ok(event)
        } else {
            Err(EventError::Malformed)
        }
    }
}

fn read(kind: Kind, bytes: &[u8; EVENT_LENGTH]) -> Option<Event> {
    let ([_, _, who, bits], rest) = bytes.split_first_chunk::<4>()?;
    let (seconds, rest) = rest.split_first_chunk::<4>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (count, rest) = rest.split_first_chunk::<8>()?;
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (name, rest) = rest.split_first_chunk::<LABEL_LENGTH>()?;
    let (service, rest) = rest.split_first_chunk::<LABEL_LENGTH>()?;
    let (detail, _) = rest.split_first_chunk::<LABEL_LENGTH>()?;
    Some(Event {
        kind,
        at: UnixMillis(u64::from_be_bytes(*at)),
        who: read_who(*who, Label::from_padded(name)?).ok()?,
        service: Label::from_padded(service)?,
        source: read_source(*bits, *source).ok()?,
        seconds: u32::from_be_bytes(*seconds),
        count: u64::from_be_bytes(*count),
        detail: Label::from_padded(detail)?,
    })
}

/// Who, as a number and a name.
pub(crate) fn written_who(who: Option<&Who>) -> (u8, Label) {
    match who {
        None => (NOBODY, Label::default()),
        Some(Who::Client(name)) => (CLIENT, name.clone()),
        Some(Who::Sequence(name)) => (SEQUENCE, name.clone()),
    }
}

/// Who that was, if there is such a number.
pub(crate) fn read_who(who: u8, name: Label) -> Result<Option<Who>, EventError> {
    match who {
        NOBODY => Ok(None),
        CLIENT => Ok(Some(Who::Client(name))),
        SEQUENCE => Ok(Some(Who::Sequence(name))),
        _ => Err(EventError::Malformed),
    }
}

/// How many leading bits count, and the address; IPv4 as IPv4-mapped.
pub(crate) fn written_source(source: Option<Prefix>) -> (u8, [u8; 16]) {
    let octets = |address: IpAddr| match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    };
    source.map_or((NOWHERE, [0; 16]), |source| {
        (source.length(), octets(source.first()))
    })
}

/// From where that was, if so many bits make a source.
pub(crate) fn read_source(bits: u8, source: [u8; 16]) -> Result<Option<Prefix>, EventError> {
    if bits == NOWHERE {
        return Ok(None);
    }
    let address = Ipv6Addr::from(source).to_canonical();
    let prefix = Prefix::new(address, bits).ok_or(EventError::Malformed)?;
    Ok(Some(prefix))
}

/// 4 + 4 + 8 + 8 + 16 + 3 · 64.
pub const EVENT_LENGTH: usize = 232;
const VERSION: u8 = 1;
const NOBODY: u8 = 0;
const CLIENT: u8 = 1;
const SEQUENCE: u8 = 2;
/// More leading bits than an address has.
const NOWHERE: u8 = 255;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn granted() -> Event {
        Event::new(Kind::Granted, UnixMillis(1_795_767_174_123))
            .by(Who::Client(Label::of("alice")))
            .about("ssh")
            .from("192.0.2.7".parse().unwrap())
            .lasting(30)
    }

    fn banned() -> Event {
        Event::new(Kind::Banned, UnixMillis(7))
            .from("2001:db8::/64".parse().unwrap())
            .lasting(600)
            .counting(12)
            .saying("closed-ports")
    }

    #[test]
    fn an_event_comes_over_as_it_was_sent() {
        let walked = granted().by(Who::Sequence(Label::of("by-ports")));
        let bare = Event::new(Kind::Started, UnixMillis(0));
        for event in [granted(), walked, banned(), bare] {
            assert_eq!(Event::from_bytes(&event.to_bytes()), Ok(event));
        }
    }

    #[test]
    fn what_another_release_wrote_is_told_from_what_is_broken() {
        let mut bytes = granted().to_bytes();
        assert_eq!(
            Event::from_bytes(&bytes[..231]),
            Err(EventError::Length(231))
        );
        bytes[1] = 99;
        assert_eq!(Event::from_bytes(&bytes), Err(EventError::Kind(99)));
        bytes[0] = 2;
        assert_eq!(Event::from_bytes(&bytes), Err(EventError::Version(2)));
    }

    #[test]
    fn an_event_with_anything_that_does_not_belong_there_is_none() {
        let bytes = banned().to_bytes();
        // Who, how many bits, an address beyond them, a name of nobody, padding.
        for (place, byte) in [(2, 3), (3, 129), (24 + 15, 1), (40, b'x'), (168 + 20, b'x')] {
            let mut bent = bytes;
            bent[place] = byte;
            let read = Event::from_bytes(&bent);
            assert_eq!(read, Err(EventError::Malformed), "{place}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_read_as_an_event_that_would_be_written_otherwise(
            head in proptest::array::uniform4(0_u8..4),
            rest in proptest::collection::vec(any::<u8>(), 0..EVENT_LENGTH)
        ) {
            let mut bytes = [0; EVENT_LENGTH];
            for (place, byte) in bytes.iter_mut().zip(head.into_iter().chain(rest)) {
                *place = byte;
            }
            if let Ok(event) = Event::from_bytes(&bytes) {
                prop_assert_eq!(event.to_bytes(), bytes);
            }
        }
    }
}
