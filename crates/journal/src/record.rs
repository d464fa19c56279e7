//! Events as the store keeps them: the same fields, without padding.

use crate::event::Event;
use crate::form::{read_source, read_who, written_source, written_who};
use crate::kind::Kind;
use crate::label::Label;
use crate::time::UnixMillis;

/// `version 1 ‖ kind 1 ‖ who 1 ‖ leading bits 1 ‖ milliseconds 8 ‖ seconds 4 ‖ count 8 ‖ source 16`, big-endian,
/// and name, service and detail, each behind a byte with its length.
pub(crate) fn to_record(event: &Event) -> Vec<u8> {
    let (who, name) = written_who(event.who.as_ref());
    let (bits, source) = written_source(event.source);
    let mut record = vec![VERSION, event.kind.number(), who, bits];
    record.extend_from_slice(&event.at.0.to_be_bytes());
    record.extend_from_slice(&event.seconds.to_be_bytes());
    record.extend_from_slice(&event.count.to_be_bytes());
    record.extend_from_slice(&source);
    for label in [&name, &event.service, &event.detail] {
        record.push(u8::try_from(label.as_str().len()).unwrap_or_default());
        record.extend_from_slice(label.as_str().as_bytes());
    }
    record
}

/// An event, unless another release wrote it, or nobody did.
pub(crate) fn from_record(record: &[u8]) -> Option<Event> {
    let ([VERSION, kind, who, bits], rest) = record.split_first_chunk::<4>()? else {
        return None;
    };
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (seconds, rest) = rest.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<8>()?;
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (name, rest) = label(rest)?;
    let (service, rest) = label(rest)?;
    let (detail, rest) = label(rest)?;
    let event = Event {
        kind: Kind::numbered(*kind)?,
        at: UnixMillis(u64::from_be_bytes(*at)),
        who: read_who(*who, name).ok()?,
        service,
        source: read_source(*bits, *source).ok()?,
        seconds: u32::from_be_bytes(*seconds),
        count: u64::from_be_bytes(*count),
        detail,
    };
    rest.is_empty().then_some(event)
}

/// When an event happened, without reading the rest of it.
pub(crate) fn time_of(record: &[u8]) -> Option<UnixMillis> {
    let (_, rest) = record.split_first_chunk::<4>()?;
    let (at, _) = rest.split_first_chunk::<8>()?;
    Some(UnixMillis(u64::from_be_bytes(*at)))
}

fn label(bytes: &[u8]) -> Option<(Label, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((Label::read(text)?, rest))
}

const VERSION: u8 = 1;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::Who;

    fn banned() -> Event {
        Event::new(Kind::Banned, UnixMillis(7))
            .by(Who::Sequence(Label::of("s")))
            .from("2001:db8::/64".parse().unwrap())
            .lasting(600)
            .counting(12)
            .saying("closed-ports")
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_is_small() {
        let record = to_record(&banned());
        assert_eq!(from_record(&record), Some(banned()));
        assert_eq!(time_of(&record), Some(UnixMillis(7)));
        assert!(record.len() < 60, "{}", record.len());
    }

    #[test]
    fn what_is_cut_longer_or_of_another_release_is_no_event() {
        let record = to_record(&banned());
        for length in 0..record.len() {
            assert_eq!(from_record(&record[..length]), None, "{length}");
        }
        let longer = [record.as_slice(), &[0]].concat();
        assert_eq!(from_record(&longer), None);
        for (place, byte) in [(0, 2), (1, 0), (2, 7), (3, 200)] {
            let mut bent = record.clone();
            bent[place] = byte;
            assert_eq!(from_record(&bent), None, "{place}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_stop_the_reader(
            head in proptest::array::uniform4(0_u8..4),
            rest in proptest::collection::vec(any::<u8>(), 0..120)
        ) {
            let bytes: Vec<u8> = head.into_iter().chain(rest).collect();
            let _ = (from_record(&bytes), time_of(&bytes));
        }
    }
}
