//! Events as JSON. Fields are added, never renamed; what an event has nothing of is left out.
//!
//! | field | says |
//! |---|---|
//! | `time` | when, as RFC 3339 writes it, in UTC |
//! | `unix_ms` | the same in milliseconds since 1970 |
//! | `event` | what happened: the name of its [`Kind`](crate::Kind) |
//! | `client` or `sequence` | who knocked |
//! | `service` | which service it was about |
//! | `address` | from where; a network as `2001:db8::/64` |
//! | `seconds` | for how long |
//! | `count` | how many |
//! | `detail` | in a few words |

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::event::{Event, Who};

/// An event with its number in the store: the field `number` before the others.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'e>(pub u64, pub &'e Event);

impl Serialize for Numbered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("number", &self.0)?;
        self.1.serialize_into(&mut map)?;
        map.end()
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_into(&mut map)?;
        map.end()
    }
}

impl Event {
    fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("time", &self.at.to_string())?;
        map.serialize_entry("unix_ms", &self.at.0)?;
        map.serialize_entry("event", self.kind.name())?;
        match &self.who {
            None => {}
            Some(Who::Client(name)) => map.serialize_entry("client", name.as_str())?,
            Some(Who::Sequence(name)) => map.serialize_entry("sequence", name.as_str())?,
        }
        if !self.service.is_empty() {
            map.serialize_entry("service", self.service.as_str())?;
        }
        if let Some(source) = self.source {
            map.serialize_entry("address", &source.to_string())?;
        }
        if self.seconds > 0 {
            map.serialize_entry("seconds", &self.seconds)?;
        }
        if self.count > 0 {
            map.serialize_entry("count", &self.count)?;
        }
        if !self.detail.is_empty() {
            map.serialize_entry("detail", self.detail.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::label::Label;
    use crate::time::UnixMillis;

    #[test]
    fn the_names_that_programs_read_do_not_change() {
        let event = Event::new(Kind::Granted, UnixMillis(1_795_767_174_123))
            .by(Who::Client(Label::of("alice")))
            .about("ssh")
            .from("192.0.2.7".parse().unwrap())
            .lasting(30)
            .counting(2)
            .saying("a word");
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"time":"2026-11-27T08:12:54.123Z","unix_ms":1795767174123,"event":"granted","client":"alice","service":"ssh","address":"192.0.2.7","seconds":30,"count":2,"detail":"a word"}"#
        );
    }

    #[test]
    fn what_an_event_has_nothing_of_is_left_out() {
        let event = Event::new(Kind::Started, UnixMillis(0));
        assert_eq!(
            serde_json::to_string(&event).unwrap(),
            r#"{"time":"1970-01-01T00:00:00.000Z","unix_ms":0,"event":"started"}"#
        );
        let walked = event.by(Who::Sequence(Label::of("s")));
        let json = serde_json::to_value(&walked).unwrap();
        assert_eq!(json["sequence"], "s");
        assert!(json["client"].is_null());
        let numbered = serde_json::to_string(&Numbered(7, &walked)).unwrap();
        assert!(numbered.starts_with(r#"{"number":7,"time":"#), "{numbered}");
    }
}
